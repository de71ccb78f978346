#include "ui/cli/deliver.h"

#include "core/error.h"

#include <string>

namespace kontext::cli {

void write_down_if_possible(HandOver& files, Journal& journal, std::int64_t prediction,
                            ProgressLine& progress) {
    try {
        files.write_down(journal, prediction);
    } catch (const Error& error) {
        progress.say(error.what());
    }
}

void confirm(Delivery& delivery, ProgressLine& progress) {
    try {
        delivery.confirm();
    } catch (const Error& error) {
        progress.say("The picture is there, but the journal does not know: " + std::string(error.what()));
    }
}

} // namespace kontext::cli
