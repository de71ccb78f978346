#pragma once

#include "core/engine/models.h"
#include "core/job/account.h"
#include "ui/gtk/settings_dialog.h"

#include <optional>
#include <string>

namespace kontext::test {

// A service that wants a key, takes "good" and has two addresses. A test of the key "slow" lasts until it is
// stopped.
extern const EngineInfo cloud_engine;
Model cloud_model();

// Keys in memory, for as long as the program runs.
struct FakeKeys {
    static inline std::optional<std::string> key; // of every engine
    static inline bool readable = true;
    static inline bool in_file = false; // there is no key store
};

Account fake_account(std::optional<double> ceiling_usd = {});
ui::SettingsDialogHooks fake_settings_hooks();

} // namespace kontext::test
