#pragma once

#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "core/secret_text.h"
#include "ui/settings_model.h"

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <gtk/gtk.h>

namespace kontext::ui {

// What the settings dialog asks of whoever opened it. All but adopt() is called on worker threads, may take
// long, and throws Error.
struct SettingsDialogHooks {
    std::function<void(GtkWindow*)> adopt; // parent, icon; before the window is shown. Main thread
    std::function<KeyFinding(const EngineInfo&)> look_for_key;
    std::function<SecretText(const EngineInfo&)> read_key; // empty: there is none
    std::function<void(const EngineInfo&, const SecretText&)> save_key;
    std::function<void(const EngineInfo&)> remove_key;
    std::function<double()> read_spent_usd; // this month, at all services
};

// Shows the settings and turns the main loop until the window is closed. What is changed is saved at once, in
// settings.json, keys through the hooks. It starts at the page of `engine` where that is a service. GTK must
// be initialised. `engines` live as long as the program. Throws Error(bad_settings) for settings that cannot
// be read. Main thread.
void run_settings_dialog(const SettingsDialogHooks& hooks, const std::vector<Model>& models,
                         std::string_view engine = {},
                         std::span<const EngineInfo* const> engines = kontext::engines());

} // namespace kontext::ui
