#include "core/fidelity/color_table.h"
#include "tests/unit/fidelity/scene.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{120, 90};
constexpr test::Color grass{0.3, 0.6, 0.2};
constexpr test::Color brick{0.7, 0.3, 0.2};

using Pixels = std::function<test::Color(int, int)>;

Image floats(int channels, const Pixels& color) {
    Image picture(size, {SampleType::f32, channels});
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const test::Color value = color(x, y);
            for (int c = 0; c < channels; ++c) {
                picture.view().samples<float>(y)[channels * x + c] =
                    static_cast<float>(value[static_cast<std::size_t>(c)]);
            }
        }
    }
    return picture;
}

// Of a picture of grass at the left and brick at the right, whose grass came back with `blue` too little of
// it where `is_off`.
ColorTable fit(const std::function<bool(int, int)>& is_off, double blue = 0.03, const Pixels& weight = {}) {
    const auto sent = [](int x, int) { return x < 60 ? grass : brick; };
    const auto came = [&](int x, int y) {
        test::Color color = sent(x, y);
        color[2] -= x < 60 && is_off(x, y) ? blue : 0;
        return color;
    };
    const Image weights = floats(1, weight ? weight : [](int, int) { return test::Color{1, 0, 0}; });
    return fit_color_table(floats(3, sent).view(), floats(3, came).view(), weights.view());
}

// What a table adds to the blue of a colour.
float added_blue(const ColorTable& table, const test::Color& color) {
    std::array<float, 3> rgb{static_cast<float>(color[0]), static_cast<float>(color[1]),
                             static_cast<float>(color[2])};
    add_from_table(table, rgb.data(), 1);
    EXPECT_NEAR(rgb[0], color[0], 1e-6);
    EXPECT_NEAR(rgb[1], color[1], 1e-6);
    return rgb[2] - static_cast<float>(color[2]);
}

bool everywhere(int, int) {
    return true;
}

TEST(ColorTable, PutsBackWhatOneHueIsOffByAndLeavesAnother) {
    const ColorTable table = fit(everywhere);
    EXPECT_NEAR(added_blue(table, {grass[0], grass[1], grass[2] - 0.03}), 0.03, 0.003);
    EXPECT_NEAR(added_blue(table, brick), 0, 0.001);
}

TEST(ColorTable, HardlyMovesAColourThatIsRare) {
    const auto weight = [](int x, int y) {
        return test::Color{x >= 60 || (x < 3 && y < 3) ? 1.0 : 0.0, 0, 0};
    };
    EXPECT_LT(added_blue(fit(everywhere, 0.03, weight), {grass[0], grass[1], grass[2] - 0.03}), 0.01);
}

TEST(ColorTable, LearnsNothingWhereItChangedOrMayHave) {
    const auto whole = [](int x, int y) { return x < 30 || y < 45 || x >= 60; };
    const auto weight = [&](int x, int y) { return test::Color{whole(x, y) ? 1.0 : 0.9, 0, 0}; };
    const auto is_off = [&](int x, int y) { return !whole(x, y); };
    EXPECT_EQ(added_blue(fit(is_off, 0.03, weight), grass), 0);
    EXPECT_EQ(added_blue(fit(is_off, 0.15), grass), 0);
    EXPECT_GT(added_blue(fit(is_off, 0.03), grass), 0.001);
}

TEST(ColorTable, WithoutLightnessKeepsToHue) {
    const ColorTable table = without_lightness(
        {std::vector<std::array<float, 3>>(std::size_t{13} * 13 * 13, {0.01F, 0.02F, 0.06F})});
    EXPECT_NEAR(table.nodes[0][0], -0.02F, 1e-6);
    EXPECT_NEAR(table.nodes[0][1], -0.01F, 1e-6);
    EXPECT_NEAR(table.nodes[0][2], 0.03F, 1e-6);
}

TEST(ColorTable, AddsNothingWhenEmpty) {
    EXPECT_EQ(added_blue({}, brick), 0);
}

} // namespace

} // namespace kontext
