#include "core/net/retry.h"

#include <gtest/gtest.h>

namespace kontext {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr auto now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 10h;

std::optional<milliseconds> wanted(std::vector<HttpHeader> headers) {
    return retry_after({.status = 429, .headers = std::move(headers), .body = {}}, now);
}

// A run whose end is found out by asking: how often, and how long after it was ready.
struct Polled {
    int requests = 0;
    milliseconds late{0};
};

Polled poll_run(milliseconds run, std::optional<milliseconds> typical) {
    Polled polled;
    milliseconds elapsed{0};
    do {
        elapsed += poll_delay(elapsed, typical, {});
        ++polled.requests;
    } while (elapsed < run);
    polled.late = elapsed - run;
    return polled;
}

// Of many runs of about that length, since it depends on where between two looks a run ends.
double mean_lateness(milliseconds around, std::optional<milliseconds> typical) {
    double sum = 0;
    int count = 0;
    for (milliseconds run = around * 3 / 4; run <= around * 5 / 4; run += around / 200) {
        sum += static_cast<double>(poll_run(run, typical).late.count()) / static_cast<double>(run.count());
        ++count;
    }
    return sum / count;
}

} // namespace

TEST(RetryAfter, IsSeconds) {
    EXPECT_EQ(wanted({{"retry-after", "7"}}), 7s);
    EXPECT_EQ(wanted({{"retry-after", "1.5"}}), 1s);
    EXPECT_EQ(wanted({{"retry-after", "0"}}), 0s);
}

TEST(RetryAfter, IsADateAsTheServersClockSeesIt) {
    EXPECT_EQ(wanted({{"retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"}}), 30s);
    // A server, or a machine of ours, whose clock is hours off.
    EXPECT_EQ(
        wanted({{"date", "Sun, 22 Nov 2026 15:00:00 GMT"}, {"retry-after", "Sun, 22 Nov 2026 15:00:30 GMT"}}),
        30s);
    EXPECT_EQ(wanted({{"date", "nonsense"}, {"retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"}}), 30s);
}

TEST(RetryAfter, IsWithinTenMinutesAndNeverInThePast) {
    EXPECT_EQ(wanted({{"retry-after", "86400"}}), 10min);
    EXPECT_EQ(wanted({{"retry-after", "-5"}}), 0s);
    EXPECT_EQ(wanted({{"retry-after", "Sun, 22 Nov 2026 09:00:00 GMT"}}), 0s);
    EXPECT_EQ(wanted({{"retry-after", "Tue, 22 Nov 2033 09:00:00 GMT"}}), 10min);
}

TEST(RetryAfter, IsNothingWhereItCannotBeRead) {
    EXPECT_FALSE(wanted({}));
    for (const char* text : {"", "soon", "5 minutes", "1e9999"}) {
        EXPECT_FALSE(wanted({{"retry-after", text}})) << text;
    }
}

TEST(Backoff, DoublesToEightSecondsAndIsShortenedByLuck) {
    const milliseconds expected[] = {1s, 2s, 4s, 8s, 8s, 8s};
    for (int attempt = 0; attempt < 6; ++attempt) {
        EXPECT_EQ(backoff_delay(attempt, 0), expected[attempt]);
        EXPECT_EQ(backoff_delay(attempt, 1), expected[attempt] / 2);
        EXPECT_GE(backoff_delay(attempt, 0.5), expected[attempt] / 2);
    }
    EXPECT_EQ(backoff_delay(-1, 2), 500ms);
    EXPECT_EQ(backoff_delay(1000, -1), 8s);
}

TEST(Polling, AddsATwentiethOfTheRunTimeInTheMean) {
    for (const milliseconds run : {5s, 15s, 40s}) {
        SCOPED_TRACE(run.count());
        EXPECT_LE(mean_lateness(run, run), 0.05);
        EXPECT_LE(mean_lateness(run, {}), 0.06); // nothing known yet
        EXPECT_LE(mean_lateness(run, run / 3), 0.06);
    }
}

TEST(Polling, DoesNotHammer) {
    constexpr int others = 5; // presign, upload, create, download, delete
    for (const std::optional<milliseconds> typical :
         {std::optional<milliseconds>(), std::optional<milliseconds>(15s), std::optional<milliseconds>(2s)}) {
        EXPECT_LE(poll_run(15s, typical).requests + others, 40);
    }
    // What takes ten times as long as ever before is not asked for ten times as often.
    EXPECT_LE(poll_run(150s, 15s).requests, 80);
    EXPECT_LE(poll_run(300s, {}).requests, 100);
}

TEST(Polling, WaitsAtLeastAsLongAsTheServerWants) {
    EXPECT_EQ(poll_delay(1s, {}, 3s), 3s);
    EXPECT_GE(poll_delay(60s, {}, 1ms), 5s);
}

} // namespace kontext
