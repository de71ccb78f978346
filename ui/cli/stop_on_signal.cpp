#include "ui/cli/stop_on_signal.h"

#include <csignal>

#include <pthread.h>

namespace kontext::cli {

namespace {

constexpr int wake_up = SIGUSR1; // ends the waiting thread

sigset_t watched_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, wake_up}) {
        sigaddset(&signals, signal);
    }
    return signals;
}

} // namespace

StopOnSignal::StopOnSignal() {
    const sigset_t signals = watched_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    waiter_ = std::jthread([source = source_, signals]() mutable {
        int signal = 0;
        while (sigwait(&signals, &signal) == 0 && signal != wake_up) {
            source.request_stop();
        }
    });
}

StopOnSignal::~StopOnSignal() {
    pthread_kill(waiter_.native_handle(), wake_up);
    waiter_.join();
    const sigset_t signals = watched_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

} // namespace kontext::cli
