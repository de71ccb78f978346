#pragma once

#include "core/store/settings.h"
#include "plugin/host.h"
#include "ui/gtk/recover_run.h"

#include <string_view>

typedef struct _GtkWindow GtkWindow;

namespace kontext::plugin {

// The settings and the list of what is waiting as windows over one of ours; they return when they are closed.
// Main thread.
void open_settings_over(GtkWindow* parent, std::string_view engine);
void open_recovery_over(GtkWindow* parent, Host& host, const Settings& settings);

// How a recovered picture goes into the editor. `host` and `settings` outlive it.
ui::RecoverHooks recover_hooks(Host& host, const Settings& settings);

} // namespace kontext::plugin
