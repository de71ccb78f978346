#include "core/fidelity/light_change.h"
#include "tests/unit/fidelity/scene.h"

#include <functional>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{320, 240};

bool in_change(int x, int y) {
    return x >= 100 && x < 180 && y >= 80 && y < 140;
}

Image plane(Size extent, int channels, const std::function<float(int, int)>& value) {
    Image picture(extent, {SampleType::f32, channels});
    for (int y = 0; y < extent.height; ++y) {
        auto* row = picture.view().samples<float>(y);
        for (int x = 0; x < extent.width; ++x) {
            row[x * channels] = value(x, y);
        }
    }
    return picture;
}

// What of a change is light, whose structure is so similar to what was there and which ends with such a
// difference.
Image find(float similarity, float at_border, const std::function<bool(int, int)>& changed = in_change) {
    const Difference difference{
        .distance = {},
        .similarity = plane({size.width / 2, size.height / 2}, 1,
                            [&](int x, int y) { return changed(2 * x, 2 * y) ? similarity : 1; }),
        .activity = {},
        .shift = plane({size.width / 4, size.height / 4}, 3, [&](int x, int y) {
            return changed(4 * x - 8, 4 * y) && changed(4 * x + 8, 4 * y) && changed(4 * x, 4 * y - 8) &&
                           changed(4 * x, 4 * y + 8)
                       ? 30.0F
                       : at_border;
        })};
    const Image changes = test::one_channel(size, changed);
    return find_light_changes(changes.view(), difference);
}

bool is_set(const Image& mask, int x, int y) {
    return mask.view().samples<std::uint8_t>(y)[x] == 255;
}

TEST(LightChange, IsWhereTheDrawingStaysAndTheEndIsSoft) {
    EXPECT_TRUE(is_set(find(0.95F, 2.5F), 140, 110));
}

TEST(LightChange, IsNotWhereSomethingWasDrawnAnew) {
    EXPECT_FALSE(is_set(find(0.2F, 2.5F), 140, 110));
}

TEST(LightChange, IsNotWhereAnotherColourEndsAtAnOutline) {
    EXPECT_FALSE(is_set(find(0.95F, 20), 140, 110));
}

TEST(LightChange, GoesOnALittleBeyondWhatWasFound) {
    const Image lights = find(0.95F, 2.5F);
    EXPECT_TRUE(is_set(lights, 183, 110));
    EXPECT_FALSE(is_set(lights, 190, 110));
}

TEST(LightChange, MayReachTheBorderOfThePictureBrightly) {
    const auto left_half = [](int x, int) { return x < size.width / 2; };
    EXPECT_TRUE(is_set(find(0.95F, 2.5F, left_half), 20, 110));
}

TEST(LightChange, IsNoSpeck) {
    const auto speck = [](int x, int y) { return x >= 100 && x < 110 && y >= 100 && y < 110; };
    EXPECT_FALSE(is_set(find(0.95F, 2.5F, speck), 105, 105));
}

} // namespace

} // namespace kontext
