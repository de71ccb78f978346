#pragma once

#include "core/image/byte_io.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

// What a program is started with: the way to it, then its arguments. It gets nothing of ours that was not
// meant for it: no open file, no signal settings, no key from the environment.
using CommandLine = std::vector<std::string>;

// A program that is running, in a session of its own, with one socket to us as its standard input and output;
// what it says as an error goes nowhere.
struct StartedProgram {
    int pid = -1;
    FileDescriptor socket;
};
// Throws Error(engine_not_ready) where it cannot be started.
StartedProgram start_program(const CommandLine& words);

// For a program that was started: leaves whoever started it, which need not wait for it then, and what it was
// given as its standard input and output. One thread.
void leave_parent();

// How a program ended.
struct ProgramEnd {
    bool by_signal = false;
    int code = 0; // of its exit, or the signal's number
};
// "exit status 1", "crashed (signal 11)", "ended by signal 15".
std::string to_text(const ProgramEnd& end);
ProgramEnd end_from_status(int wait_status);

// Runs a program to its end and returns what it said, errors included, at most 64 KiB. None: it took longer
// than `limit`, and was killed; so it is when a stop is requested, and Cancelled is thrown. Throws
// Error(engine_not_ready) where it cannot be started.
struct ProgramReport {
    ProgramEnd end;
    std::string output;
};
std::optional<ProgramReport> run_program(const CommandLine& words, std::chrono::milliseconds limit,
                                         const std::stop_token& stop);

// The first executable file of that name along PATH, then in `folders`; empty where there is none.
std::filesystem::path find_program(std::string_view name, const std::vector<std::filesystem::path>& folders);
bool is_program(const std::filesystem::path& file);

// Our environment without what looks like a key of a service, as "NAME=value".
std::vector<std::string> environment_without_keys();

// Can be read from once the process has ended. None: there is no such process.
FileDescriptor open_process(int pid);

// When a process started, in the kernel's own count: with its id it names a process for good. None: it does
// not run, or is dead and only not yet forgotten.
std::optional<unsigned long long> start_time_of(int pid);

} // namespace kontext
