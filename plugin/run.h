#pragma once

#include "plugin/host.h"
#include "plugin/procedures.h"

#include <string>

namespace kontext::plugin {

struct RunOutcome {
    enum class Status {
        done,
        cancelled,
        failed,
    };
    Status status = Status::done;
    std::string message; // why it failed, in the person's language
};

// The one use case: grab the layer, ask, edit, insert. Blocks until all of it is done, and no thread of ours
// lives on then: GIMP 2.10 waits for the process as soon as the procedure has returned. Throws nothing.
//
// interactive      shows the dialog; `arguments` are not looked at
// noninteractive   all from `arguments`; neither display nor GTK
// with_last_values the last edit of the dialog once more, without it; progress in the editor's own bar
RunOutcome run_edit_procedure(Host& host, RunMode mode, const ArgumentValues& arguments) noexcept;

// What was paid for and never arrived. Interactive and with_last_values show the list; noninteractive inserts
// all that can be fetched and fails, after that, with the reason of the first that could not. Throws nothing.
RunOutcome run_recover_procedure(Host& host, RunMode mode) noexcept;

// Shows the settings; noninteractive fails. Throws nothing.
RunOutcome run_settings_procedure(Host& host, RunMode mode) noexcept;

} // namespace kontext::plugin
