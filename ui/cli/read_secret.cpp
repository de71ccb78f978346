#include "ui/cli/read_secret.h"

#include "core/error.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

namespace kontext::cli {

namespace {

// While it lives the terminal at standard input shows nothing of what is typed, and Ctrl+Z and Ctrl+\ do not
// leave it like that.
class QuietTerminal {
public:
    QuietTerminal() {
        is_changed_ = ::tcgetattr(STDIN_FILENO, &usual_) == 0;
        termios quiet = usual_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
        quiet.c_lflag |= ICANON | ISIG;
        quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
        quiet.c_cc[VQUIT] = _POSIX_VDISABLE;
        if (!is_changed_ || ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0) {
            throw Error(ErrorCode::internal, "The terminal cannot hide what is typed.");
        }
    }
    QuietTerminal(const QuietTerminal&) = delete;
    QuietTerminal& operator=(const QuietTerminal&) = delete;
    ~QuietTerminal() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual_); }

private:
    termios usual_{};
    bool is_changed_ = false;
};

// Becomes readable when stopped.
class StopSignal {
public:
    explicit StopSignal(const std::stop_token& stop) { raise_.emplace(stop, Raise{handle_}); }
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;
    ~StopSignal() {
        raise_.reset(); // which may be at it
        ::close(handle_);
    }

    int handle() const { return handle_; }

private:
    struct Raise {
        int handle;
        void operator()() const noexcept { ::eventfd_write(handle, 1); }
    };

    int handle_ = ::eventfd(0, EFD_CLOEXEC);
    std::optional<std::stop_callback<Raise>> raise_;
};

void await_input(const StopSignal& stop) {
    std::array<pollfd, 2> watched{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                   {.fd = stop.handle(), .events = POLLIN, .revents = 0}}};
    while (::poll(watched.data(), watched.size(), -1) < 0) {
        if (errno != EINTR) {
            throw Error(ErrorCode::internal, "Standard input cannot be read.");
        }
    }
    if (watched[1].revents != 0) {
        throw Cancelled();
    }
}

SecretText read_input(const StopSignal& stop, bool is_terminal) {
    struct Buffer {
        std::array<char, 4097> bytes{}; // one more than is allowed
        ~Buffer() { explicit_bzero(bytes.data(), bytes.size()); }
    } buffer;
    std::size_t done = 0;
    while (done < buffer.bytes.size()) {
        await_input(stop);
        const ssize_t count = ::read(STDIN_FILENO, buffer.bytes.data() + done, buffer.bytes.size() - done);
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            throw Error(ErrorCode::bad_input,
                        std::string("Standard input cannot be read: ") + std::strerror(errno));
        }
        if (count == 0) {
            break;
        }
        done += count > 0 ? static_cast<std::size_t>(count) : 0;
        if (is_terminal && done > 0 && buffer.bytes[done - 1] == '\n') {
            break;
        }
    }
    if (done == buffer.bytes.size()) {
        throw Error(ErrorCode::invalid_argument, "More than 4 KB are no key.");
    }
    return SecretText(std::string_view(buffer.bytes.data(), done));
}

} // namespace

SecretText read_secret(const std::string& question, const std::stop_token& stop) {
    const StopSignal signal(stop);
    if (::isatty(STDIN_FILENO) == 0) {
        return read_input(signal, false);
    }
    // Whatever happens, the terminal's line ends here.
    struct EndOfLine {
        ~EndOfLine() { std::fputc('\n', stderr); }
    } end_of_line;
    const QuietTerminal quiet;
    std::fputs(question.c_str(), stderr);
    return read_input(signal, true);
}

} // namespace kontext::cli
