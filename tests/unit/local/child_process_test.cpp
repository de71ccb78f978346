#include "core/local/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <csignal>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>

namespace kontext {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ChildProcess, SaysWhatItSaidAndHowItEnded) {
    const auto report = run_program({"/bin/sh", "-c", "echo one; echo two >&2; exit 3"}, 30s, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->output, "one\ntwo\n");
    EXPECT_EQ(to_text(report->end), "exit status 3");
}

TEST(ChildProcess, ACrashIsToldFromAnEnd) {
    const auto report = run_program({"/bin/sh", "-c", "kill -SEGV $$"}, 30s, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(to_text(report->end), "crashed (signal 11)");
    EXPECT_EQ(to_text(ProgramEnd{.by_signal = true, .code = SIGTERM}), "ended (signal 15)");
}

TEST(ChildProcess, WhatTakesTooLongIsKilled) {
    EXPECT_FALSE(run_program({"/bin/sh", "-c", "while :; do :; done"}, 50ms, {}));
    EXPECT_FALSE(run_program({"/bin/sh", "-c", "exec >&- 2>&-; while :; do :; done"}, 50ms, {}));
}

TEST(ChildProcess, AStopEndsIt) {
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(run_program({"/bin/sh", "-c", "while :; do :; done"}, 1h, source.get_token()), Cancelled);
}

TEST(ChildProcess, MuchOutputIsCutAndNotWaitedFor) {
    const auto report = run_program({"/bin/sh", "-c", "head -c 300000 /dev/zero"}, 30s, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->output.size(), std::size_t{64} << 10);
    EXPECT_EQ(report->end.code, 0);
}

TEST(ChildProcess, WhatCannotBeStartedIsNamed) {
    EXPECT_THAT(
        test::expect_error(ErrorCode::engine_not_ready, [] { run_program({"/no/such/program"}, 1s, {}); }),
        HasSubstr("/no/such/program"));
}

TEST(ChildProcess, GetsDefaultSignalsWhateverOursAre) {
    const auto before = std::signal(SIGTERM, SIG_IGN);
    const auto report = run_program({"/bin/sh", "-c", "kill -TERM $$; echo still here"}, 30s, {});
    std::signal(SIGTERM, before);
    ASSERT_TRUE(report);
    EXPECT_EQ(to_text(report->end), "ended (signal 15)");
}

TEST(ChildProcess, GetsNoKeys) {
    setenv("SOME_API_KEY", "secret", 1);
    setenv("SOME_OTHER", "shown", 1);
    const auto report = run_program({"/usr/bin/env"}, 30s, {});
    unsetenv("SOME_API_KEY");
    unsetenv("SOME_OTHER");
    ASSERT_TRUE(report);
    EXPECT_THAT(report->output, HasSubstr("SOME_OTHER=shown"));
    EXPECT_EQ(report->output.find("secret"), std::string::npos);
}

TEST(ChildProcess, ADeadOneHasNoStartTime) {
    EXPECT_TRUE(start_time_of(::getpid()));
    EXPECT_EQ(start_time_of(::getpid()), start_time_of(::getpid()));
    const StartedProgram child = start_program({"/bin/cat"});
    EXPECT_TRUE(start_time_of(child.pid));
    ::kill(child.pid, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOWAIT); // dead, and not forgotten
    EXPECT_FALSE(start_time_of(child.pid));
    ::waitpid(child.pid, nullptr, 0);
}

TEST(FindProgram, LooksAlongThePathAndThenElsewhere) {
    const test::TestFolder folder;
    for (const char* name : {"first", "second"}) {
        std::filesystem::create_directory(folder / name);
        std::ofstream(folder / name / "tool") << "#!/bin/sh\n";
    }
    const std::string before = std::getenv("PATH");
    setenv("PATH", ("relative:" + (folder / "first").string()).c_str(), 1);
    EXPECT_EQ(find_program("tool", {folder / "second"}), ""); // none of them can be run
    std::filesystem::permissions(folder / "second" / "tool", std::filesystem::perms::owner_all);
    EXPECT_EQ(find_program("tool", {folder / "second"}), folder / "second" / "tool");
    std::filesystem::permissions(folder / "first" / "tool", std::filesystem::perms::owner_all);
    EXPECT_EQ(find_program("tool", {folder / "second"}), folder / "first" / "tool");
    setenv("PATH", before.c_str(), 1);
}

} // namespace kontext
