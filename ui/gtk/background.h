#pragma once

#include "core/error.h"
#include "ui/gtk/main_loop.h"

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

namespace kontext::ui {

// What came of a call that may fail or be cancelled.
template <typename Result>
using Finished = std::variant<Result, Error, Cancelled>;

template <typename Call>
auto attempt(Call call) -> Finished<std::invoke_result_t<Call>> {
    try {
        return call();
    } catch (const Cancelled& cancelled) {
        return cancelled;
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& failure) {
        return Error(ErrorCode::internal, failure.what());
    }
}

// Calls that block, such as asking a key store or a service, each on a thread of its own; what comes of them
// arrives on the main thread. Make, use and destroy it there. Destruction stops and awaits what still runs,
// of which nothing arrives any more.
class Background {
public:
    Background() : alive_(std::make_shared<Background*>(this)) {}
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;
    ~Background() {
        for (auto& [number, thread] : threads_) {
            thread.request_stop(); // all of them before the first is awaited
        }
    }

    // `work(stop)` runs on the thread, `done(Finished<Result>)` on the main thread afterwards. Returns a
    // number for cancel().
    template <typename Work, typename Done>
    int start(Work work, Done done) {
        const int number = next_++;
        std::jthread thread([weak = std::weak_ptr(alive_), number, work = std::move(work),
                             done = std::move(done)](const std::stop_token& stop) mutable {
            using Result = std::invoke_result_t<Work, const std::stop_token&>;
            // Shared, as what is posted has to be copyable.
            auto outcome = std::make_shared<Finished<Result>>(attempt([&] { return work(stop); }));
            post_to_main([weak, number, outcome, done = std::move(done)]() mutable {
                if (const auto alive = weak.lock()) {
                    (*alive)->threads_.erase(number); // it has ended but for leaving this very call
                    done(std::move(*outcome));
                }
            });
        });
        threads_.emplace(number, std::move(thread));
        return number;
    }

    void cancel(int number) {
        if (const auto thread = threads_.find(number); thread != threads_.end()) {
            thread->second.request_stop();
        }
    }
    // For news from within `work`: runs `call` on the main thread later, if this object still lives then.
    std::function<void(std::function<void()>)> poster() const {
        return [weak = std::weak_ptr(alive_)](std::function<void()> call) {
            post_to_main([weak, call = std::move(call)] {
                if (weak.lock()) {
                    call();
                }
            });
        };
    }

private:
    int next_ = 1;
    std::shared_ptr<Background*> alive_;  // what is posted holds it weakly
    std::map<int, std::jthread> threads_; // by number; destroyed first
};

} // namespace kontext::ui
