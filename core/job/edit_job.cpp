#include "core/job/edit_job.h"

#include <chrono>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

namespace kontext {

namespace {

using Clock = std::chrono::steady_clock;

Outcome run_to_outcome(EditRequest request, const LayerSource& source, const EngineInfo& engine,
                       const Model& model, const ProgressSink& progress, const std::stop_token& stop) {
    try {
        EditResult result = run_edit(std::move(request), source, engine, model, progress, stop);
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

} // namespace

EditJob::EditJob(EditRequest request, LayerSource source, const EngineInfo& engine, Model model,
                 PostToMain post, Callbacks callbacks)
    : callbacks_(std::make_shared<Callbacks>(std::move(callbacks))) {
    const std::weak_ptr<Callbacks> listener = callbacks_;
    worker_ = std::jthread([request = std::move(request), source = std::move(source), &engine,
                            model = std::move(model), post = std::move(post),
                            listener](const std::stop_token& stop) mutable {
        ProgressFilter filter;
        const ProgressSink progress = [&](const Progress& step) {
            if (filter.passes(step)) {
                post([listener, step] {
                    if (const auto alive = listener.lock(); alive && alive->on_progress) {
                        alive->on_progress(step);
                    }
                });
            }
        };
        // Shared, as std::function wants a copyable call and an outcome holds a whole picture.
        auto outcome = std::make_shared<Outcome>(
            run_to_outcome(std::move(request), source, engine, model, progress, stop));
        post([listener, outcome = std::move(outcome)] {
            if (const auto alive = listener.lock(); alive && alive->on_finished) {
                alive->on_finished(std::move(*outcome));
            }
        });
    });
}

EditJob::~EditJob() = default;

void EditJob::cancel() {
    worker_.request_stop();
}

} // namespace kontext
