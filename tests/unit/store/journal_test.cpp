#include "core/store/journal.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"
#include "tests/unit/store/journal_samples.h"

#include <limits>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>

namespace kontext {

namespace fs = std::filesystem;

using test::expect_error;
using test::make_prediction;
using test::paid_prediction;
using test::reply_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;
using namespace std::string_literals;
using std::chrono::system_clock;
using enum PredictionState;

namespace {

constexpr PredictionState all_states[] = {prepared, submitted, running,   downloaded, delivered,
                                          refused,  failed,    cancelled, unknown,    expired};

std::vector<std::int64_t> ids_of(const std::vector<Prediction>& predictions) {
    std::vector<std::int64_t> ids;
    ids.reserve(predictions.size());
    for (const Prediction& prediction : predictions) {
        ids.push_back(prediction.id);
    }
    return ids;
}

// Calls a change on a fresh prediction in each state: those it does not throw for, and where they went.
std::map<PredictionState, PredictionState>
try_from_all_states(Journal& journal, const std::function<void(std::int64_t id)>& change) {
    std::map<PredictionState, PredictionState> gone;
    for (const PredictionState state : all_states) {
        const std::int64_t id = make_prediction(journal, state);
        const Prediction before = journal.find(id);
        try {
            change(id);
            gone[state] = journal.find(id).state;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::internal) << error.what();
            const Prediction after = journal.find(id);
            EXPECT_EQ(after.state, state);
            EXPECT_EQ(after.ticket, before.ticket);
            EXPECT_EQ(after.changed, before.changed);
        }
    }
    return gone;
}

} // namespace

TEST(Journal, WritesDownAllThatIsKnownBeforehand) {
    const test::TestFolder folder;
    const auto now = system_clock::time_point(1'700'000'000'123ms);
    Journal journal(folder.path(), [now] { return now; });
    const PreparedPrediction written = paid_prediction();
    const Prediction read = journal.find(journal.prepare(written, {}));
    EXPECT_EQ(read.state, prepared);
    EXPECT_EQ(read.engine, written.engine);
    EXPECT_EQ(read.model, written.model);
    EXPECT_EQ(read.request, written.request);
    EXPECT_EQ(read.placement, written.placement);
    EXPECT_EQ(read.command, written.command);
    EXPECT_EQ(read.price_usd, written.price_usd);
    EXPECT_EQ(read.billed_usd, std::nullopt);
    EXPECT_EQ(read.run_time, std::nullopt);
    EXPECT_EQ(read.created, now);
    EXPECT_EQ(read.changed, now);
    EXPECT_EQ(read.ticket + read.reason, "");
}

TEST(Journal, KeepsTextsByteForByte) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    PreparedPrediction prediction = paid_prediction();
    prediction.request = "nul \0 and \xff and '; DROP TABLE predictions; --"s;
    const std::int64_t id = journal.prepare(prediction, {});
    journal.mark_submitted(id, {});
    EXPECT_EQ(journal.find(id).request, prediction.request);
    EXPECT_EQ(journal.find(id).ticket, "");
}

TEST(Journal, FollowsAPredictionToItsDelivery) {
    const test::TestFolder folder;
    auto now = system_clock::time_point(1'700'000'000'000ms);
    Journal journal(folder.path(), [&now] { return now; });
    const std::int64_t id = journal.prepare(paid_prediction(), {});
    journal.mark_submitted(id, R"({"hash": "a"})");
    EXPECT_EQ(journal.find(id).state, submitted);
    EXPECT_EQ(journal.find(id).ticket, R"({"hash": "a"})");
    now += 5s;
    journal.mark_running(id, R"({"id": "b"})", 0.05);
    EXPECT_EQ(journal.find(id).ticket, R"({"id": "b"})");
    EXPECT_EQ(journal.find(id).price_usd, 0.05);
    EXPECT_EQ(journal.find(id).changed, now);
    EXPECT_EQ(journal.find(id).created, now - 5s);
    journal.keep_reply(id, reply_of(1000), 0.03, 7500ms);
    const Prediction kept = journal.find(id);
    EXPECT_EQ(kept.state, downloaded);
    EXPECT_EQ(kept.billed_usd, 0.03);
    EXPECT_EQ(kept.run_time, 7500ms);
    EXPECT_EQ(journal.read_reply(id), reply_of(1000));
    journal.mark_delivered(id);
    EXPECT_EQ(journal.find(id).state, delivered);
    EXPECT_EQ(journal.read_reply(id), reply_of(1000));
}

TEST(Journal, SubmitsOnlyWhatIsPreparedAndSoNothingTwice) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    EXPECT_THAT(try_from_all_states(journal, [&](auto id) { journal.mark_submitted(id, "t"); }),
                ElementsAre(std::pair(prepared, submitted)));
    const std::int64_t id = make_prediction(journal, submitted);
    journal.mark_not_accepted(id);
    EXPECT_EQ(journal.find(id).state, prepared);
    journal.mark_submitted(id, "again");
    EXPECT_EQ(journal.find(id).state, submitted);
}

TEST(Journal, TakesBackOnlyWhatIsSubmitted) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    EXPECT_THAT(try_from_all_states(journal, [&](auto id) { journal.mark_not_accepted(id); }),
                ElementsAre(std::pair(submitted, prepared)));
}

TEST(Journal, RunsWhatWasSubmittedOrIsInDoubt) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    EXPECT_THAT(
        try_from_all_states(journal, [&](auto id) { journal.mark_running(id, "t", {}); }),
        ElementsAre(std::pair(submitted, running), std::pair(running, running), std::pair(unknown, running)));
}

TEST(Journal, KeepsRepliesOfWhateverHasNotEnded) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    EXPECT_THAT(try_from_all_states(journal, [&](auto id) { journal.keep_reply(id, reply_of(5), {}, {}); }),
                ElementsAre(std::pair(submitted, downloaded), std::pair(running, downloaded),
                            std::pair(downloaded, downloaded), std::pair(delivered, delivered),
                            std::pair(unknown, downloaded)));
    const std::int64_t id = make_prediction(journal, running);
    expect_error(ErrorCode::internal, [&] { journal.keep_reply(id, {}, {}, {}); });
    EXPECT_EQ(journal.find(id).state, running);
}

TEST(Journal, ReplacesAReplyUntilItIsDelivered) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t id = make_prediction(journal, running);
    journal.keep_reply(id, reply_of(100, 1), 0.03, 5s);
    journal.keep_reply(id, reply_of(50, 2), {}, {});
    EXPECT_EQ(journal.read_reply(id), reply_of(50, 2));
    EXPECT_EQ(journal.find(id).billed_usd, 0.03);
    EXPECT_EQ(journal.find(id).run_time, 5s);
    journal.mark_delivered(id);
    journal.keep_reply(id, reply_of(10, 3), 9.0, 1s);
    EXPECT_EQ(journal.read_reply(id), reply_of(50, 2));
    EXPECT_EQ(journal.find(id).billed_usd, 0.03);
    EXPECT_EQ(journal.find(id).state, delivered);
}

TEST(Journal, DeliversWhatItsOwnerHasAndForOthersWhatIsDownloaded) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    EXPECT_THAT(try_from_all_states(journal, [&](auto id) { journal.mark_delivered(id); }),
                UnorderedElementsAre(std::pair(submitted, delivered), std::pair(running, delivered),
                                     std::pair(unknown, delivered), std::pair(downloaded, delivered),
                                     std::pair(delivered, delivered)));
    Journal other(folder.path());
    EXPECT_THAT(try_from_all_states(journal, [&](auto id) { other.mark_delivered(id); }),
                UnorderedElementsAre(std::pair(downloaded, delivered), std::pair(delivered, delivered)));
}

TEST(Journal, EndsWithAReason) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    for (const PredictionState ending : {refused, failed, cancelled, unknown, expired}) {
        const std::int64_t id = make_prediction(journal, running);
        journal.end(id, {.state = ending, .reason = "the service said so", .billed_usd = 0.01});
        const Prediction ended = journal.find(id);
        EXPECT_EQ(ended.state, ending);
        EXPECT_EQ(ended.reason, "the service said so");
        EXPECT_EQ(ended.billed_usd, 0.01);
    }
}

TEST(Journal, NeverLeavesAnEnding) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    for (const PredictionState ending : {refused, failed, cancelled}) {
        const auto gone = try_from_all_states(journal, [&](auto id) { journal.end(id, {.state = ending}); });
        EXPECT_EQ(gone, (std::map<PredictionState, PredictionState>{{prepared, ending},
                                                                    {submitted, ending},
                                                                    {running, ending},
                                                                    {downloaded, ending},
                                                                    {unknown, ending},
                                                                    {ending, ending}}));
    }
    EXPECT_THAT(
        try_from_all_states(journal, [&](auto id) { journal.end(id, {.state = unknown}); }),
        ElementsAre(std::pair(submitted, unknown), std::pair(running, unknown), std::pair(unknown, unknown)));
    EXPECT_THAT(try_from_all_states(journal, [&](auto id) { journal.end(id, {.state = expired}); }),
                ElementsAre(std::pair(submitted, expired), std::pair(running, expired),
                            std::pair(unknown, expired), std::pair(expired, expired)));
    for (const PredictionState state : {prepared, submitted, running, downloaded, delivered}) {
        EXPECT_TRUE(
            try_from_all_states(journal, [&](auto id) { journal.end(id, {.state = state}); }).empty());
    }
}

TEST(Journal, LearnsLaterWhatACancelledOneWasBilled) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t id = make_prediction(journal, running);
    journal.end(id, {.state = cancelled, .reason = "closed"});
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.04);
    journal.end(id, {.state = cancelled, .billed_usd = 0.0});
    EXPECT_EQ(journal.find(id).billed_usd, 0.0);
    EXPECT_EQ(journal.find(id).reason, "closed");
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.0);
}

TEST(Journal, CountsADownloadedPictureOfNoUseAsBilled) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t id = make_prediction(journal, downloaded);
    journal.end(id, {.state = failed, .reason = "no picture"});
    EXPECT_EQ(journal.find(id).billed_usd, 0.04);
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.04);
}

TEST(Journal, KnowsNoPredictionThatWasNeverPrepared) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    expect_error(ErrorCode::invalid_argument, [&] { journal.find(1); });
    expect_error(ErrorCode::invalid_argument, [&] { journal.mark_submitted(1, ""); });
    expect_error(ErrorCode::invalid_argument, [&] { journal.mark_delivered(1); });
    expect_error(ErrorCode::invalid_argument, [&] { journal.end(1, {}); });
    expect_error(ErrorCode::invalid_argument, [&] { journal.claim(1); });
    expect_error(ErrorCode::invalid_argument, [&] { journal.release(1); });
    EXPECT_TRUE(journal.read_reply(1).empty());
    EXPECT_TRUE(journal.list().empty());
}

TEST(Journal, IsPartOfSomeCommand) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    PreparedPrediction prediction = paid_prediction();
    prediction.command = "";
    expect_error(ErrorCode::internal, [&] { journal.prepare(prediction, {}); });
}

TEST(Journal, ListsTheNewestFirst) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t first = make_prediction(journal, delivered);
    const std::int64_t second = make_prediction(journal, failed);
    const std::int64_t third = make_prediction(journal, prepared);
    EXPECT_THAT(ids_of(journal.list()), ElementsAre(third, second, first));
    EXPECT_THAT(ids_of(journal.list(2)), ElementsAre(third, second));
    EXPECT_THAT(ids_of(journal.list(std::numeric_limits<std::size_t>::max())),
                ElementsAre(third, second, first));
}

TEST(Journal, IsTheSameForEveryObject) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    Journal other(folder.path());
    const std::int64_t id = make_prediction(journal, downloaded);
    EXPECT_EQ(other.find(id).state, downloaded);
    EXPECT_EQ(other.read_reply(id), reply_of(100));
    other.mark_delivered(id);
    EXPECT_EQ(journal.find(id).state, delivered);
}

TEST(Journal, IsThereAgainWhenItIsOpenedAgain) {
    const test::TestFolder folder;
    std::int64_t id = 0;
    {
        Journal journal(folder.path());
        id = make_prediction(journal, downloaded);
    }
    EXPECT_EQ(Journal(folder.path()).find(id).state, downloaded);
    EXPECT_EQ(Journal(folder.path()).read_reply(id), reply_of(100));
}

TEST(Journal, KeepsAReplyOfTwentyMegabytes) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t id = make_prediction(journal, running);
    const auto reply = reply_of(20'000'000);
    journal.keep_reply(id, reply, {}, {});
    EXPECT_TRUE(Journal(folder.path()).read_reply(id) == reply);
}

TEST(Journal, TellsWhatAModelUsuallyTakes) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    EXPECT_EQ(journal.typical_run_time("eachlabs", "kontext-pro"), std::nullopt);
    for (const auto time : {60s, 90s, 5s, 7s, 6s, 8s, 6s, 300s, 6s, 5s, 7s}) { // the first two are too old
        journal.keep_reply(make_prediction(journal, running), reply_of(1), {}, time);
    }
    journal.keep_reply(make_prediction(journal, running), reply_of(1), {}, -5s);
    EXPECT_EQ(journal.typical_run_time("eachlabs", "kontext-pro"), 6s);
    EXPECT_EQ(journal.typical_run_time("eachlabs", "kontext-max"), std::nullopt);
    EXPECT_EQ(journal.typical_run_time("bfl", "kontext-pro"), std::nullopt);
}

TEST(Journal, SweepsOldRepliesAndKeepsTheLedger) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t waiting = make_prediction(journal, downloaded);
    const std::int64_t useless = make_prediction(journal, downloaded);
    journal.end(useless, {.state = failed});
    std::vector<std::int64_t> given;
    given.reserve(4);
    for (int i = 0; i < 4; ++i) {
        given.push_back(make_prediction(journal, delivered));
    }
    journal.sweep(2);
    EXPECT_EQ(journal.read_reply(waiting), reply_of(100));
    EXPECT_TRUE(journal.read_reply(useless).empty());
    EXPECT_TRUE(journal.read_reply(given[0]).empty());
    EXPECT_TRUE(journal.read_reply(given[1]).empty());
    EXPECT_EQ(journal.read_reply(given[2]), reply_of(100));
    EXPECT_EQ(journal.read_reply(given[3]), reply_of(100));
    EXPECT_EQ(journal.list().size(), 6U);
    journal.sweep(0);
    EXPECT_TRUE(journal.read_reply(given[3]).empty());
    EXPECT_EQ(journal.read_reply(waiting), reply_of(100));
}

TEST(Journal, KeepsAttachmentsUntilThePredictionEnds) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const auto mask = reply_of(50, 2);
    for (const PredictionState last : {delivered, refused, failed, cancelled, expired}) {
        const std::int64_t id = make_prediction(journal, last == delivered ? downloaded : running);
        journal.attach(id, "mask", reply_of(60));
        journal.attach(id, "mask", mask);
        journal.attach(id, "other", reply_of(70));
        EXPECT_EQ(Journal(folder.path()).read_attachment(id, "mask"), mask);
        last == delivered ? journal.mark_delivered(id) : journal.end(id, {.state = last});
        EXPECT_TRUE(journal.read_attachment(id, "mask").empty());
        EXPECT_TRUE(journal.read_attachment(id, "other").empty());
        expect_error(ErrorCode::internal, [&] { journal.attach(id, "mask", mask); });
    }
}

TEST(Journal, OpensAJournalThatHasNoAttachments) {
    const test::TestFolder folder;
    const std::int64_t id = make_prediction(*std::make_unique<Journal>(folder.path()), running);
    sqlite3* connection = nullptr;
    sqlite3_open((folder / "journal.sqlite").c_str(), &connection);
    EXPECT_EQ(sqlite3_exec(connection, "DROP TABLE attachments", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(connection);
    Journal journal(folder.path());
    EXPECT_TRUE(journal.read_attachment(id, "mask").empty());
    ASSERT_TRUE(journal.claim(id));
    journal.attach(id, "mask", reply_of(50));
    EXPECT_EQ(journal.read_attachment(id, "mask"), reply_of(50));
}

TEST(Journal, MayBeMovedToAnotherThread) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t id = make_prediction(journal, submitted);
    std::jthread([moved = std::move(journal), id]() mutable { moved.mark_running(id, "t", {}); }).join();
    EXPECT_EQ(Journal(folder.path()).find(id).state, running);
}

TEST(Journal, IsForItsOwnersEyesAlone) {
    const test::TestFolder folder;
    const mode_t usual = ::umask(0);
    {
        Journal journal(folder / "state");
        make_prediction(journal, downloaded);
        std::set<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(folder / "state")) {
            const fs::perms others = fs::perms::group_all | fs::perms::others_all;
            EXPECT_EQ(entry.status().permissions() & others, fs::perms::none) << entry.path();
            names.insert(entry.path().filename().string());
        }
        EXPECT_EQ(fs::status(folder / "state").permissions(), fs::perms::owner_all);
        EXPECT_EQ(names.size(), 5U); // database, log, index, owners, one owner
    }
    ::umask(usual);
}

TEST(Journal, ClosesAnOpenFolderToOthers) {
    const test::TestFolder folder;
    {
        Journal journal(folder.path());
    }
    fs::permissions(folder.path(), fs::perms::all);
    fs::permissions(folder / "journal.sqlite", fs::perms::all);
    const Journal journal(folder.path());
    EXPECT_EQ(fs::status(folder.path()).permissions(), fs::perms::owner_all);
    EXPECT_EQ(fs::status(folder / "journal.sqlite").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

} // namespace kontext
