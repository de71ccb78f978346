#pragma once

#include "core/engine/registry.h"
#include "core/store/secret_store.h"
#include "core/store/settings.h"
#include "ui/edit_model.h"
#include "ui/keys/open_secret_store.h"

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kontext::ui {

// What was found out about an engine's key.
struct KeyFinding {
    KeyState state = KeyState::unknown;
    KeySource source = KeySource::none;
    KeyPlace place = KeyPlace::none; // of KeySource::store
    bool no_key_store = false;       // there is none that answers
    std::string problem;             // why it cannot be read
};

// What the settings dialog shows and allows. Knows no toolkit and writes no files.
class SettingsModel {
public:
    // `monthly_variable`: what KONTEXT_MONTHLY_USD says, null where it is not set.
    SettingsModel(Settings settings, std::span<const EngineInfo* const> engines,
                  const char* monthly_variable = nullptr);

    const Settings& settings() const { return settings_; }

    Choices engine_choices() const;
    void choose_engine(std::size_t index);

    // "10", "10.5", "10,50" dollars; none for anything else.
    static std::optional<double> amount_from_text(std::string_view text);
    std::string ceiling_text() const; // "10.00"; the usual one where there is no ceiling
    bool has_ceiling() const { return settings_.monthly_usd.has_value(); }
    void set_ceiling(std::optional<double> usd) { settings_.monthly_usd = usd; }
    // What a picture of unknown price counts as; the same, but for more than nothing.
    static std::optional<double> price_from_text(std::string_view text);
    std::string unknown_price_text() const;
    bool has_unknown_price() const { return settings_.unknown_usd.has_value(); }
    void set_unknown_price(std::optional<double> usd) { settings_.unknown_usd = usd; }
    std::string why_ceiling_is_fixed() const; // empty: it is chosen here
    void set_spent(double usd) { spent_usd_ = usd; }
    std::string spent_description() const; // empty until it is known

    void keep_prompt_in_image(bool keep) { settings_.keep_prompt_in_image = keep; }
    void crop_to_changes(bool crop) { settings_.crop_to_changes = crop; }
    void add_grain(bool add) { settings_.add_grain = add; }

    // The engines that want a key, send the picture away or have something to set up, in the registry's
    // order.
    std::span<const EngineInfo* const> services() const { return services_; }
    Choices host_choices(const EngineInfo& service) const;
    void choose_host(const EngineInfo& service, std::size_t index);

    // Where an engine of the person's own is; see EngineSettings.
    EngineSettings engine_settings(const EngineInfo& engine) const;
    std::string engine_setting(const EngineInfo& engine, std::string_view id) const;
    // Blanks around it do not count. Whether that changes anything.
    bool set_engine_setting(const EngineInfo& engine, std::string_view id, std::string_view text);

    void set_key(const EngineInfo& service, KeyFinding finding);
    KeyFinding key_of(const EngineInfo& service) const;
    std::string key_badge(const EngineInfo& service) const;       // "Key set", for a list
    std::string key_description(const EngineInfo& service) const; // one sentence
    bool can_remove_key(const EngineInfo& service) const;
    // There is no key store: the person may agree to a file.
    bool asks_for_file() const;
    bool may_use_file() const { return settings_.keys_in_file; }
    void allow_file(bool allow) { settings_.keys_in_file = allow; }
    std::string why_key_cannot_be_saved() const; // empty: it can

private:
    Settings settings_;
    std::vector<const EngineInfo*> engines_;
    std::vector<const EngineInfo*> services_;
    std::string monthly_variable_;
    std::optional<double> spent_usd_;
    std::map<std::string_view, KeyFinding> keys_;
};

} // namespace kontext::ui
