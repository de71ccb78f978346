#pragma once

#include "core/local/keeper_wire.h"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace kontext {

// The last lines that a program said, without its progress bars.
class LastWords {
public:
    void add(std::string_view output);
    std::string text() const;

private:
    std::deque<std::string> lines_;
    std::string line_; // the one that is not ended yet
};

// The server as the child of a process with one thread, with which it dies.
class ServerProcess {
public:
    // Throws Error(internal). Where the program itself cannot be run, it ends with what it would have said.
    explicit ServerProcess(const KeeperOrder& order);

    int pid() const { return pid_; }
    int output() const { return output_.number(); }
    // What it has said since; empty: nothing. None: it will say nothing more.
    std::optional<std::string> read_output();
    // To it and whatever it has started.
    void send_signal(int signal) const;
    // Once it has ended; whatever it had started is ended too.
    std::optional<ProgramEnd> find_end();

private:
    int pid_ = -1;
    FileDescriptor output_;
};

} // namespace kontext
