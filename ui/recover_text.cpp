#include "ui/recover_text.h"

#include "core/engine/registry.h"
#include "core/error.h"
#include "ui/text/text.h"

#include <algorithm>
#include <vector>

namespace kontext::ui {

namespace {

// The engine may be of another version of the program.
std::string engine_name(const std::string& id) {
    try {
        return std::string(find_engine(id).name);
    } catch (const Error&) {
        return id;
    }
}

std::string on_one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return text;
}

std::string describe_cost(const Prediction& prediction) {
    const auto usd = prediction.billed_usd ? prediction.billed_usd : prediction.price_usd;
    return usd ? money(*usd) : std::string(_("price not known"));
}

} // namespace

UndeliveredText describe_undelivered(const UndeliveredEdit& edit, std::chrono::system_clock::time_point now) {
    const Prediction& prediction = edit.prediction;
    const std::string title = on_one_line(edit.request.prompt);
    std::string details;
    for (const std::string& part :
         {edit.sent.name.empty() ? std::string() : fill_in(_("“{1}”"), {edit.sent.name}),
          engine_name(prediction.engine), describe_time(prediction.created, now),
          describe_cost(prediction)}) {
        details += details.empty() || part.empty() ? part : " · " + part;
    }
    return {.title = title.empty() ? std::string(_("(no prompt)")) : title,
            .details = details,
            .state = describe_state(prediction.state)};
}

} // namespace kontext::ui
