#pragma once

#include "core/engine/models.h"
#include "core/job/edit_job.h"
#include "ui/edit_model.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <gtk/gtk.h>

namespace kontext::ui {

// What the dialog asks of whoever opened it. Everything is called on the main thread; what throws, throws
// Error.
struct EditDialogHooks {
    std::function<void(GtkWindow*)> adopt; // parent, icon; before the window is shown
    std::function<std::unique_ptr<LayerReader>(Region)> open_layer; // throws layer_gone
    std::function<void(EditResult)> insert;                         // throws layer_gone, out_of_space
    std::function<void(const Error&)> show_error;                   // for errors after the dialog was closed
    // Whether something is selected now; asked when the person comes back to the dialog. May be empty: then
    // what LayerSummary said stays.
    std::function<bool()> has_selection;
    // Where keys and journal are, and what may be spent. Asked when the dialog opens, after the settings were
    // changed, and when an edit starts.
    std::function<Account()> make_account;
    // The options that each engine is set up with. May be empty: none.
    std::function<EngineOptions()> engine_options;
    // Where programs and servers of the person's own are. May be empty: nowhere else than usual.
    std::function<std::map<std::string, EngineSettings>()> engine_settings;
    // The settings, at the engine's page (empty: the general one), over this window; returns when they are
    // closed. May be empty: they cannot be opened from here.
    std::function<void(GtkWindow*, std::string_view engine)> open_settings;
    // What was paid for and is waiting, over this window; returns when that is closed. May be empty: nothing
    // is said of it.
    std::function<void(GtkWindow*)> open_recovery;
};

// Shows the dialog and turns the main loop until it is done: after an edit was inserted, or the person closed
// it. Closing it while an edit runs hides it only: the edit goes on and is inserted. Returns the request that
// was inserted, as it was set up (without a seed where a new one was wanted); none when nothing was. GTK must
// be initialised. `engines` live as long as the program. Main thread.
std::optional<EditRequest> run_edit_dialog(const LayerSummary& layer, const EditRequest& initial,
                                           std::vector<Model> models, const EditDialogHooks& hooks,
                                           std::span<const EngineInfo* const> engines = kontext::engines());

} // namespace kontext::ui
