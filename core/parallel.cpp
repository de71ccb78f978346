#include "core/parallel.h"

#include "core/error.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
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

    {
        std::vector<std::jthread> threads; // joins at the end of its scope, also when starting one throws
        for (int i = 1; i < std::min(worker_count(), count); ++i) {
            threads.emplace_back(run);
        }
        run();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

} // namespace kontext
