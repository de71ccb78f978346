#include "core/fidelity/color_drift.h"
#include "tests/unit/fidelity/scene.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{480, 320};

// What is left where a reply is off by `off`, measured where `used`.
Residuals residuals_of(
    const std::function<test::Color(int, int)>& off,
    const std::function<bool(int, int)>& used = [](int, int) { return true; }) {
    Image canvas(size, {SampleType::f32, 3});
    Image reply(size, {SampleType::f32, 3});
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const test::Color color = off(x, y);
            for (int c = 0; c < 3; ++c) {
                canvas.view().samples<float>(y)[3 * x + c] = 0.5F;
                reply.view().samples<float>(y)[3 * x + c] =
                    0.5F - static_cast<float>(color[static_cast<std::size_t>(c)]);
            }
        }
    }
    return sum_residuals(canvas.view(), reply.view(), test::one_channel(size, used).view());
}

// A wave over half of the width.
double wave(int x) {
    return 0.012 * std::sin(x * 2 * 3.14159 / (size.width / 2.0));
}

test::Color uneven_light(int x, int) {
    return {wave(x), wave(x), wave(x)};
}

test::Color uneven_color(int x, int) {
    return {wave(x), 0, -wave(x)};
}

test::Color everywhere_off(int, int) {
    return {0.02, 0.01, 0.03};
}

// Of red, at the middle of the first rise of the wave.
float red_at_rise(const Grid& field) {
    const int node = size.height / 2 / field.step * field.size.width + size.width / 8 / field.step;
    return field.values[static_cast<std::size_t>(3 * node)];
}

TEST(ColorDrift, IsEvenWhereItIsTheSameEverywhere) {
    const DriftSpread spread = measure_spread(residuals_of(everywhere_off));
    EXPECT_LT(spread.light, 1e-4F);
    EXPECT_LT(spread.color, 1e-4F);
}

TEST(ColorDrift, TellsUnevenLightFromUnevenColour) {
    const DriftSpread light = measure_spread(residuals_of(uneven_light));
    EXPECT_FALSE(light.is_light_even());
    EXPECT_TRUE(light.is_color_even());
    const DriftSpread color = measure_spread(residuals_of(uneven_color));
    EXPECT_GT(color.color, DriftSpread::even);
    EXPECT_LT(color.light, DriftSpread::even);
}

TEST(ColorDrift, IsNotTakenForEvenWhereHardlyAnythingIsKnown) {
    const auto corner = [](int x, int y) { return x < 40 && y < 40; };
    EXPECT_FALSE(measure_spread(residuals_of(everywhere_off, corner)).is_color_even());
}

TEST(ColorDrift, IsFollowedInWhatIsUneven) {
    const Residuals light = residuals_of(uneven_light);
    EXPECT_NEAR(red_at_rise(fit_drift(light, measure_spread(light))), 0.012F, 0.003F);
    EXPECT_NEAR(red_at_rise(fit_drift(light, {.light = 0.001F, .color = 0.001F})), 0, 0.004F);
    const Residuals color = residuals_of(uneven_color);
    EXPECT_NEAR(red_at_rise(fit_drift(color, {.light = 0.01F, .color = 0.01F})), 0.012F, 0.003F);
    EXPECT_NEAR(red_at_rise(fit_drift(color, {.light = 0.01F, .color = 0.001F})), 0, 0.004F);
}

} // namespace

} // namespace kontext
