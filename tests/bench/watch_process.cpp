// Stands where a plug-in's executable would stand, runs the real one in its place and notes what it took.
//
// WATCH_PROGRAM is the real executable; WATCH_LOG gets a line for each run:
//   start of the process, its end (both CLOCK_REALTIME ns), peak resident memory in KiB, its arguments
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

long long now_ns() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

} // namespace

int main(int, char** argv) {
    const char* program = std::getenv("WATCH_PROGRAM");
    const char* log = std::getenv("WATCH_LOG");
    if (program == nullptr || log == nullptr) {
        std::fputs("watch_process: WATCH_PROGRAM and WATCH_LOG must be set\n", stderr);
        return 2;
    }
    const long long start = now_ns();
    const pid_t child = fork();
    if (child == 0) {
        execv(program, argv);
        _exit(127);
    }
    int status = 0;
    rusage usage{};
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    std::string line =
        std::to_string(start) + " " + std::to_string(now_ns()) + " " + std::to_string(usage.ru_maxrss);
    for (char** argument = argv + 1; *argument != nullptr; ++argument) {
        line += std::string(" ") + *argument;
    }
    line += '\n';
    if (std::FILE* file = std::fopen(log, "a")) {
        std::fputs(line.c_str(), file);
        std::fclose(file);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
