#include "core/fidelity/change_map.h"
#include "tests/unit/fidelity/scene.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{320, 240};
constexpr float quiet = 0.5F;   // ΔE of what did not change; from four times as much on it may have
constexpr float faint = 4.4F;   // ΔE that badly matched colours may have
constexpr float strong = 12.0F; // ΔE that they have not

struct Box {
    int x, y, width, height;

    bool holds(int at_x, int at_y) const {
        return at_x >= x && at_x < x + width && at_y >= y && at_y < y + height;
    }
};

constexpr Box block{100, 80, 80, 60};

Image plane(Size extent, int channels, const std::function<float(int, int)>& value) {
    Image picture(extent, {SampleType::f32, channels});
    for (int y = 0; y < extent.height; ++y) {
        auto* row = picture.view().samples<float>(y);
        for (int x = 0; x < extent.width; ++x) {
            row[x * channels] = value(x, y); // further channels stay 0
        }
    }
    return picture;
}

// A difference as measure_difference() would tell it: ΔE, and how alike the structure is, by pixel.
Difference difference_of(
    const std::function<float(int, int)>& distance,
    const std::function<float(int, int)>& similarity = [](int, int) { return 1.0F; }) {
    return {.distance = plane(size, 1, distance),
            .similarity = plane({size.width / 2, size.height / 2}, 1,
                                [&](int x, int y) { return similarity(2 * x, 2 * y); }),
            .activity = plane(size, 1, [](int, int) { return 1.0F; }),
            .shift = plane({size.width / 4, size.height / 4}, 3, [&](int x, int y) {
                return distance(4 * x, 4 * y) > quiet ? distance(4 * x, 4 * y) : 0;
            })};
}

Image all_covered() {
    return test::one_channel(size, [](int, int) { return true; });
}

Image mask_of(const Difference& difference) {
    const Image covered = all_covered();
    return find_changes(difference, covered.view(), {}).mask;
}

int count(const Image& mask) {
    int pixels = 0;
    for (int y = 0; y < mask.size().height; ++y) {
        const auto* row = mask.view().samples<std::uint8_t>(y);
        pixels += static_cast<int>(std::count(row, row + mask.size().width, 255));
    }
    return pixels;
}

TEST(ChangeMap, FindsWhatDiffersStrongly) {
    const Image mask =
        mask_of(difference_of([](int x, int y) { return block.holds(x, y) ? strong : quiet; }));
    EXPECT_NEAR(count(mask), block.width * block.height, 300);
    EXPECT_EQ(mask.view().samples<std::uint8_t>(110)[140], 255);
}

TEST(ChangeMap, TakesColoursThatWereMatchedBadlyForNoChange) {
    // One pixel in fifty stands out.
    const auto distance = [](int x, int y) {
        return !block.holds(x, y) ? quiet : (x + 7 * y) % 50 == 0 ? strong : faint;
    };
    EXPECT_EQ(count(mask_of(difference_of(distance))), 0);
}

TEST(ChangeMap, FindsFaintDifferencesWhereSomethingElseIsShown) {
    const auto distance = [](int x, int y) { return block.holds(x, y) ? faint : quiet; };
    const auto similarity = [](int x, int y) { return block.holds(x, y) ? 0.4F : 1.0F; };
    EXPECT_NEAR(count(mask_of(difference_of(distance, similarity))), block.width * block.height, 300);
}

TEST(ChangeMap, FindsAnotherColourInTheDarkWhereDistancesCountLess) {
    Difference difference = difference_of([](int x, int y) { return block.holds(x, y) ? faint : quiet; });
    difference.shift = plane({size.width / 4, size.height / 4}, 3,
                             [](int x, int y) { return block.holds(4 * x, 4 * y) ? strong : 0.0F; });
    EXPECT_NEAR(count(mask_of(difference)), block.width * block.height, 300);
}

// A tenth of the pixels differ strongly, the rest faintly.
float mixed(int x, int y) {
    return (x + 3 * y) % 10 == 0 ? strong : faint;
}

TEST(ChangeMap, TakesALineThatWasDrawnSofterForNoChange) {
    constexpr Box line{40, 100, 220, 8};
    constexpr Box band{40, 100, 220, 30};
    const auto redrawn = [](int, int) { return 0.4F; };
    const auto on_line = [&](int x, int y) { return line.holds(x, y) ? mixed(x, y) : quiet; };
    const auto on_band = [&](int x, int y) { return band.holds(x, y) ? mixed(x, y) : quiet; };
    EXPECT_EQ(count(mask_of(difference_of(on_line))), 0);
    EXPECT_EQ(count(mask_of(difference_of(on_line, redrawn))), 0);
    EXPECT_GT(count(mask_of(difference_of(on_band))), band.width * band.height / 2);
}

TEST(ChangeMap, FindsALineThatIsNew) {
    constexpr Box line{40, 100, 220, 8};
    EXPECT_GT(count(mask_of(difference_of([&](int x, int y) { return line.holds(x, y) ? strong : quiet; }))),
              line.width * line.height * 9 / 10);
}

TEST(ChangeMap, AChangeTakesWhatTouchesItAlongOnlyNearby) {
    constexpr Box tail{180, 100, 130, 20}; // from the block on to the right
    const Image mask = mask_of(difference_of([&](int x, int y) {
        return block.holds(x, y) ? strong : tail.holds(x, y) ? faint : quiet;
    }));
    const auto* row = mask.view().samples<std::uint8_t>(110);
    EXPECT_EQ(row[140], 255);
    EXPECT_EQ(row[200], 255);
    EXPECT_EQ(row[290], 0);
}

TEST(ChangeMap, GoesOnBeyondTheReplyOnlyFromTheNearestPlaces) {
    // The last rows that the reply reaches are known at the left alone, where a change is.
    const auto is_covered = [](int x, int y) { return y < (x < 60 ? 220 : 200); };
    constexpr Box corner{20, 170, 40, 50};
    const Image covered = test::one_channel(size, is_covered);
    const auto distance = [&](int x, int y) {
        return !is_covered(x, y) ? 0 : corner.holds(x, y) ? strong : quiet;
    };
    const Image mask = find_changes(difference_of(distance), covered.view(), {}).mask;
    EXPECT_EQ(mask.view().samples<std::uint8_t>(235)[40], 255);
    EXPECT_EQ(mask.view().samples<std::uint8_t>(210)[250], 0);
    EXPECT_EQ(mask.view().samples<std::uint8_t>(235)[250], 0);
}

} // namespace

} // namespace kontext
