#include "core/image/byte_io.h"
#include "core/local/kept_call_wire.h"

#include <array>
#include <future>

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace kontext {

namespace {

struct Ends {
    Ends() {
        std::array<int, 2> numbers{};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, numbers.data()) != 0) {
            throw std::runtime_error("no sockets");
        }
        ours = FileDescriptor(numbers[0]);
        theirs = FileDescriptor(numbers[1]);
    }
    FileDescriptor ours;
    FileDescriptor theirs;
};

HttpRequest large_form() {
    return {.method = HttpMethod::post,
            .url = "https://api.example/v1/edits",
            .headers = {{"Accept", "application/json"}},
            .form = {{.name = "prompt", .data = "brighter"},
                     {.name = "empty", .data = ""},
                     {.name = "image",
                      .data = std::string(3 << 20, '\xff') + "end",
                      .file_name = "photo.png",
                      .content_type = "image/png"}},
            .at_most_once = true,
            .timeout = std::chrono::seconds(300),
            .stall = std::chrono::seconds(7),
            .grace = std::chrono::seconds(10),
            .reply_max = std::int64_t{100} << 20};
}

} // namespace

TEST(KeptCallWire, AnOrderArrivesAsItWasGiven) {
    Ends ends;
    const HttpRequest sent = large_form();
    const SecretText key("sk-secret");
    const Credential credential{"Authorization", "Bearer ", &key};
    auto arrives = std::async(std::launch::async, [&] { return receive_order(ends.theirs.number()); });
    ASSERT_TRUE(send_order(ends.ours.number(), sent, &credential, "/state/answers/1"));
    const std::optional<CallOrder> order = arrives.get();
    ASSERT_TRUE(order);
    EXPECT_EQ(order->file, "/state/answers/1");
    EXPECT_EQ(order->key_header, "Authorization");
    EXPECT_EQ(order->key_prefix, "Bearer ");
    EXPECT_EQ(order->key.reveal(), "sk-secret");
    const HttpRequest& request = order->request;
    EXPECT_EQ(request.method, HttpMethod::post);
    EXPECT_EQ(request.url, sent.url);
    ASSERT_EQ(request.headers.size(), 1U);
    EXPECT_EQ(request.headers[0].value, "application/json");
    ASSERT_EQ(request.form.size(), 3U);
    EXPECT_EQ(request.form[0].data, "brighter");
    EXPECT_EQ(request.form[1].data, "");
    EXPECT_EQ(request.form[2].data, sent.form[2].data);
    EXPECT_EQ(request.form[2].file_name, "photo.png");
    EXPECT_EQ(request.form[2].content_type, "image/png");
    EXPECT_TRUE(request.at_most_once);
    EXPECT_EQ(request.timeout, sent.timeout);
    EXPECT_EQ(request.stall, sent.stall);
    EXPECT_EQ(request.grace, sent.grace);
    EXPECT_EQ(request.reply_max, sent.reply_max);
}

TEST(KeptCallWire, NoKeyIsNoKey) {
    Ends ends;
    ASSERT_TRUE(send_order(ends.ours.number(), {.url = "https://a.example/", .body = "{}"}, nullptr, "/1"));
    const std::optional<CallOrder> order = receive_order(ends.theirs.number());
    ASSERT_TRUE(order);
    EXPECT_TRUE(order->key.empty());
    EXPECT_EQ(order->request.body, "{}");
}

TEST(KeptCallWire, HalfAnOrderIsNone) {
    Ends ends;
    const SecretText key("sk-secret");
    const Credential credential{"Authorization", "Bearer ", &key};
    ASSERT_TRUE(send_bytes(ends.ours.number(), R"({"request": {}})"));
    ends.ours = FileDescriptor();
    EXPECT_FALSE(receive_order(ends.theirs.number()));
}

TEST(KeptCallWire, AnAnswerIsReadBackAsItWasKept) {
    const std::string body("{\"a\":\n\0\xff}", 9);
    const CallOutcome outcome{
        .response = HttpResponse{.status = 201, .headers = {{"retry-after", "3"}}, .body = body},
        .message = {}};
    const std::string bytes = to_bytes(outcome);
    const auto read = outcome_from_bytes(bytes);
    ASSERT_TRUE(read && read->response);
    EXPECT_EQ(read->response->status, 201);
    EXPECT_EQ(read->response->header("retry-after"), "3");
    EXPECT_EQ(read->response->body, body);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(outcome_from_bytes(std::string_view(bytes).substr(0, size))) << size;
    }
}

TEST(KeptCallWire, AFailureIsThrownAsItHappened) {
    using Reach = TransferFailed::Reach;
    const auto sent_over = [](CallOutcome::Failure failure) {
        return take_response(
            outcome_from_bytes(to_bytes({.failure = failure, .message = "It broke."})).value());
    };
    for (const auto& [failure, reach] :
         {std::pair{CallOutcome::Failure::never_sent, Reach::never_sent},
          std::pair{CallOutcome::Failure::not_trusted, Reach::not_trusted},
          std::pair{CallOutcome::Failure::maybe_served, Reach::maybe_served}}) {
        try {
            sent_over(failure);
            ADD_FAILURE();
        } catch (const TransferFailed& thrown) {
            EXPECT_EQ(thrown.reach(), reach);
            EXPECT_STREQ(thrown.what(), "It broke.");
        }
    }
    EXPECT_THROW(sent_over(CallOutcome::Failure::cancelled), Cancelled);
    for (const auto& [failure, code] : {std::pair{CallOutcome::Failure::bad_reply, ErrorCode::bad_reply},
                                        std::pair{CallOutcome::Failure::internal, ErrorCode::internal}}) {
        try {
            sent_over(failure);
            ADD_FAILURE();
        } catch (const Error& thrown) {
            EXPECT_EQ(thrown.code(), code);
        }
    }
}

} // namespace kontext
