#pragma once

#include "core/engine/models.h"
#include "core/job/edit_job.h"
#include "core/store/settings.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

typedef struct _GtkWindow GtkWindow;

namespace kontext::ui {

// What the dialog has to know of the layer before it is read; instant to find out.
struct LayerSummary {
    std::string name;
    Size size;
    std::string kind; // "8-bit RGB", for the tooltip
    bool has_selection = false;
};

// What the dialog asks of whoever opened it. Everything is called on the main thread; what throws, throws
// Error.
struct EditDialogHooks {
    std::function<void(GtkWindow*)> adopt; // parent, icon; before the window is shown
    std::function<std::unique_ptr<LayerReader>(Region)> open_layer; // throws layer_gone
    std::function<void(EditResult)> insert;                         // throws layer_gone, out_of_space
    std::function<void(const Error&)> show_error;                   // for errors after the dialog was closed
};

// Shows the dialog and turns the main loop until it is done: after an edit was inserted, or the person closed
// it. Closing it while an edit runs hides it only: the edit goes on and is inserted. Returns the request that
// was inserted last, none when nothing was. GTK must be initialised. Main thread.
std::optional<EditRequest> run_edit_dialog(const LayerSummary& layer, const EditRequest& initial,
                                           std::vector<Model> models, const EditDialogHooks& hooks);

} // namespace kontext::ui
