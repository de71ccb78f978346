#include "core/local/child_process.h"

#include "core/error.h"
#include "core/local/wait_input.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t output_max = 64 << 10;

// What posix_spawn wants, with its ends.
class SpawnPlan {
public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes,
                                 POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

enum class Errors { dropped, with_the_output };

pid_t spawn(CommandLine words, int input, int output, Errors errors) {
    SpawnPlan plan;
    if (input >= 0) {
        posix_spawn_file_actions_adddup2(&plan.actions, input, STDIN_FILENO);
    } else {
        posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    posix_spawn_file_actions_adddup2(&plan.actions, output, STDOUT_FILENO);
    switch (errors) {
    case Errors::dropped:
        posix_spawn_file_actions_addopen(&plan.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        break;
    case Errors::with_the_output:
        posix_spawn_file_actions_adddup2(&plan.actions, STDOUT_FILENO, STDERR_FILENO);
        break;
    }
    // The editor's pipe to us among them, which is not closed at exec: a program that held it would keep the
    // editor from seeing that we are gone.
    posix_spawn_file_actions_addclosefrom_np(&plan.actions, STDERR_FILENO + 1);
    std::vector<std::string> environment = environment_without_keys();
    pid_t pid = -1;
    const int failure = posix_spawn(&pid, words.at(0).c_str(), &plan.actions, &plan.attributes,
                                    pointers_to(words).data(), pointers_to(environment).data());
    if (failure != 0) {
        throw Error(ErrorCode::engine_not_ready,
                    words[0] + " could not be started: " + std::strerror(failure) + ".");
    }
    return pid;
}

ProgramEnd reap(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return end_from_status(status);
}

// Short, as it is only asked of what has closed its output.
bool ended_within(int process, std::chrono::milliseconds time) {
    return wait_for_input(process, time, {});
}

bool is_key(std::string_view variable) {
    const std::string_view name = variable.substr(0, variable.find('='));
    return name.ends_with("_KEY") || name.ends_with("_TOKEN") || name.ends_with("_SECRET");
}

} // namespace

StartedProgram start_program(const CommandLine& words) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw Error(ErrorCode::internal, "No socket could be made.");
    }
    FileDescriptor ours(ends[0]);
    const FileDescriptor theirs(ends[1]);
    const pid_t pid = spawn(words, theirs.number(), theirs.number(), Errors::dropped);
    return {.pid = pid, .socket = std::move(ours)};
}

void leave_parent() {
    const pid_t pid = ::fork();
    if (pid != 0) {
        ::_exit(pid < 0 ? 1 : 0);
    }
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
}

std::string to_text(const ProgramEnd& end) {
    if (!end.by_signal) {
        return "exit status " + std::to_string(end.code);
    }
    const bool crash = end.code == SIGSEGV || end.code == SIGBUS || end.code == SIGABRT ||
                       end.code == SIGILL || end.code == SIGFPE;
    return (crash ? "crashed (signal " : "ended (signal ") + std::to_string(end.code) + ")";
}

ProgramEnd end_from_status(int wait_status) {
    return WIFSIGNALED(wait_status) ? ProgramEnd{.by_signal = true, .code = WTERMSIG(wait_status)}
                                    : ProgramEnd{.by_signal = false, .code = WEXITSTATUS(wait_status)};
}

std::optional<ProgramReport> run_program(const CommandLine& words, std::chrono::milliseconds limit,
                                         const std::stop_token& stop) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Error(ErrorCode::internal, "No pipe could be made.");
    }
    const FileDescriptor output(ends[0]);
    FileDescriptor input(ends[1]);
    const pid_t pid = spawn(words, -1, input.number(), Errors::with_the_output);
    input = FileDescriptor();
    const auto end_it = [&] {
        ::kill(-pid, SIGKILL);
        return reap(pid);
    };
    ProgramReport report;
    const Clock::time_point end = Clock::now() + limit;
    try {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
            if (!wait_for_input(output.number(), std::max(left, 0ms), stop)) {
                end_it();
                return std::nullopt;
            }
            std::array<char, 4096> bytes{};
            const ssize_t count = ::read(output.number(), bytes.data(), bytes.size());
            if (count == 0 || (count < 0 && errno != EINTR)) {
                break;
            }
            const auto room = output_max - report.output.size();
            report.output.append(bytes.data(),
                                 std::min(room, static_cast<std::size_t>(std::max<ssize_t>(count, 0))));
        }
    } catch (const Cancelled&) {
        end_it();
        throw;
    }
    // It closed its output, which need not be its end.
    const FileDescriptor process = open_process(pid);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (!ended_within(process.number(), std::max(left, 0ms))) {
        end_it();
        return std::nullopt;
    }
    report.end = reap(pid);
    return report;
}

fs::path find_program(std::string_view name, const std::vector<fs::path>& folders) {
    std::vector<fs::path> all;
    if (const char* path = std::getenv("PATH")) {
        std::istringstream list(path);
        for (std::string folder; std::getline(list, folder, ':');) {
            if (fs::path(folder).is_absolute()) {
                all.emplace_back(folder);
            }
        }
    }
    all.insert(all.end(), folders.begin(), folders.end());
    for (const fs::path& folder : all) {
        if (is_program(folder / name)) {
            return folder / name;
        }
    }
    return {};
}

bool is_program(const fs::path& file) {
    std::error_code failure;
    return fs::is_regular_file(file, failure) && ::access(file.c_str(), X_OK) == 0;
}

std::vector<std::string> environment_without_keys() {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (!is_key(*variable)) {
            variables.emplace_back(*variable);
        }
    }
    return variables;
}

FileDescriptor open_process(int pid) {
    return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::optional<unsigned long long> start_time_of(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    if (!std::getline(file, text)) {
        return std::nullopt;
    }
    // The second field is the program's name, which may hold blanks and brackets; the third is the state, the
    // 22nd the time.
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
    std::string field;
    for (int number = 3; fields >> field; ++number) {
        if (number == 3 && (field == "Z" || field == "X")) {
            return std::nullopt;
        }
        if (number == 22) {
            return std::strtoull(field.c_str(), nullptr, 10);
        }
    }
    return std::nullopt;
}

} // namespace kontext
