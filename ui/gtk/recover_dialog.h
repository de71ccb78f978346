#pragma once

#include "ui/gtk/recover_run.h"

#include <functional>

#include <gtk/gtk.h>

namespace kontext::ui {

struct RecoverDialogHooks {
    std::function<void(GtkWindow*)> adopt; // parent, icon; before the window is shown
    std::function<Account()> make_account; // where keys and journal are
    RecoverHooks editor;
};

// Shows what was paid for, or may have been, and is not delivered, and turns the main loop until the window
// is closed. Closing it stops what still runs, which stays recoverable. Returns how many pictures were
// inserted. GTK must be initialised. Main thread.
int run_recover_dialog(const RecoverDialogHooks& hooks);

} // namespace kontext::ui
