#include "core/framing/framing.h"
#include "core/job/kept_answer.h"
#include "core/job/recover.h"
#include "core/local/kept_call.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <array>
#include <fstream>
#include <optional>
#include <vector>

#include <gmock/gmock.h>

namespace kontext {

namespace {

using Failure = CallOutcome::Failure;

Account account_at(const std::filesystem::path& folder) {
    return {.open_keys = {}, .journal_folder = folder, .command = "test", .ceilings = {}};
}

// An edit of a process that was killed when it had said that it sends, with what had become of that.
class KeptAnswerTest : public ::testing::Test {
protected:
    std::int64_t leave(const std::optional<CallOutcome>& outcome,
                       PredictionState state = PredictionState::submitted,
                       const Ticket& ticket = {.answer_file = "1"}) {
        const SentRecord sent{.name = "photo",
                              .file = {},
                              .framing = stretch_to_fill({8, 8}, {8, 8}),
                              .fingerprint = {},
                              .selection = {},
                              .protection = {}};
        Journal journal(folder.path());
        const EditRequest request{.prompt = "brighter", .engine = "together"};
        const std::int64_t id = journal.prepare({.engine = "together",
                                                 .model = "one",
                                                 .request = to_json(request),
                                                 .placement = to_json(sent),
                                                 .command = "test",
                                                 .price_usd = 0.04},
                                                {});
        journal.mark_submitted(id, to_json(ticket));
        if (state != PredictionState::submitted) {
            journal.end(id, {.state = state, .reason = {}, .billed_usd = {}});
        }
        if (outcome) {
            const std::filesystem::path file = answer_file_of(folder.path(), id);
            std::filesystem::create_directories(file.parent_path());
            std::ofstream(file, std::ios::binary) << to_bytes(*outcome);
        }
        return id;
    }
    std::vector<UndeliveredEdit> list() { return list_undelivered(account_at(folder.path())); }
    Prediction find(std::int64_t id) { return Journal(folder.path()).find(id); }
    bool has_answer(std::int64_t id) { return std::filesystem::exists(answer_file_of(folder.path(), id)); }

    test::TestFolder folder;
};

CallOutcome answer(int status) {
    return {.response = HttpResponse{.status = status, .headers = {}, .body = "{}"}, .message = {}};
}

} // namespace

TEST_F(KeptAnswerTest, OfASuccessMakesItAPictureThatWaits) {
    leave(answer(200));
    ASSERT_EQ(list().size(), 1U);
    EXPECT_EQ(list().front().prediction.state, PredictionState::running);
}

TEST_F(KeptAnswerTest, ThatIsNotThereMeansThatItWasNeverSent) {
    const std::int64_t id = leave(std::nullopt);
    EXPECT_TRUE(list().empty());
    EXPECT_EQ(find(id).state, PredictionState::failed);
    EXPECT_EQ(find(id).billed_usd, 0.0);
}

TEST_F(KeptAnswerTest, ThatWasNeverToBeThereMeansNothing) {
    leave(std::nullopt, PredictionState::submitted, {});
    ASSERT_EQ(list().size(), 1U);
    EXPECT_EQ(list().front().prediction.state, PredictionState::submitted);
}

TEST_F(KeptAnswerTest, ThatIsGoneAfterAnOutcomeMeansNothing) {
    leave(std::nullopt, PredictionState::unknown);
    ASSERT_EQ(list().size(), 1U);
    EXPECT_EQ(list().front().prediction.state, PredictionState::unknown);
}

TEST_F(KeptAnswerTest, OfARefusalEndsItUnbilled) {
    for (const CallOutcome& outcome :
         {answer(400), answer(429), CallOutcome{.failure = Failure::never_sent, .message = "no way"},
          CallOutcome{.failure = Failure::not_trusted, .message = "whose?"}}) {
        const std::int64_t id = leave(outcome);
        EXPECT_TRUE(list().empty());
        EXPECT_EQ(find(id).state, PredictionState::failed);
        EXPECT_EQ(find(id).billed_usd, 0.0);
        EXPECT_FALSE(has_answer(id));
    }
}

TEST_F(KeptAnswerTest, OfAFailureInBetweenLeavesItUnknown) {
    for (const CallOutcome& outcome :
         {answer(502), answer(302), CallOutcome{.failure = Failure::maybe_served, .message = "cut"},
          CallOutcome{.failure = Failure::cancelled, .message = {}},
          CallOutcome{.failure = Failure::bad_reply, .message = "large"}}) {
        const std::int64_t id = leave(outcome);
        ASSERT_EQ(list().size(), 1U);
        EXPECT_EQ(list().front().prediction.state, PredictionState::submitted);
        EXPECT_TRUE(has_answer(id));
        dismiss(list().front(), account_at(folder.path()));
        EXPECT_FALSE(has_answer(id));
    }
}

TEST_F(KeptAnswerTest, IsFoundForAnEditThatIsKnownToRun) {
    const std::int64_t id = leave(answer(200));
    Journal journal(folder.path());
    ASSERT_TRUE(journal.claim(id));
    journal.mark_running(id, R"({"id": "unnamed"})", {});
    const auto found = find_answer(folder.path(), journal.find(id), {.id = "unnamed"}, journal, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->body, "{}");
    drop_answer_if_settled(folder.path(), id, journal);
    EXPECT_TRUE(has_answer(id)) << "its picture is not kept yet";
    journal.keep_reply(id, std::array{std::byte{1}}, {}, {});
    drop_answer_if_settled(folder.path(), id, journal);
    EXPECT_FALSE(has_answer(id));
}

TEST_F(KeptAnswerTest, IsSweptOnceItIsOfNoUse) {
    const std::int64_t waits = leave(answer(200));
    const std::int64_t was_told = leave(answer(429), PredictionState::failed);
    std::ofstream(folder / "answers/other") << "not ours";
    Journal journal(folder.path());
    sweep_answers(folder.path(), journal);
    EXPECT_TRUE(has_answer(waits));
    EXPECT_FALSE(has_answer(was_told));
    EXPECT_TRUE(std::filesystem::exists(folder / "answers/other"));
}

TEST_F(KeptAnswerTest, ThatRefusesIsToldToWhoeverAsks) {
    const std::int64_t id = leave(answer(402));
    Journal journal(folder.path());
    ASSERT_TRUE(journal.claim(id));
    const std::string said = test::expect_error(ErrorCode::service_failed, [&] {
        find_answer(folder.path(), journal.find(id), {.answer_file = "1"}, journal, {});
    });
    EXPECT_THAT(said, ::testing::HasSubstr("Nothing was billed"));
    EXPECT_EQ(journal.find(id).state, PredictionState::failed);
}

} // namespace kontext
