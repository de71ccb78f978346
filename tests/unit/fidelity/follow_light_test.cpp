#include "core/fidelity/aligned.h"
#include "core/fidelity/follow_light.h"
#include "tests/unit/fidelity/scene.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{480, 360};
constexpr DriftSpread even{.light = 0.0005F, .color = 0.0005F};
constexpr DriftSpread uneven{.light = 0.02F, .color = 0.0005F};

double gain_at(int x, int y) {
    const double squares = (x - 220.0) * (x - 220.0) + (y - 170.0) * (y - 170.0);
    return 0.6 * std::exp(-squares / (2 * 50.0 * 50.0));
}

// Found roughly, and too far.
bool is_found(int x, int y) {
    return gain_at(x, y) > 0.03;
}

Image draw_floats(const std::function<test::Color(int, int)>& color) {
    Image picture(size, {SampleType::f32, 3});
    for (int y = 0; y < size.height; ++y) {
        auto* row = picture.view().samples<float>(y);
        for (int x = 0; x < size.width; ++x) {
            for (const double value : color(x, y)) {
                *row++ = static_cast<float>(std::clamp(value, 0.0, 1.0));
            }
        }
    }
    return picture;
}

test::Color landscape(int x, int y) {
    return test::scene_at({static_cast<double>(x), static_cast<double>(y)});
}

test::Color lit(const test::Color& color, double gain) {
    return {color[0] * (1 + gain), color[1] * (1 + 0.8 * gain), color[2] * (1 + 0.5 * gain)};
}

FollowedLight follow(const std::function<test::Color(int, int)>& before,
                     const std::function<test::Color(int, int)>& after, const DriftSpread& spread) {
    const Image canvas = draw_floats(before);
    const Image reply = draw_floats(after);
    const Image covered = test::one_channel(size, [](int, int) { return true; });
    const Image lights = test::one_channel(size, is_found);
    return follow_light({.canvas = canvas.view(),
                         .canvas_small = reduce(canvas.view(), 4).view(),
                         .matched_small = reduce(reply.view(), 4).view(),
                         .covered = covered.view(),
                         .lights = lights.view(),
                         .spread = spread});
}

// Share of the pixels whose gain lies in a range that are in the mask.
double share_of(const Image& mask, double least, double most) {
    int all = 0;
    int set = 0;
    for (int y = 0; y < size.height; ++y) {
        const auto* row = mask.view().samples<std::uint8_t>(y);
        for (int x = 0; x < size.width; ++x) {
            if (gain_at(x, y) >= least && gain_at(x, y) <= most) {
                ++all;
                set += row[x] == 255 ? 1 : 0;
            }
        }
    }
    return static_cast<double>(set) / all;
}

TEST(FollowLight, GoesToWhereLightIsJustSeen) {
    const Image mask =
        follow(landscape, [](int x, int y) { return lit(landscape(x, y), gain_at(x, y)); }, even).mask;
    EXPECT_GT(share_of(mask, 0.12, 1), 0.98);
    EXPECT_LT(share_of(mask, 0.01, 0.03), 0.01);
}

TEST(FollowLight, TellsItsColourFromUnevenLight) {
    const auto after = [](int x, int y) {
        test::Color color = lit(landscape(x, y), gain_at(x, y));
        for (double& channel : color) {
            channel += 0.03 * std::sin(x / 25.0);
        }
        return color;
    };
    const Image mask = follow(landscape, after, uneven).mask;
    EXPECT_GT(share_of(mask, 0.14, 1), 0.95);
    EXPECT_LT(share_of(mask, 0.01, 0.03), 0.15); // 0.37 where uneven light is ignored
}

TEST(FollowLight, IsSeenByTheOtherChannelsWhereOneIsClipped) {
    const auto red = [](int x, int y) {
        const test::Color color = landscape(x, y);
        return test::Color{x < 220 ? 0.99 : color[0], color[1], color[2]};
    };
    const auto after = [&](int x, int y) { return lit(red(x, y), gain_at(x, y)); };
    EXPECT_GT(share_of(follow(red, after, even).mask, 0.2, 1), 0.98);
}

TEST(FollowLight, StaysNearWhatWasFound) {
    const auto also_far_away = [](int x, int y) {
        return lit(landscape(x, y), x > 440 ? 0.5 : gain_at(x, y));
    };
    const FollowedLight light = follow(landscape, also_far_away, even);
    EXPECT_EQ(light.mask.view().samples<std::uint8_t>(40)[470], 0);
    EXPECT_EQ(light.looked_at.view().samples<std::uint8_t>(40)[470], 0);
    EXPECT_EQ(light.looked_at.view().samples<std::uint8_t>(170)[220], 255);
}

TEST(FollowLight, IsNowhereWhereNothingIsLit) {
    const Image mask = follow(landscape, landscape, even).mask;
    EXPECT_EQ(share_of(mask, 0, 1), 0);
}

TEST(FollowLight, SeesAShadow) {
    const Image mask =
        follow(landscape, [](int x, int y) { return lit(landscape(x, y), -gain_at(x, y)); }, even).mask;
    EXPECT_GT(share_of(mask, 0.12, 1), 0.98);
    EXPECT_LT(share_of(mask, 0.01, 0.03), 0.01);
}

} // namespace

} // namespace kontext
