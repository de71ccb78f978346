#include "ui/settings_model.h"

#include "ui/text/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace kontext::ui {

namespace {

constexpr double usual_ceiling = 10;
constexpr double usual_unknown_price = 0.25; // more than any known model costs
constexpr double largest_ceiling = 1e6;
constexpr const char* host_option = "host"; // see base_url_of()

// Without the currency sign.
std::string plain_amount(double usd) {
    const std::string text = money(usd);
    const std::size_t start = text.find_first_of("0123456789");
    return text.substr(start, text.find_last_of("0123456789") + 1 - start);
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view ignored = " \t$";
    const std::size_t start = text.find_first_not_of(ignored);
    if (start == std::string_view::npos) {
        return {};
    }
    return std::string(text.substr(start, text.find_last_not_of(ignored) + 1 - start));
}

} // namespace

SettingsModel::SettingsModel(Settings settings, std::span<const EngineInfo* const> engines,
                             const char* monthly_variable)
    : settings_(std::move(settings)), engines_(engines.begin(), engines.end()),
      monthly_variable_(monthly_variable != nullptr ? monthly_variable : "") {
    std::ranges::copy_if(engines_, std::back_inserter(services_), [](const EngineInfo* engine) {
        return engine->needs_key || engine->destination == Destination::service || !engine->settings.empty();
    });
}

Choices SettingsModel::engine_choices() const {
    Choices choices;
    for (std::size_t index = 0; index < engines_.size(); ++index) {
        choices.labels.emplace_back(translate(std::string(engines_[index]->name).c_str()));
        if (engines_[index]->id == settings_.default_engine) {
            choices.chosen = index;
        }
    }
    return choices;
}

void SettingsModel::choose_engine(std::size_t index) {
    settings_.default_engine = engines_.at(index)->id;
}

std::optional<double> SettingsModel::amount_from_text(std::string_view text) {
    std::string digits = trimmed(text);
    std::ranges::replace(digits, ',', '.');
    double amount = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), amount, std::chars_format::fixed);
    if (failure != std::errc() || end != digits.data() + digits.size() || !(amount >= 0) ||
        amount > largest_ceiling) {
        return std::nullopt;
    }
    return amount;
}

std::string SettingsModel::ceiling_text() const {
    return plain_amount(settings_.monthly_usd.value_or(usual_ceiling));
}

std::optional<double> SettingsModel::price_from_text(std::string_view text) {
    const auto amount = amount_from_text(text);
    return amount && *amount > 0 ? amount : std::nullopt;
}

std::string SettingsModel::unknown_price_text() const {
    return plain_amount(settings_.unknown_usd.value_or(usual_unknown_price));
}

std::string SettingsModel::why_ceiling_is_fixed() const {
    if (monthly_variable_.empty()) {
        return {};
    }
    return fill_in(_("The environment variable {1} sets it to {2}."),
                   {"KONTEXT_MONTHLY_USD", monthly_variable_});
}

std::string SettingsModel::spent_description() const {
    return spent_usd_ ? fill_in(_("Spent this month: {1}"), {money(*spent_usd_)}) : std::string();
}

Choices SettingsModel::host_choices(const EngineInfo& service) const {
    Choices choices;
    std::string chosen;
    if (const auto options = settings_.engine_options.find(std::string(service.id));
        options != settings_.engine_options.end()) {
        const auto host = options->second.find(host_option);
        chosen = host == options->second.end() ? "" : host->second;
    }
    for (std::size_t index = 0; index < service.hosts.size(); ++index) {
        choices.labels.emplace_back(translate(std::string(service.hosts[index].name).c_str()));
        if (service.hosts[index].id == chosen) {
            choices.chosen = index;
        }
    }
    return choices;
}

void SettingsModel::choose_host(const EngineInfo& service, std::size_t index) {
    settings_.engine_options[std::string(service.id)][host_option] = service.hosts[index].id;
}

EngineSettings SettingsModel::engine_settings(const EngineInfo& engine) const {
    const auto found = settings_.engine_settings.find(std::string(engine.id));
    return found == settings_.engine_settings.end() ? EngineSettings() : found->second;
}

std::string SettingsModel::engine_setting(const EngineInfo& engine, std::string_view id) const {
    const EngineSettings settings = engine_settings(engine);
    const auto found = settings.find(std::string(id));
    return found == settings.end() ? std::string() : found->second;
}

bool SettingsModel::set_engine_setting(const EngineInfo& engine, std::string_view id, std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t\n");
    const std::string value(start == std::string_view::npos
                                ? std::string_view()
                                : text.substr(start, text.find_last_not_of(" \t\n") + 1 - start));
    if (engine_setting(engine, id) == value) {
        return false;
    }
    EngineSettings& settings = settings_.engine_settings[std::string(engine.id)];
    if (value.empty()) {
        settings.erase(std::string(id));
    } else {
        settings[std::string(id)] = value;
    }
    return true;
}

void SettingsModel::set_key(const EngineInfo& service, KeyFinding finding) {
    keys_[service.id] = std::move(finding);
}

KeyFinding SettingsModel::key_of(const EngineInfo& service) const {
    const auto found = keys_.find(service.id);
    return found == keys_.end() ? KeyFinding{} : found->second;
}

std::string SettingsModel::key_badge(const EngineInfo& service) const {
    if (!service.needs_key) {
        return {};
    }
    switch (key_of(service).state) {
    case KeyState::unknown: return _("Looking…");
    case KeyState::there: return _("Key is set");
    case KeyState::missing: return _("No key");
    case KeyState::unreadable: return _("Key not readable");
    }
    return {};
}

std::string SettingsModel::key_description(const EngineInfo& service) const {
    const KeyFinding finding = key_of(service);
    switch (finding.state) {
    case KeyState::unknown: return _("Looking for the key…");
    case KeyState::missing: return _("No key is set.");
    case KeyState::unreadable: return finding.problem;
    case KeyState::there: break;
    }
    if (finding.source == KeySource::environment) {
        return fill_in(_("A key is set in the environment variable {1}, which comes first."),
                       {service.key_variable});
    }
    return finding.place == KeyPlace::file ? _("A key is kept in a file that only you can read.")
                                           : _("A key is kept in the system's key store.");
}

bool SettingsModel::can_remove_key(const EngineInfo& service) const {
    const KeyFinding finding = key_of(service);
    return finding.state == KeyState::there && finding.source == KeySource::store;
}

bool SettingsModel::asks_for_file() const {
    return std::ranges::any_of(keys_, [](const auto& key) { return key.second.no_key_store; });
}

std::string SettingsModel::why_key_cannot_be_saved() const {
    return asks_for_file() && !may_use_file() ? _("Agree first to the file that it would be kept in.")
                                              : std::string();
}

} // namespace kontext::ui
