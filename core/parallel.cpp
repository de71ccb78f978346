#include "core/parallel.h"

#include "core/error.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <sched.h>

namespace kontext {

namespace {

int count_processors() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    return static_cast<int>(std::thread::hardware_concurrency());
}

int read_worker_count() {
    if (const char* text = std::getenv("KONTEXT_THREADS")) {
        if (const int wanted = std::atoi(text); wanted > 0) {
            return std::min(wanted, 256);
        }
    }
    return std::clamp(count_processors(), 1, 64);
}

// Threads that wait for work. They are kept, as a plan takes hundreds of steps of a millisecond, of which
// starting threads for each would be a good part.
class Workers {
public:
    explicit Workers(int count) {
        try {
            for (int i = 0; i < count; ++i) {
                threads_.emplace_back([this] { serve(); });
            }
        } catch (const std::system_error&) {
            // the system has no more threads to give: fewer do, and none
        }
    }

    // Calls run() on this thread and on up to `helpers` workers that are free meanwhile, and returns when all
    // have left it. It must not throw. It may call share() itself.
    void share(const std::function<void()>& run, int helpers) {
        Task task{.run = run, .places = helpers};
        {
            const std::scoped_lock lock(mutex_);
            tasks_.push_back(&task);
        }
        offered_.notify_all();
        run();
        std::unique_lock lock(mutex_);
        std::erase(tasks_, &task);
        left_.wait(lock, [&] { return task.inside == 0; });
    }

private:
    struct Task {
        const std::function<void()>& run;
        int places;
        int inside = 0;
    };

    void serve() {
        for (std::unique_lock lock(mutex_);;) {
            offered_.wait(lock, [this] { return !tasks_.empty(); });
            Task& task = *tasks_.back();
            if (--task.places == 0) {
                tasks_.pop_back();
            }
            ++task.inside;
            lock.unlock();
            task.run();
            lock.lock();
            if (--task.inside == 0) {
                left_.notify_all();
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable offered_, left_;
    std::vector<Task*> tasks_; // of which somebody may still take a place
    std::vector<std::jthread> threads_;
};

} // namespace

int worker_count() {
    static const int count = read_worker_count();
    return count;
}

void for_each_parallel(int count, const std::function<void(int)>& work, const std::stop_token& stop) {
    std::atomic<int> next = 0;
    std::mutex failure_mutex;
    std::exception_ptr failure;

    const auto run = [&] {
        for (int index = next++; index < count; index = next++) {
            try {
                if (stop.stop_requested()) {
                    throw Cancelled();
                }
                work(index);
            } catch (...) {
                next = count; // the others finish their item and stop
                const std::scoped_lock lock(failure_mutex);
                if (!failure) {
                    failure = std::current_exception();
                }
            }
        }
    };

    const int helpers = std::min(worker_count(), count) - 1;
    if (helpers < 1) {
        run();
    } else {
        // Never destroyed, as its threads serve as long as the process lives.
        static Workers& workers = *new Workers(worker_count() - 1);
        workers.share(run, helpers);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

} // namespace kontext
