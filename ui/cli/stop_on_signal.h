#pragma once

#include <stop_token>
#include <thread>

namespace kontext::cli {

// While it lives, Ctrl+C, SIGTERM and SIGHUP request a stop instead of ending the process. Make it before any
// other thread is started: they inherit the blocked signals.
class StopOnSignal {
public:
    StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
    ~StopOnSignal();

    std::stop_token token() const { return source_.get_token(); }

private:
    std::stop_source source_;
    std::jthread waiter_;
};

} // namespace kontext::cli
