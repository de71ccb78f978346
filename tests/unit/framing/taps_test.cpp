#include "core/framing/taps.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kontext {

namespace {

std::vector<Tap> taps_of(const TapLine& line, std::size_t pixel) {
    return {line.taps.begin() + static_cast<std::ptrdiff_t>(line.starts[pixel]),
            line.taps.begin() + static_cast<std::ptrdiff_t>(line.starts[pixel + 1])};
}

double sum_of(const std::vector<Tap>& taps) {
    double sum = 0;
    for (const Tap& tap : taps) {
        sum += tap.weight;
    }
    return sum;
}

} // namespace

TEST(Taps, TakeOnePixelWhereNothingIsResampled) {
    const TapLine line = make_taps(5, 3, 5, 100, Outside::mirrored);
    for (std::size_t i = 0; i < 5; ++i) {
        const auto taps = taps_of(line, i);
        ASSERT_EQ(taps.size(), 1U);
        EXPECT_EQ(taps[0].at, static_cast<int>(i) + 3);
        EXPECT_FLOAT_EQ(taps[0].weight, 1);
    }
}

TEST(Taps, ShareCoveredPixelsWhenShrinking) {
    const auto taps = taps_of(make_taps(2, 0, 5, 5, Outside::mirrored), 0); // 2.5 pixels each
    ASSERT_EQ(taps.size(), 3U);
    EXPECT_FLOAT_EQ(taps[0].weight, 0.4F);
    EXPECT_FLOAT_EQ(taps[2].weight, 0.2F);
}

TEST(Taps, SumToOneAndStayWithinTheLine) {
    for (const double length : {0.37, 1.0, 7.3, 100.0, 1e4}) {
        for (const double start : {-250.0, -3.3, 0.0, 42.4}) {
            const TapLine line = make_taps(16, start, length, 50, Outside::mirrored);
            EXPECT_GE(line.first, 0);
            EXPECT_LT(line.last, 50);
            for (std::size_t i = 0; i < 16; ++i) {
                EXPECT_NEAR(sum_of(taps_of(line, i)), 1, 1e-5);
            }
        }
    }
}

TEST(Taps, MirrorALineOfOnePixelWithOneTap) {
    const auto taps = taps_of(make_taps(4, -40000, 80000, 1, Outside::mirrored), 0);
    ASSERT_EQ(taps.size(), 1U);
    EXPECT_FLOAT_EQ(taps[0].weight, 1);
}

TEST(Taps, LeaveOutWhatIsOutsideWhenAsked) {
    const TapLine line = make_taps(4, -4, 16, 8, Outside::neutral);
    EXPECT_TRUE(taps_of(line, 0).empty());
    EXPECT_NEAR(sum_of(taps_of(line, 1)), 1, 1e-6);
    EXPECT_NEAR(sum_of(taps_of(line, 2)), 1, 1e-6);
    EXPECT_TRUE(taps_of(line, 3).empty());
}

} // namespace kontext
