#include "core/job/edit_job.h"

#include <chrono>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace kontext {

namespace {

using Clock = std::chrono::steady_clock;

Outcome run_to_outcome(EditRequest request, const LayerSource& source, const EngineInfo& engine,
                       const Model& model, const Account& account, const ProgressSink& progress,
                       const std::stop_token& stop) {
    try {
        EditResult result = run_edit(std::move(request), source, engine, model, progress, stop, account);
        return result;
    } catch (const Cancelled& cancelled) {
        return cancelled;
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return Error(ErrorCode::out_of_space, "There is not enough memory for this edit.");
    } catch (const std::exception& failure) {
        return Error(ErrorCode::internal, failure.what());
    }
}

// Passes on a change of stage at once and the rest at most ten times a second. Used by engines from several
// threads at a time.
class ProgressFilter {
public:
    bool passes(const Progress& progress) {
        const std::scoped_lock lock(mutex_);
        const auto now = Clock::now();
        if (progress.stage == stage_ && now - last_ < std::chrono::milliseconds(100)) {
            return false;
        }
        stage_ = progress.stage;
        last_ = now;
        return true;
    }

private:
    std::mutex mutex_;
    std::optional<Stage> stage_;
    Clock::time_point last_;
};

// Ended jobs' threads among them: joining those takes no time.
std::vector<std::jthread>& cancelled_jobs() {
    static std::vector<std::jthread> threads;
    return threads;
}

} // namespace

EditJob::EditJob(EditRequest request, LayerSource source, const EngineInfo& engine, Model model,
                 Account account, PostToMain post, Callbacks callbacks)
    : post_(std::move(post)), listener_(std::make_shared<Listener>(std::move(callbacks))) {
    const std::weak_ptr<Listener> listener = listener_;
    worker_ = std::jthread([request = std::move(request), source = std::move(source), &engine,
                            model = std::move(model), account = std::move(account), post = post_,
                            listener](const std::stop_token& stop) mutable {
        ProgressFilter filter;
        const ProgressSink progress = [&](const Progress& step) {
            if (filter.passes(step)) {
                post([listener, step] {
                    const auto alive = listener.lock();
                    if (alive && !alive->finished && alive->callbacks.on_progress) {
                        alive->callbacks.on_progress(step);
                    }
                });
            }
        };
        // Shared, as std::function wants a copyable call and an outcome holds a whole picture.
        auto outcome = std::make_shared<Outcome>(
            run_to_outcome(std::move(request), source, engine, model, account, progress, stop));
        post([listener, outcome = std::move(outcome)] { finish(listener, std::move(*outcome)); });
    });
}

EditJob::~EditJob() {
    worker_.request_stop();
    cancelled_jobs().push_back(std::move(worker_));
}

void EditJob::cancel() {
    worker_.request_stop();
    // Not left to the worker, which may have to tell a service first.
    post_([listener = std::weak_ptr(listener_)] { finish(listener, Cancelled()); });
}

void EditJob::finish(const std::weak_ptr<Listener>& listener, Outcome outcome) {
    const auto alive = listener.lock();
    if (alive && !std::exchange(alive->finished, true) && alive->callbacks.on_finished) {
        alive->callbacks.on_finished(std::move(outcome));
    }
}

void join_cancelled_jobs() {
    cancelled_jobs().clear();
}

} // namespace kontext
