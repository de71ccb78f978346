#pragma once

#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext::test {

// A forked child that works off a function and ends with what that returns; it and its parent talk in single
// bytes. Make it before any threads, and before anything that must not be shared with a child.
class ChildProcess {
public:
    explicit ChildProcess(const std::function<int(const ChildProcess&)>& work) {
        int up[2];
        int down[2];
        if (::pipe2(up, O_CLOEXEC) != 0 || ::pipe2(down, O_CLOEXEC) != 0) {
            throw std::runtime_error("no pipe");
        }
        pid_ = ::fork();
        const bool is_child = pid_ == 0;
        in_ = is_child ? down[0] : up[0];
        out_ = is_child ? up[1] : down[1];
        ::close(is_child ? up[0] : up[1]);
        ::close(is_child ? down[1] : down[0]);
        if (!is_child) {
            return;
        }
        int status = 99;
        try {
            status = work(*this);
        } catch (const std::exception& failure) {
            std::fprintf(stderr, "child: %s\n", failure.what());
        }
        ::_exit(status);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        kill();
        ::close(in_);
        ::close(out_);
    }

    // The same on either side. hear() waits; 0: the other side is gone.
    void say(char byte) const {
        if (::write(out_, &byte, 1) != 1) {
            std::abort();
        }
    }
    char hear() const {
        char byte = 0;
        return ::read(in_, &byte, 1) == 1 ? byte : '\0';
    }

    // With SIGKILL, and waits until it is gone.
    void kill() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            wait();
        }
    }
    // The child's exit status; -1: a signal ended it.
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
};

} // namespace kontext::test
