#include "core/net/wait.h"

#include "core/error.h"

#include <condition_variable>
#include <mutex>

namespace kontext {

void wait_for(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
    if (stop.stop_requested()) {
        throw Cancelled();
    }
}

} // namespace kontext
