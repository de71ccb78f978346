#include "core/fidelity/soft_change.h"
#include "tests/unit/fidelity/scene.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{320, 240};

// A change in the middle, and what lies beside it to the right.
bool in_change(int x, int y) {
    return x >= 100 && x < 180 && y >= 80 && y < 140;
}

bool beside_change(int x, int y) {
    return x >= 180 && x < 220 && y >= 90 && y < 130;
}

constexpr DriftSpread uneven{.light = 0.01F, .color = 0.01F};
constexpr DriftSpread even{.light = 0.001F, .color = 0.001F};
constexpr DriftSpread uneven_light{.light = 0.01F, .color = 0.001F};

// By how much colours differ within the change and beside it; a channel of L*a*b*.
struct Differing {
    float within;
    float beside;
    int channel = 0;
};

// The soft changes where colours differ so.
Image find(const Differing& differing, const DriftSpread& spread = uneven,
           const std::function<bool(int, int)>& found = in_change) {
    Image shift({size.width / 4, size.height / 4}, {SampleType::f32, 3});
    for (int y = 0; y < shift.size().height; ++y) {
        auto* row = shift.view().samples<float>(y);
        for (int x = 0; x < shift.size().width; ++x) {
            row[3 * x + differing.channel] = in_change(4 * x, 4 * y)       ? differing.within
                                             : beside_change(4 * x, 4 * y) ? differing.beside
                                                                           : 0;
        }
    }
    const Image covered = test::one_channel(size, [](int, int) { return true; });
    const Image changes = test::one_channel(size, found);
    return find_soft_changes(shift.view(), covered.view(), changes.view(), spread, 1);
}

bool is_found_beside(const Image& soft) {
    return soft.view().samples<std::uint8_t>(110)[205] == 255;
}

TEST(SoftChange, FollowsAChangeThatIsSoftItself) {
    EXPECT_TRUE(is_found_beside(find({8, 3.5F})));
}

TEST(SoftChange, DoesNotFollowFromTheSharpBorderOfWhatWasPutIn) {
    EXPECT_FALSE(is_found_beside(find({45, 3.5F})));
}

// A change so wide that nothing near is left to tell the drift from it.
bool nearly_everywhere(int x, int y) {
    return x >= 20 && x < 300 && y >= 20 && y < 220;
}

int count_found(const Image& soft) {
    int pixels = 0;
    for (int y = 0; y < size.height; ++y) {
        const auto* row = soft.view().samples<std::uint8_t>(y);
        pixels += static_cast<int>(std::count(row, row + size.width, 255));
    }
    return pixels;
}

// The pixels of a soft change of so much of one channel, over nearly all of the picture, that are found.
int find_wide(float differing, int channel, const DriftSpread& spread) {
    Image shift({size.width / 4, size.height / 4}, {SampleType::f32, 3});
    for (int y = 0; y < shift.size().height; ++y) {
        for (int x = 0; x < shift.size().width; ++x) {
            shift.view().samples<float>(y)[3 * x + channel] = nearly_everywhere(4 * x, 4 * y) ? differing : 0;
        }
    }
    const Image covered = test::one_channel(size, [](int, int) { return true; });
    const Image changes = test::one_channel(size, in_change);
    return count_found(find_soft_changes(shift.view(), covered.view(), changes.view(), spread, 1));
}

TEST(SoftChange, IsFollowedFartherTheMoreEvenTheDriftIs) {
    constexpr int all = 280 * 200 - 80 * 60;
    EXPECT_LT(find_wide(3.5F, 1, uneven), all / 4);
    EXPECT_GT(find_wide(3.5F, 1, uneven_light), all * 9 / 10); // a colour
    EXPECT_LT(find_wide(3.5F, 0, uneven_light), all / 4);      // light
    EXPECT_GT(find_wide(3.5F, 0, even), all * 9 / 10);
}

TEST(SoftChange, CountsColourForMoreWhereLightIsTakenAwayWithTheDrift) {
    constexpr int all = 280 * 200 - 80 * 60;
    EXPECT_GT(find_wide(1.5F, 1, uneven_light), all * 9 / 10);
    EXPECT_EQ(find_wide(1.5F, 1, even), 0);
}

TEST(SoftChange, FindsABroadDifferenceWithoutAnythingBeside) {
    const auto nothing = [](int, int) { return false; };
    EXPECT_TRUE(is_found_beside(find({0, 9}, uneven, nothing)));
    EXPECT_FALSE(is_found_beside(find({0, 3}, uneven, nothing)));
}

} // namespace

} // namespace kontext
