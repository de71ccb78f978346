#include "core/job/edit_job.h"
#include "tests/support/scripted_engine.h"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>

#include <gtest/gtest.h>

namespace kontext {

namespace {

using test::ScriptedEngine;

// The main thread's queue of calls, as an editor's main loop would be. Plain C++, so that the thread
// sanitizer sees all of it.
class CallQueue {
public:
    ~CallQueue() { join_cancelled_jobs(); } // they post here

    PostToMain poster() {
        return [this](std::function<void()> call) {
            const std::scoped_lock lock(mutex_);
            calls_.push_back(std::move(call));
            arrived_.notify_one();
        };
    }

    void run_next() {
        std::function<void()> call;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return !calls_.empty(); });
            call = std::move(calls_.front());
            calls_.pop_front();
        }
        call();
    }

    void run_what_is_there() {
        std::unique_lock lock(mutex_);
        while (!calls_.empty()) {
            auto call = std::move(calls_.front());
            calls_.pop_front();
            lock.unlock();
            call();
            lock.lock();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> calls_;
};

LayerSource make_source() {
    LayerSource source;
    source.pixels = Raster({4, 3}, {SampleType::u8, 3});
    return source;
}

EngineReply wait_for_stop(const EditRequest&, const ModelInput&, const ProgressSink&,
                          const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, stop, [] { return false; });
    throw Cancelled();
}

std::unique_ptr<EditJob> start(CallQueue& queue, EditJob::Callbacks callbacks) {
    return std::make_unique<EditJob>(EditRequest{.prompt = "p"}, make_source(), test::scripted_engine,
                                     test::scripted_model(), Account{}, queue.poster(), std::move(callbacks));
}

Outcome run_to_end(ScriptedEngine::Script script) {
    ScriptedEngine::script = std::move(script);
    CallQueue queue;
    std::optional<Outcome> outcome;
    const auto job = start(
        queue, {.on_progress = {}, .on_finished = [&](Outcome end) { outcome.emplace(std::move(end)); }});
    while (!outcome) {
        queue.run_next();
    }
    return std::move(*outcome);
}

} // namespace

TEST(EditJob, DeliversTheResultOnTheMainThread) {
    ScriptedEngine::script = [](const EditRequest& request, const ModelInput& input, const ProgressSink&,
                                const std::stop_token&) { return test::copy_input(request, input); };
    CallQueue queue;
    std::thread::id thread;
    bool finished = false;
    const auto job = start(queue, {.on_progress = {}, .on_finished = [&](Outcome outcome) {
                                       thread = std::this_thread::get_id();
                                       finished = std::holds_alternative<EditResult>(outcome);
                                   }});
    while (!finished) {
        queue.run_next();
    }
    EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST(EditJob, TurnsWhateverIsThrownIntoAnOutcome) {
    const Outcome refused =
        run_to_end([](auto&&...) -> EngineReply { throw Error(ErrorCode::refused, "no"); });
    EXPECT_EQ(std::get<Error>(refused).code(), ErrorCode::refused);
    const Outcome memory = run_to_end([](auto&&...) -> EngineReply { throw std::bad_alloc(); });
    EXPECT_EQ(std::get<Error>(memory).code(), ErrorCode::out_of_space);
    const Outcome other = run_to_end([](auto&&...) -> EngineReply { throw std::runtime_error("odd"); });
    EXPECT_STREQ(std::get<Error>(other).what(), "odd");
}

TEST(EditJob, BringsCancelledAfterCancel) {
    ScriptedEngine::script = wait_for_stop;
    CallQueue queue;
    std::optional<Outcome> outcome;
    const auto job = start(
        queue, {.on_progress = {}, .on_finished = [&](Outcome end) { outcome.emplace(std::move(end)); }});
    job->cancel();
    while (!outcome) {
        queue.run_next();
    }
    EXPECT_TRUE(std::holds_alternative<Cancelled>(*outcome));
}

TEST(EditJob, FreesThePersonBeforeTheEngineHasEnded) {
    std::promise<void> may_end;
    ScriptedEngine::script = [end = may_end.get_future().share()](auto&&...) -> EngineReply {
        end.wait(); // as one does that tells a service first
        throw Cancelled();
    };
    CallQueue queue;
    std::optional<Outcome> outcome;
    const auto job = start(
        queue, {.on_progress = {}, .on_finished = [&](Outcome end) { outcome.emplace(std::move(end)); }});
    job->cancel();
    while (!outcome) {
        queue.run_next();
    }
    EXPECT_TRUE(std::holds_alternative<Cancelled>(*outcome));
    may_end.set_value();
}

TEST(EditJob, CallsNothingBackOnceItIsGone) {
    ScriptedEngine::script = wait_for_stop;
    CallQueue queue;
    int calls = 0;
    auto job = start(
        queue, {.on_progress = [&](const Progress&) { ++calls; }, .on_finished = [&](Outcome) { ++calls; }});
    job.reset(); // stops the engine
    join_cancelled_jobs();
    queue.run_what_is_there();
    EXPECT_EQ(calls, 0);
}

TEST(EditJob, MayEndInItsOwnCallback) {
    ScriptedEngine::script = [](const EditRequest& request, const ModelInput& input, const ProgressSink&,
                                const std::stop_token&) { return test::copy_input(request, input); };
    CallQueue queue;
    std::unique_ptr<EditJob> job;
    bool finished = false;
    job = start(queue, {.on_progress = {}, .on_finished = [&](Outcome) {
                            job.reset();
                            finished = true;
                        }});
    while (!finished) {
        queue.run_next();
    }
    EXPECT_EQ(job, nullptr);
}

TEST(EditJob, PostsAFloodOfProgressOnlyNowAndThen) {
    ScriptedEngine::script = [](const EditRequest& request, const ModelInput& input,
                                const ProgressSink& progress, const std::stop_token&) {
        for (int i = 0; i < 100'000; ++i) {
            progress({.stage = Stage::generating, .fraction = i / 100'000.0});
        }
        return test::copy_input(request, input);
    };
    CallQueue queue;
    int calls = 0;
    bool finished = false;
    const auto job = start(queue, {.on_progress = [&](const Progress&) { ++calls; },
                                   .on_finished = [&](Outcome) { finished = true; }});
    while (!finished) {
        queue.run_next();
    }
    EXPECT_GE(calls, 2); // each change of stage at once
    EXPECT_LT(calls, 1000);
}

} // namespace kontext
