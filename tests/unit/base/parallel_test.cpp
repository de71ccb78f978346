#include "core/error.h"
#include "core/parallel.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace kontext {

TEST(Parallel, CallsEveryIndexOnce) {
    std::vector<std::atomic<int>> calls(1000);
    for_each_parallel(1000, [&](int index) { ++calls[static_cast<std::size_t>(index)]; });
    for (const auto& count : calls) {
        EXPECT_EQ(count, 1);
    }
}

TEST(Parallel, DoesNothingForNoItems) {
    for_each_parallel(0, [](int) { FAIL(); });
}

TEST(Parallel, ThrowsWhatAnItemThrewAndSkipsTheRest) {
    std::atomic<int> calls = 0;
    const auto fail = [&](int) {
        ++calls;
        throw std::runtime_error("no");
    };
    EXPECT_THROW(for_each_parallel(1000, fail), std::runtime_error);
    EXPECT_LE(calls, worker_count()) << "a thread whose item failed takes no other";
}

TEST(Parallel, ThrowsCancelledOnceAStopIsRequested) {
    std::stop_source source;
    std::atomic<int> calls = 0;
    const auto work = [&](int) {
        ++calls;
        source.request_stop();
    };
    EXPECT_THROW(for_each_parallel(1000, work, source.get_token()), Cancelled);
    EXPECT_LE(calls, worker_count());
}

TEST(Parallel, WorksInsideOfItselfAndFromManyThreadsAtOnce) {
    std::atomic<int> calls = 0;
    const auto count = [&](int) { ++calls; };
    {
        std::vector<std::jthread> callers;
        callers.reserve(8);
        for (int i = 0; i < 8; ++i) {
            callers.emplace_back([&] { for_each_parallel(20, [&](int) { for_each_parallel(50, count); }); });
        }
    }
    EXPECT_EQ(calls, 8 * 20 * 50);
}

TEST(Parallel, NobodyIsAtWorkAnyMoreWhenItReturns) {
    for (int round = 0; round < 2000; ++round) {
        std::vector<int> done(static_cast<std::size_t>(worker_count()) * 2);
        for_each_parallel(static_cast<int>(done.size()),
                          [&](int index) { done[static_cast<std::size_t>(index)] = round; });
        ASSERT_EQ(std::ranges::count(done, round), std::ssize(done));
    }
}

} // namespace kontext
