#include "core/local/server_process.h"

#include "core/error.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext {

namespace {

constexpr std::size_t lines_max = 6;
constexpr std::size_t line_max = 400;

// Or the rest of the sign that ends one.
bool is_progress_bar(std::string_view line) {
    const auto start = line.find_first_not_of(' ');
    return start == std::string_view::npos || line[start] == '|' || line == "[K";
}

[[noreturn]] void give_up(const std::string& program) {
    const std::string words = program + " could not be started: " + std::strerror(errno) + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, words.data(), words.size());
    ::_exit(127);
}

// The child's side, up to becoming the server.
[[noreturn]] void become_server(const KeeperOrder& order, int output, pid_t parent) {
    ::setsid();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) { // it died before it could be said
        ::_exit(127);
    }
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO); // all else closes at exec
    if (::chdir(order.work_folder.c_str()) != 0) {
        give_up(order.work_folder.string());
    }
    CommandLine words = order.words;
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    give_up(words[0]);
}

} // namespace

void LastWords::add(std::string_view output) {
    for (const char c : output) {
        if (c != '\n' && c != '\r' && c != '\x1b') {
            if (line_.size() < line_max) {
                line_ += c;
            }
            continue;
        }
        if (!is_progress_bar(line_)) {
            lines_.push_back(line_.starts_with("[K") ? line_.substr(2) : line_);
        }
        if (lines_.size() > lines_max) {
            lines_.pop_front();
        }
        line_.clear();
    }
}

std::string LastWords::text() const {
    std::string text;
    for (const std::string& line : lines_) {
        text += line + "\n";
    }
    return is_progress_bar(line_) ? text : text + line_;
}

ServerProcess::ServerProcess(const KeeperOrder& order) {
    std::array<int, 2> ends{};
    if (order.words.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Error(ErrorCode::internal, "No pipe could be made.");
    }
    output_ = FileDescriptor(ends[0]);
    const FileDescriptor input(ends[1]);
    ::fcntl(output_.number(), F_SETFL, O_NONBLOCK);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        become_server(order, input.number(), parent);
    }
    if (pid_ < 0) {
        throw Error(ErrorCode::internal, "No process could be made.");
    }
}

std::optional<std::string> ServerProcess::read_output() {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(output_.number(), bytes.data(), bytes.size());
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR ? std::optional(std::string()) : std::nullopt;
    }
    if (count == 0) {
        return std::nullopt;
    }
    return std::string(bytes.data(), static_cast<std::size_t>(count));
}

void ServerProcess::send_signal(int signal) const {
    // Its group, and itself, as it may be too young to have one.
    ::kill(-pid_, signal);
    ::kill(pid_, signal);
}

std::optional<ProgramEnd> ServerProcess::find_end() {
    siginfo_t info{};
    const int found = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (found == 0 && info.si_pid != pid_) {
        return std::nullopt;
    }
    ::kill(-pid_, SIGKILL); // as long as it is not forgotten, the number is nobody else's
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return end_from_status(status);
}

} // namespace kontext
