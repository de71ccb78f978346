#include "core/local/call_keeper.h"
#include "core/local/keeper.h"

#include <string_view>

#include <unistd.h>

int main(int count, char** words) {
    const bool is_call = count > 1 && words[1] == std::string_view("call");
    return is_call ? kontext::keep_call(STDIN_FILENO) : kontext::keep_server(STDIN_FILENO);
}
