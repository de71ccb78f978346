#include "ui/text/text.h"

#include "core/usd.h"

#include <array>
#include <clocale>
#include <ctime>

#include <libintl.h>

namespace kontext::ui {

namespace {

constexpr const char* domain = "gimp-kontext";

// Without the sign, which languages put in different places.
std::string dollars(double amount) {
    return describe_usd(nano_usd_from(amount).value_or(0)).substr(1);
}

std::tm local_parts(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    return parts;
}

std::string format_time(const std::tm& parts, const char* format) {
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

bool is_same_day(const std::tm& one, const std::tm& other) {
    return one.tm_year == other.tm_year && one.tm_yday == other.tm_yday;
}

// Not 24 hours earlier: a day may have 23 or 25 of them.
std::tm day_before(std::tm day) {
    day.tm_mday -= 1;
    day.tm_hour = 12;
    day.tm_isdst = -1;
    std::mktime(&day);
    return day;
}

struct Advice {
    const char* title;
    const char* next_step;
};

Advice advice_for(ErrorCode code) {
    switch (code) {
    case ErrorCode::invalid_argument:
        return {_("This edit cannot run as it is set up"), _("Change what is named above, then try again.")};
    case ErrorCode::refused:
        return {_("The prompt was not carried out"), _("Change the prompt or choose another engine.")};
    case ErrorCode::bad_input:
        return {_("The picture cannot be read"),
                _("Check that it opens in other programs, or choose another one.")};
    case ErrorCode::bad_reply:
        return {_("The engine's answer cannot be used"), _("Try again, or choose another engine or model.")};
    case ErrorCode::network:
        return {_("The service cannot be reached"),
                _("Check the connection and try again. What was already accepted is not lost.")};
    case ErrorCode::rate_limited:
        return {_("The service is busy"), _("Wait a minute, then try again. Nothing was billed.")};
    case ErrorCode::outcome_unknown:
        return {
            _("It is not known whether the service accepted the edit"),
            _("It may have been billed. “Recover Paid Results” can find out; do not send it again before.")};
    case ErrorCode::outcome_untraceable:
        return {
            _("It is not known whether the service accepted the edit"),
            _("It may have been billed, and this service cannot be asked. Look at your account on its own "
              "page before you send it again.")};
    case ErrorCode::service_failed:
        return {_("The service could not carry out the edit"),
                _("Try again, or choose another engine or model.")};
    case ErrorCode::expired: return {_("The service has the result no longer"), _("Run the edit once more.")};
    case ErrorCode::key_rejected:
        return {_("The service does not accept the key"), _("Check the key in the settings.")};
    case ErrorCode::no_credit:
        return {_("The account at the service has no credit"), _("Top it up on the service's own page.")};
    case ErrorCode::request_rejected:
        return {_("The service calls the request invalid"),
                _("Change what is named above, or choose another model.")};
    case ErrorCode::engine_not_ready:
        return {_("The engine is not ready"), _("Choose another engine or model, or set this one up first.")};
    case ErrorCode::bad_settings:
        return {_("A settings file cannot be used"),
                _("Correct the file, or move it away: without it everything is at its defaults.")};
    case ErrorCode::over_budget:
        return {_("This edit would cost too much"), _("Raise the ceiling or ask for fewer variations.")};
    case ErrorCode::price_unknown:
        return {_("It is not known what this edit costs"),
                _("Choose another model, or say in the settings, under the ceiling for the month, what a "
                  "picture of unknown price counts as.")};
    case ErrorCode::layer_gone:
        return {_("The layer cannot be reached any more"),
                _("Choose a layer that is not locked, then start the edit again.")};
    case ErrorCode::out_of_space:
        return {_("There is no room for the picture"), _("Free some disk space and memory, then try again.")};
    case ErrorCode::cannot_write:
        return {_("The file cannot be written"),
                _("Check that the folder exists and that you may write to it.")};
    case ErrorCode::internal:
        return {_("Something went wrong inside the program"),
                _("Try again. If it goes wrong again, please report it with the sentence above.")};
    }
    return {"", ""};
}

} // namespace

const char* translate(const char* text) {
    // The catalogue's entry for the empty text is its header.
    return *text == '\0' ? text : dgettext(domain, text);
}

const char* translate_plural(const char* one, const char* many, unsigned long count) {
    return dngettext(domain, one, many, count);
}

void bind_translations(const char* locale_dir) {
    std::setlocale(LC_CTYPE, "");
    std::setlocale(LC_MESSAGES, "");
    bindtextdomain(domain, locale_dir);
    bind_textdomain_codeset(domain, "UTF-8");
}

std::string fill_in(std::string_view pattern, std::initializer_list<std::string_view> values) {
    std::string filled;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool placeholder = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}' &&
                                 pattern[i + 1] >= '1' &&
                                 static_cast<std::size_t>(pattern[i + 1] - '1') < values.size();
        if (placeholder) {
            filled += values.begin()[pattern[i + 1] - '1'];
            i += 2;
        } else {
            filled += pattern[i];
        }
    }
    return filled;
}

ErrorText describe_error(const Error& error) {
    const Advice advice = advice_for(error.code());
    return {advice.title, error.what(), advice.next_step};
}

std::string describe_stage(Stage stage) {
    switch (stage) {
    case Stage::preparing: return _("Reading the layer…");
    case Stage::loading: return _("Loading the model…");
    case Stage::uploading: return _("Sending the picture…");
    case Stage::queued: return _("Waiting in the queue…");
    case Stage::generating: return _("Developing…");
    case Stage::downloading: return _("Fetching the result…");
    case Stage::fitting: return _("Fitting the result onto the photo…");
    }
    return {};
}

std::string describe_engine(const EngineInfo& engine) {
    return translate(std::string(engine.description).c_str());
}

std::string describe_destination(const EngineInfo& engine) {
    switch (engine.destination) {
    case Destination::this_machine: return _("The picture stays on this machine.");
    case Destination::service:
        return fill_in(_("The picture and the prompt are sent to {1}."), {engine.name});
    }
    return {};
}

std::string describe_retention(const EngineInfo& engine) {
    return translate(std::string(engine.retention).c_str());
}

std::string money(double usd) {
    return fill_in(_("${1}"), {dollars(usd)});
}

std::string describe_state(PredictionState state) {
    switch (state) {
    case PredictionState::prepared: return _("Not sent");
    case PredictionState::submitted:
    case PredictionState::unknown: return _("It is not known whether the service took it");
    case PredictionState::running: return _("Taken by the service, not fetched yet");
    case PredictionState::downloaded: return _("Ready on this computer");
    case PredictionState::delivered: return _("Done");
    case PredictionState::refused: return _("Refused by the service");
    case PredictionState::failed: return _("Failed at the service");
    case PredictionState::cancelled: return _("Cancelled");
    case PredictionState::expired: return _("No longer kept by the service");
    }
    return {};
}

std::string describe_time(std::chrono::system_clock::time_point time,
                          std::chrono::system_clock::time_point now) {
    const std::tm then = local_parts(time);
    const std::tm today = local_parts(now);
    const std::string clock = format_time(then, "%H:%M");
    if (is_same_day(then, today)) {
        return fill_in(_("Today, {1}"), {clock});
    }
    if (is_same_day(then, day_before(today))) {
        return fill_in(_("Yesterday, {1}"), {clock});
    }
    return fill_in(_("{1}, {2}"), {format_time(then, "%Y-%m-%d"), clock});
}

std::string describe_decision(Decision decision) {
    switch (decision) {
    case Decision::unchanged: return _("Nothing changed: the engine returned the same picture.");
    case Decision::unregistered:
        return _("The result was not recognised as the same picture. "
                 "It was put over the photo as it is, scaled to its size.");
    case Decision::local:
    case Decision::grade:
    case Decision::recreated: break;
    }
    return {};
}

std::string describe_price(const Model& model, int variations) {
    if (!model.price_usd) {
        return _("Price not known");
    }
    if (*model.price_usd <= 0) {
        return _("Free");
    }
    return fill_in(_("About ${1}"), {dollars(*model.price_usd * variations)});
}

int exit_code(ErrorCode code) {
    switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::bad_settings: return 2;
    case ErrorCode::refused: return 3;
    case ErrorCode::key_rejected:
    case ErrorCode::no_credit: return 4;
    case ErrorCode::bad_reply:
    case ErrorCode::network:
    case ErrorCode::rate_limited:
    case ErrorCode::service_failed:
    case ErrorCode::expired: return 5;
    case ErrorCode::outcome_unknown:
    case ErrorCode::outcome_untraceable: return 6;
    case ErrorCode::bad_input: return 7;
    case ErrorCode::over_budget:
    case ErrorCode::price_unknown: return 8;
    case ErrorCode::engine_not_ready: return 9;
    case ErrorCode::request_rejected: return 10;
    case ErrorCode::layer_gone:
    case ErrorCode::out_of_space:
    case ErrorCode::cannot_write:
    case ErrorCode::internal: return 1;
    }
    return 1;
}

} // namespace kontext::ui
