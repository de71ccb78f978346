#include "core/store/journal.h"
#include "core/store/spending.h"
#include "core/usd.h"
#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"
#include "tests/unit/store/journal_samples.h"

#include <atomic>
#include <cmath>
#include <ctime>
#include <limits>
#include <memory>
#include <thread>

#include <gmock/gmock.h>

namespace kontext {

using test::ChildProcess;
using test::expect_error;
using test::make_prediction;
using test::paid_prediction;
using testing::HasSubstr;
using namespace std::chrono_literals;
using std::chrono::system_clock;
using enum PredictionState;

namespace {

// The time zone of this process for one test.
class TimeZone {
public:
    explicit TimeZone(const char* name) {
        setenv("TZ", name, 1);
        tzset();
    }
    TimeZone(const TimeZone&) = delete;
    TimeZone& operator=(const TimeZone&) = delete;
    ~TimeZone() {
        unsetenv("TZ");
        tzset();
    }
};

// How many predictions of 0.04 several threads can prepare at the same time before a ceiling stops them.
int prepare_with_threads(const Ceilings& ceilings, std::vector<Journal>& journals) {
    std::atomic<int> count = 0;
    std::vector<std::jthread> threads;
    threads.reserve(journals.size());
    for (Journal& journal : journals) {
        threads.emplace_back([&] {
            try {
                for (int i = 0; i < 30; ++i) {
                    journal.prepare(paid_prediction(), ceilings);
                    ++count;
                }
            } catch (const Error& error) {
                if (error.code() != ErrorCode::over_budget) {
                    throw; // ends the process, be it a child
                }
            }
        });
    }
    threads.clear();
    return count;
}

} // namespace

TEST(JournalCeiling, StopsAtTheCommandsAndTheMonths) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    PreparedPrediction other = paid_prediction();
    other.command = "command-2";
    journal.prepare(paid_prediction(), {.command_usd = 0.08});
    journal.prepare(paid_prediction(), {.command_usd = 0.08});
    std::string message = expect_error(ErrorCode::over_budget,
                                       [&] { journal.prepare(paid_prediction(), {.command_usd = 0.08}); });
    EXPECT_THAT(message, HasSubstr("$0.04"));
    EXPECT_THAT(message, HasSubstr("$0.08"));
    EXPECT_THAT(message, HasSubstr("command"));
    journal.prepare(other, {.command_usd = 0.08, .month_usd = 0.12});
    message = expect_error(ErrorCode::over_budget, [&] { journal.prepare(other, {.month_usd = 0.15}); });
    EXPECT_THAT(message, HasSubstr("$0.12"));
    EXPECT_THAT(message, HasSubstr("$0.15"));
    EXPECT_THAT(message, HasSubstr("month"));
    EXPECT_EQ(journal.list().size(), 3U);
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.12);
}

TEST(JournalCeiling, AllowsExactlyWhatItSays) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    for (int i = 0; i < 10;
         ++i) { // ten times 0.1 is less than 1 in binary fractions, three times more than 0.3
        journal.prepare(paid_prediction(0.1), {.command_usd = 1.0, .month_usd = 1.0});
    }
    expect_error(ErrorCode::over_budget, [&] { journal.prepare(paid_prediction(1e-9), {.month_usd = 1.0}); });
    journal.prepare(paid_prediction(0.0), {.month_usd = 1.0});
}

TEST(JournalCeiling, TakesAnUnknownPriceForTooMuch) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const double infinite = std::numeric_limits<double>::infinity();
    for (const std::optional<double> price : {std::optional<double>(), std::optional(std::nan("")),
                                              std::optional(-1.0), std::optional(infinite)}) {
        expect_error(ErrorCode::price_unknown,
                     [&] { journal.prepare(paid_prediction(price), {.month_usd = 99.0}); });
        expect_error(ErrorCode::price_unknown,
                     [&] { journal.prepare(paid_prediction(price), {.command_usd = 99.0}); });
        EXPECT_EQ(journal.find(journal.prepare(paid_prediction(price), {})).price_usd, std::nullopt);
    }
    for (const double ceiling : {std::nan(""), -1.0, 0.0}) {
        expect_error(ErrorCode::over_budget,
                     [&] { journal.prepare(paid_prediction(), {.month_usd = ceiling}); });
    }
    EXPECT_EQ(journal.spent_this_month_usd(), 0.0);
}

TEST(JournalCeiling, CountsWhatWasBilledElseWhatIsExpected) {
    const test::TestFolder folder;
    for (const PredictionState state :
         {prepared, submitted, running, downloaded, delivered, cancelled, unknown, expired}) {
        Journal journal(folder / std::string(to_text(state)));
        make_prediction(journal, state);
        EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.04) << to_text(state);
    }
    for (const PredictionState state : {refused, failed}) {
        Journal journal(folder / std::string(to_text(state)));
        const std::int64_t id = make_prediction(journal, state);
        EXPECT_EQ(journal.spent_this_month_usd(), 0.0) << to_text(state);
        journal.end(id, {.state = state, .billed_usd = 0.06});
        EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.06);
    }
    Journal journal(folder / "billed");
    journal.keep_reply(make_prediction(journal, running), test::reply_of(1), 0.01, {});
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.01);
    journal.mark_running(make_prediction(journal, running), "t", 0.07);
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.08);
}

TEST(JournalCeiling, SurvivesBillsThatAreNone) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    for (const double bill : {std::nan(""), -5.0, std::numeric_limits<double>::infinity()}) {
        const std::int64_t id = make_prediction(journal, running);
        journal.keep_reply(id, test::reply_of(1), bill, {});
        EXPECT_EQ(journal.find(id).billed_usd, std::nullopt);
    }
    for (int i = 0; i < 3; ++i) {
        journal.keep_reply(make_prediction(journal, running), test::reply_of(1), 1e300, {});
    }
    EXPECT_NEAR(journal.spent_this_month_usd(), 3e6 + 0.12, 0.001);
    expect_error(ErrorCode::over_budget, [&] { journal.prepare(paid_prediction(), {.month_usd = 1e5}); });
}

TEST(JournalCeiling, DoesNotCountWhatADeadProcessPrepared) {
    const test::TestFolder folder;
    ChildProcess child([&](const ChildProcess& parent) {
        Journal journal(folder.path());
        make_prediction(journal, prepared);
        make_prediction(journal, submitted);
        parent.say('a');
        return static_cast<int>(parent.hear());
    });
    child.hear();
    Journal journal(folder.path());
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.08);
    expect_error(ErrorCode::over_budget, [&] { journal.prepare(paid_prediction(), {.month_usd = 0.08}); });
    child.kill();
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.04);
    journal.prepare(paid_prediction(), {.command_usd = 0.08, .month_usd = 0.08});
    journal.sweep();
    const auto rows = journal.list();
    EXPECT_EQ(rows.at(0).state, prepared);
    EXPECT_EQ(rows.at(1).state, submitted);
    EXPECT_EQ(rows.at(2).state, failed);
    EXPECT_NE(rows.at(2).reason, "");
    EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.08);
}

TEST(JournalCeiling, HoldsForManyThreads) {
    const test::TestFolder folder;
    std::vector<Journal> journals;
    journals.reserve(8);
    for (int i = 0; i < 8; ++i) {
        journals.emplace_back(folder.path());
    }
    EXPECT_EQ(prepare_with_threads({.month_usd = 1.0}, journals), 25);
    EXPECT_DOUBLE_EQ(journals[0].spent_this_month_usd(), 1.0);
}

TEST(JournalCeiling, HoldsForManyProcessesThatStartAtTheSameTime) {
    const test::TestFolder folder;
    const Ceilings ceilings{.month_usd = 1.0};
    std::vector<std::unique_ptr<ChildProcess>> children;
    children.reserve(6);
    for (int i = 0; i < 6; ++i) {
        children.push_back(std::make_unique<ChildProcess>([&](const ChildProcess& parent) {
            parent.hear();
            std::vector<Journal> journals; // the first of all processes makes the file
            journals.reserve(3);
            for (int thread = 0; thread < 3; ++thread) {
                journals.emplace_back(folder.path());
            }
            parent.say(static_cast<char>(1 + prepare_with_threads(ceilings, journals)));
            parent.hear(); // what is prepared counts while its process lives
            return 0;
        }));
    }
    for (const auto& child : children) {
        child->say('g');
    }
    int count = 0;
    for (const auto& child : children) {
        const char heard = child->hear();
        ASSERT_GT(heard, 0);
        count += heard - 1;
    }
    EXPECT_EQ(count, 25);
    EXPECT_DOUBLE_EQ(Journal(folder.path()).spent_this_month_usd(), 1.0);
    children.clear();
    EXPECT_EQ(Journal(folder.path()).spent_this_month_usd(), 0.0);
}

TEST(JournalCeiling, StartsAnewWithTheMonthOfTheTimeZone) {
    const test::TestFolder folder;
    auto now = system_clock::from_time_t(1'772'323'199); // 2026-02-28 23:59:59 UTC
    Journal journal(folder.path(), [&now] { return now; });
    const TimeZone utc("UTC");
    journal.prepare(paid_prediction(), {.month_usd = 0.04});
    expect_error(ErrorCode::over_budget, [&] { journal.prepare(paid_prediction(), {.month_usd = 0.04}); });
    now += 1s;
    EXPECT_EQ(journal.spent_this_month_usd(), 0.0);
    {
        const TimeZone new_york("EST5EDT,M3.2.0,M11.1.0"); // it is still February there
        EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.04);
        expect_error(ErrorCode::over_budget,
                     [&] { journal.prepare(paid_prediction(), {.month_usd = 0.04}); });
    }
    {
        const TimeZone berlin("CET-1CEST,M3.5.0,M10.5.0/3"); // it was March there all along
        EXPECT_DOUBLE_EQ(journal.spent_this_month_usd(), 0.04);
    }
    const TimeZone utc_again("UTC");
    journal.prepare(paid_prediction(), {.month_usd = 0.04});
    expect_error(ErrorCode::over_budget, [&] { journal.prepare(paid_prediction(), {.command_usd = 0.08}); });
}

TEST(MonthOf, BeginsAndEndsAtLocalMidnightAcrossSummerTimeAndYears) {
    const TimeZone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
    const Month march = month_of(system_clock::from_time_t(1'774'000'000));    // 2026-03-20
    EXPECT_EQ(system_clock::to_time_t(march.first), 1'772'319'600);            // 02-28 23:00 UTC
    EXPECT_EQ(system_clock::to_time_t(march.end), 1'774'994'400);              // 03-31 22:00 UTC
    const Month december = month_of(system_clock::from_time_t(1'798'000'000)); // 2026-12-23
    EXPECT_EQ(system_clock::to_time_t(december.first), 1'796'079'600);
    EXPECT_EQ(system_clock::to_time_t(december.end), 1'798'758'000);
}

TEST(DescribeUsd, HasTwoDigitsOrAsManyAsItTakes) {
    EXPECT_EQ(describe_usd(nano_usd_from(0.04).value_or(-1)), "$0.04");
    EXPECT_EQ(describe_usd(nano_usd_from(1.0).value_or(-1)), "$1.00");
    EXPECT_EQ(describe_usd(nano_usd_from(12.5).value_or(-1)), "$12.50");
    EXPECT_EQ(describe_usd(nano_usd_from(0.0025).value_or(-1)), "$0.0025");
    EXPECT_EQ(describe_usd(0), "$0.00");
}

} // namespace kontext
