#include "core/fidelity/soft_change.h"
#include "tests/unit/fidelity/scene.h"

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

// The soft changes where lightness differs by so much within the change and beside it.
Image find(float within, float beside, const std::function<bool(int, int)>& found = in_change) {
    Image shift({size.width / 4, size.height / 4}, {SampleType::f32, 3});
    for (int y = 0; y < shift.size().height; ++y) {
        auto* row = shift.view().samples<float>(y);
        for (int x = 0; x < shift.size().width; ++x) {
            row[3 * x] = in_change(4 * x, 4 * y) ? within : beside_change(4 * x, 4 * y) ? beside : 0;
        }
    }
    const Image covered = test::one_channel(size, [](int, int) { return true; });
    const Image changes = test::one_channel(size, found);
    return find_soft_changes(shift.view(), covered.view(), changes.view(), 1);
}

bool is_found_beside(const Image& soft) {
    return soft.view().samples<std::uint8_t>(110)[205] == 255;
}

TEST(SoftChange, FollowsAChangeThatIsSoftItself) {
    EXPECT_TRUE(is_found_beside(find(8, 3.5F)));
}

TEST(SoftChange, DoesNotFollowFromTheSharpBorderOfWhatWasPutIn) {
    EXPECT_FALSE(is_found_beside(find(45, 3.5F)));
}

TEST(SoftChange, FindsABroadDifferenceWithoutAnythingBeside) {
    const auto nothing = [](int, int) { return false; };
    EXPECT_TRUE(is_found_beside(find(0, 9, nothing)));
    EXPECT_FALSE(is_found_beside(find(0, 3, nothing)));
}

} // namespace

} // namespace kontext
