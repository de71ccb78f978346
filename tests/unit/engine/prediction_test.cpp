#include "core/engine/prediction.h"
#include "tests/support/expect_error.h"

namespace kontext {

TEST(Ticket, ComesBackFromItsText) {
    const Ticket ticket{.id = "pred-1",
                        .status_url = "https://api.example/1?a=%2B",
                        .result_url = "https://api.example/1/result",
                        .cancel_url = "https://api.example/1/cancel",
                        .upload_id = "u1 u2",
                        .image_url = "https://cdn.example/ü.png"};
    EXPECT_EQ(ticket_from_json(to_json(ticket)), ticket);
    EXPECT_EQ(ticket_from_json(to_json({})), Ticket{});
}

TEST(Ticket, ToleratesWhatOtherVersionsWrote) {
    EXPECT_EQ(ticket_from_json(R"({"id": "x", "since": 5, "status_url": 7})"), Ticket{.id = "x"});
}

TEST(Ticket, IsDamagedWhereItIsNoObject) {
    for (const char* text : {"", "null", "[]", "\"id\"", "{"}) {
        SCOPED_TRACE(text);
        test::expect_error(ErrorCode::internal, [&] { ticket_from_json(text); });
    }
}

} // namespace kontext
