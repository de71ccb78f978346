#include "core/local/server_process.h"
#include "core/local/wait_input.h"
#include "tests/support/child_process.h"

#include <csignal>

#include <gmock/gmock.h>

namespace kontext {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

KeeperOrder order_for(const char* script) {
    return {.words = {"/bin/sh", "-c", script}, .work_folder = "/"};
}

std::string read_all(ServerProcess& server) {
    std::string all;
    while (wait_for_input(server.output(), 30s, {})) {
        const auto piece = server.read_output();
        if (!piece) {
            break;
        }
        all += *piece;
    }
    return all;
}

ProgramEnd wait_for_end(ServerProcess& server) {
    const FileDescriptor process = open_process(server.pid());
    EXPECT_TRUE(wait_for_input(process.number(), 30s, {}));
    return server.find_end().value_or(ProgramEnd{.code = -1});
}

} // namespace

TEST(LastWords, AreTheLastLinesWithoutProgress) {
    LastWords words;
    for (int line = 0; line < 20; ++line) {
        words.add("line " + std::to_string(line) + "\n\r  |==> | 1/2 - 3s/it\033[K");
    }
    words.add("\r\n[ERROR] un");
    words.add("finished");
    EXPECT_THAT(words.text(), HasSubstr("line 19\n[ERROR] unfinished"));
    EXPECT_EQ(words.text().find("line 3\n"), std::string::npos);
    EXPECT_EQ(words.text().find("s/it"), std::string::npos);
}

TEST(ServerProcess, SaysAllInOneAndEndsWithAStatus) {
    ServerProcess server(order_for("pwd; echo bad >&2; exit 4"));
    EXPECT_EQ(read_all(server), "/\nbad\n");
    EXPECT_EQ(wait_for_end(server).code, 4);
}

TEST(ServerProcess, AProgramThatIsNoneSaysSo) {
    KeeperOrder order = order_for("");
    order.words = {"/no/such/server"};
    ServerProcess server(order);
    EXPECT_THAT(read_all(server), HasSubstr("/no/such/server could not be started"));
    EXPECT_EQ(wait_for_end(server).code, 127);
}

TEST(ServerProcess, WhatItStartedEndsWithIt) {
    ServerProcess server(order_for("sh -c 'echo $$; while :; do sleep 100; done' & wait"));
    ASSERT_TRUE(wait_for_input(server.output(), 30s, {}));
    const pid_t grandchild = std::stoi(server.read_output().value_or("0"));
    const FileDescriptor process = open_process(grandchild);
    ::kill(server.pid(), SIGKILL);
    EXPECT_EQ(wait_for_end(server).code, SIGKILL);
    EXPECT_TRUE(wait_for_input(process.number(), 30s, {}));
}

TEST(ServerProcess, DiesWithItsParentEvenWhereThatIsKilled) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    pid_t pid = 0;
    test::ChildProcess parent([&](const test::ChildProcess& up) {
        const ServerProcess server(order_for("while :; do sleep 100; done"));
        const pid_t started = server.pid();
        if (::write(ends[1], &started, sizeof started) != sizeof started) {
            return 1;
        }
        up.hear(); // for ever
        return 0;
    });
    ASSERT_EQ(::read(ends[0], &pid, sizeof pid), ssize_t{sizeof pid});
    const FileDescriptor process = open_process(pid);
    parent.kill();
    EXPECT_TRUE(wait_for_input(process.number(), 30s, {}));
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace kontext
