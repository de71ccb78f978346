#include "core/local/keeper_wire.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <sys/socket.h>

namespace kontext {

TEST(KeeperWire, AnOrderArrivesAsItWasGiven) {
    const KeeperOrder order = order_from_json(to_json(KeeperOrder{.words = {"a", "b c", "\xff"},
                                                                  .folder = "/run",
                                                                  .work_folder = "/run/work",
                                                                  .idle = std::chrono::minutes(5),
                                                                  .identity = "i",
                                                                  .model_path = "/m",
                                                                  .port = 4711}));
    EXPECT_EQ(order.words.at(1), "b c");
    EXPECT_EQ(order.folder, "/run");
    EXPECT_EQ(order.work_folder, "/run/work");
    EXPECT_EQ(order.idle, std::chrono::minutes(5));
    EXPECT_EQ(order.port, 4711);
}

TEST(KeeperWire, MessagesArriveAsTheyWereSaid) {
    KeeperMessage message;
    message.end = {.reason = ServerEnd::Reason::by_order,
                   .end = {.by_signal = true, .code = 11},
                   .last_words = "\x80 words"};
    const KeeperMessage arrived = message_from_json(to_json(message));
    ASSERT_TRUE(arrived.end);
    EXPECT_EQ(arrived.end->reason, ServerEnd::Reason::by_order);
    EXPECT_EQ(arrived.end->end.code, 11);
    EXPECT_FALSE(arrived.hello || arrived.output);
    for (const char* nonsense : {"", "[]", R"({"end": {}})", R"({"hello": 1})"}) {
        test::expect_error(ErrorCode::internal, [&] { message_from_json(nonsense); });
    }
}

TEST(KeeperWire, AFolderWithALongPathHasASocketToo) {
    const test::TestFolder folder;
    const std::filesystem::path deep = folder / std::string(100, 'a') / std::string(100, 'b');
    std::filesystem::create_directories(deep);
    EXPECT_LT(connect_to_keeper(deep).number(), 0);
    const FileDescriptor door = listen_for_users(deep);
    const FileDescriptor user = connect_to_keeper(deep);
    const FileDescriptor keeper(::accept(door.number(), nullptr, nullptr));
    ASSERT_GE(keeper.number(), 0);
    EXPECT_LT(::accept(door.number(), nullptr, nullptr), 0); // at once, although nobody else is there
    EXPECT_EQ(receive_message(keeper.number()), std::nullopt);
    EXPECT_TRUE(send_message(user.number(), "use 1 2"));
    EXPECT_TRUE(send_message(user.number(), "busy"));
    EXPECT_EQ(receive_message(keeper.number()), "use 1 2");
    EXPECT_EQ(receive_message(keeper.number()), "busy");
    ::shutdown(user.number(), SHUT_RDWR);
    EXPECT_EQ(receive_message(keeper.number()), "");
    EXPECT_FALSE(send_message(keeper.number(), "nobody hears this"));
}

TEST(KeeperWire, TheLastWordsOfOneWhoLeavesWithoutListeningAreHeard) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    const FileDescriptor keeper(ends[0]);
    FileDescriptor user(ends[1]);
    send_message(keeper.number(), "never read");
    send_message(user.number(), "free");
    user = FileDescriptor();
    EXPECT_EQ(receive_message(keeper.number()), "free");
    EXPECT_EQ(receive_message(keeper.number()), "");
}

TEST(KeeperWire, AListenerThatDoesNotReadHoldsNobodyUp) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    const FileDescriptor one(ends[0]);
    const FileDescriptor other(ends[1]);
    const std::string words(4096, 'x');
    int sent = 0;
    while (sent < 100'000 && send_message(one.number(), words)) {
        ++sent;
    }
    EXPECT_GT(sent, 0);
    EXPECT_LT(sent, 100'000);
}

} // namespace kontext
