#pragma once

#include "core/job/edit_job.h"
#include "ui/gtk/main_loop.h"

#include <memory>
#include <optional>

namespace kontext::ui {

// One edit from the press of the button to its outcome: reads the layer while the main loop is idle, then
// works on a thread. Main thread; must not be destroyed by its own callbacks.
class EditRun {
public:
    // The callbacks run from the main loop, never from within the constructor or cancel().
    EditRun(EditRequest request, std::unique_ptr<LayerReader> reader, const EngineInfo& engine, Model model,
            Account account, EditJob::Callbacks callbacks);

    // Returns at once; on_finished follows.
    void cancel();

private:
    bool read_some();
    void start_job(LayerSource source);

    EditRequest request_;
    std::unique_ptr<LayerReader> reader_;
    const EngineInfo& engine_;
    Model model_;
    Account account_;
    EditJob::Callbacks callbacks_;
    bool cancelled_ = false;
    RepeatedCall reading_;
    std::optional<EditJob> job_;
};

} // namespace kontext::ui
