#pragma once

#include "core/error.h"
#include "core/job/run_edit.h"

#include <functional>
#include <memory>
#include <thread>
#include <variant>

namespace kontext {

using Outcome = std::variant<EditResult, Error, Cancelled>;

// Hands a call over to the main thread, where it runs later, in order. Must be callable from any thread and
// must never run the call at once.
using PostToMain = std::function<void(std::function<void()>)>;

// One edit in flight, on a thread of its own. Make, use and destroy it on the main thread. Nobody waits for a
// job that was cancelled: it tells the service in the background, until join_cancelled_jobs().
class EditJob {
public:
    struct Callbacks {
        std::function<void(const Progress&)> on_progress; // at most ten a second
        std::function<void(Outcome)> on_finished;         // exactly once, unless the job is destroyed before
    };

    // Both callbacks run on the main thread and never after the job's end of life.
    // `engine` lives as long as the program, as those of the registry do.
    EditJob(EditRequest request, LayerSource source, const EngineInfo& engine, Model model, Account account,
            PostToMain post, Callbacks callbacks);
    EditJob(const EditJob&) = delete;
    EditJob& operator=(const EditJob&) = delete;
    ~EditJob(); // cancels

    // Returns at once; on_finished brings Cancelled, or the result if that was quicker. A picture that was
    // paid for and comes later can be recovered.
    void cancel();

private:
    struct Listener {
        Callbacks callbacks;
        bool finished = false; // main thread only
    };

    static void finish(const std::weak_ptr<Listener>& listener, Outcome outcome);

    PostToMain post_;
    std::shared_ptr<Listener> listener_; // what is posted holds it weakly: nothing arrives after destruction
    std::jthread worker_;
};

// Waits until no thread of a cancelled job is left: up to some seconds, while a service is told. Main thread,
// before the process ends or the procedure returns.
void join_cancelled_jobs();

} // namespace kontext
