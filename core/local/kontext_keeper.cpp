#include "core/local/keeper.h"

#include <unistd.h>

int main() {
    return kontext::keep_server(STDIN_FILENO);
}
