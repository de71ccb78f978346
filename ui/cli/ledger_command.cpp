#include "core/engine/request.h"
#include "core/error.h"
#include "core/paths.h"
#include "core/store/journal.h"
#include "core/usd.h"
#include "ui/cli/commands.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iostream>
#include <limits>

#include <nlohmann/json.hpp>

namespace kontext::cli {

using nlohmann::json;
using std::chrono::system_clock;

namespace {

constexpr std::size_t prompt_shown = 60; // bytes

// A replacement character for each byte that is no UTF-8: what a service wrote need not be.
std::string to_utf8(const std::string& text) {
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

// The start of a text as one line that a terminal takes for text, cut between characters.
std::string shorten(const std::string& raw) {
    std::string text = to_utf8(raw);
    if (text.size() > prompt_shown) {
        std::size_t end = prompt_shown;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
            --end;
        }
        text = text.substr(0, end) + "…";
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code = static_cast<unsigned char>(text[i]);
        const bool is_c1 =
            code == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (code < 0x20 || code == 0x7f || is_c1) {
            text.replace(i, is_c1 ? 2 : 1, " ");
        }
    }
    return text;
}

std::string prompt_start(const Prediction& prediction) {
    try {
        return shorten(request_from_json(prediction.request).prompt);
    } catch (const Error&) {
        return {}; // a ledger is worth reading even where a request of another version is not
    }
}

std::string format_time(system_clock::time_point time, const char* format, decltype(&::gmtime_r) convert) {
    const std::time_t seconds = system_clock::to_time_t(time);
    std::tm parts{};
    convert(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string describe_price(const Prediction& prediction) {
    if (const auto billed = nano_usd_from(prediction.billed_usd)) {
        return describe_usd(*billed);
    }
    const auto expected = nano_usd_from(prediction.price_usd);
    return expected ? "about " + describe_usd(*expected) : "price not known";
}

json number_or_null(const std::optional<double>& number) {
    return number ? json(*number) : json(nullptr);
}

json describe(const Prediction& prediction) {
    constexpr const char* utc = "%Y-%m-%dT%H:%M:%SZ";
    return {
        {"id", prediction.id},
        {"created", format_time(prediction.created, utc, ::gmtime_r)},
        {"changed", format_time(prediction.changed, utc, ::gmtime_r)},
        {"engine", prediction.engine},
        {"model", prediction.model},
        {"command", prediction.command},
        {"prompt", prompt_start(prediction)},
        {"outcome", to_text(prediction.state)},
        {"reason", prediction.reason},
        {"price_usd", number_or_null(prediction.price_usd)},
        {"billed_usd", number_or_null(prediction.billed_usd)},
        {"run_time_ms", prediction.run_time ? json(prediction.run_time->count()) : json(nullptr)},
    };
}

} // namespace

void run_ledger_command(bool as_json) {
    Journal journal(state_dir());
    const std::vector<Prediction> predictions = journal.list(std::numeric_limits<std::size_t>::max());
    const double spent = journal.spent_this_month_usd();
    const std::string month = format_time(system_clock::now(), "%Y-%m", ::localtime_r);
    if (as_json) {
        json rows = json::array();
        for (const Prediction& prediction : predictions) {
            rows.push_back(describe(prediction));
        }
        const json ledger{
            {"version", 1}, {"month", month}, {"spent_this_month_usd", spent}, {"predictions", rows}};
        std::cout << ledger.dump(4, ' ', false, json::error_handler_t::replace) << '\n'; // see to_utf8()
        return;
    }
    for (const Prediction& prediction : predictions) {
        std::cout << format_time(prediction.created, "%Y-%m-%d %H:%M", ::localtime_r) << "  "
                  << shorten(prediction.engine) << ' ' << shorten(prediction.model) << "  "
                  << describe_price(prediction) << "  " << to_text(prediction.state) << "  "
                  << prompt_start(prediction) << '\n';
        if (!prediction.reason.empty()) {
            std::cout << "    " << shorten(prediction.reason) << '\n';
        }
    }
    std::cout << "Spent in " << month << ": " << describe_usd(nano_usd_from(spent).value_or(0)) << '\n';
}

} // namespace kontext::cli
