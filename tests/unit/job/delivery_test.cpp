#include "core/job/delivery.h"
#include "tests/support/test_folder.h"

#include <array>

#include <gtest/gtest.h>

namespace kontext {

namespace {

std::int64_t pay_and_deliver(const std::filesystem::path& folder) {
    Delivery delivery{Journal(folder)};
    Journal& journal = delivery.journal();
    const std::int64_t id = journal.prepare({.engine = "bfl",
                                             .model = "one",
                                             .request = "{}",
                                             .placement = "{}",
                                             .command = "test",
                                             .price_usd = 0.04},
                                            {});
    journal.mark_submitted(id, "{}");
    journal.keep_reply(id, std::array{std::byte{1}}, 0.04, {});
    delivery.add(id);
    delivery.confirm();
    return id;
}

} // namespace

TEST(Delivery, KeepsTheLatestRepliesAndNoMore) {
    const test::TestFolder folder;
    const std::int64_t first = pay_and_deliver(folder.path());
    for (int i = 0; i < 19; ++i) {
        pay_and_deliver(folder.path());
    }
    EXPECT_FALSE(Journal(folder.path()).read_reply(first).empty());
    pay_and_deliver(folder.path());
    EXPECT_TRUE(Journal(folder.path()).read_reply(first).empty());
    EXPECT_EQ(Journal(folder.path()).find(first).state, PredictionState::delivered);
}

} // namespace kontext
