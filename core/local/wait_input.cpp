#include "core/local/wait_input.h"

#include "core/error.h"
#include "core/image/byte_io.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace kontext {

bool wait_for_input(int file, std::chrono::milliseconds time, const std::stop_token& stop) {
    using Clock = std::chrono::steady_clock;
    const FileDescriptor alarm(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback wake(stop, [&] { ::eventfd_write(alarm.number(), 1); });
    const Clock::time_point end = Clock::now() + time;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        std::array<pollfd, 2> waits{pollfd{.fd = file, .events = POLLIN, .revents = 0},
                                    pollfd{.fd = alarm.number(), .events = POLLIN, .revents = 0}};
        const int ready =
            ::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
        if (stop.stop_requested()) {
            throw Cancelled();
        }
        if (ready < 0 && errno != EINTR) {
            throw Error(ErrorCode::internal, "Waiting for a program's words failed.");
        }
        if (ready > 0 && waits[0].revents != 0) {
            return true;
        }
        if (Clock::now() >= end) {
            return false;
        }
    }
}

} // namespace kontext
