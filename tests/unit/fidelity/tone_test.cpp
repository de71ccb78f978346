#include "core/fidelity/aligned.h"
#include "core/fidelity/tone.h"
#include "tests/unit/fidelity/scene.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kontext {

namespace {

using test::Color;
using test::draw;
using test::draw_scene;
using test::ModelDrift;
using test::Point;
using test::scene_at;

constexpr Size size{256, 192};

Image whole() {
    return reduce(test::one_channel(size, [](int, int) { return true; }).view(), 1);
}

double worst_error(const ToneMap& map, const Image& from, const Image& to) {
    double worst = 0;
    for (int y = 0; y < size.height; ++y) {
        const auto* source = from.view().samples<float>(y);
        const auto* target = to.view().samples<float>(y);
        for (int x = 0; x < 3 * size.width; x += 3) {
            const auto mapped = toned(map, {source[x], source[x + 1], source[x + 2]});
            for (std::size_t c = 0; c < 3; ++c) {
                worst = std::max<double>(worst, std::abs(mapped[c] - target[x + static_cast<int>(c)]));
            }
        }
    }
    return worst;
}

TEST(Tone, UndoesADriftOfColours) {
    const Image canvas = reduce(draw_scene(size).view(), 1);
    const Image reply =
        reduce(draw(size, [](Point at) { return ModelDrift::recolor(scene_at(at)); }).view(), 1);
    const ToneFit fit = fit_tone(canvas.view(), reply.view(), whole().view());
    EXPECT_LT(worst_error(fit.map, reply, canvas), 0.02);
    EXPECT_GT(fit.agreement, 0.9);
}

TEST(Tone, IsNotPulledByWhatWasPaintedOver) {
    const Image canvas = reduce(draw_scene(size).view(), 1);
    const auto reply_at = [](Point at) {
        return at.x < 100 ? Color{0.9, 0.1, 0.1} : ModelDrift::recolor(scene_at(at));
    };
    const Image reply = reduce(draw(size, reply_at).view(), 1);
    const Image clean =
        reduce(draw(size, [](Point at) { return ModelDrift::recolor(scene_at(at)); }).view(), 1);
    const ToneFit fit = fit_tone(canvas.view(), reply.view(), whole().view());
    EXPECT_LT(worst_error(fit.map, clean, canvas), 0.04);
}

TEST(Tone, UndoesADriftOfRareColoursToo) {
    const auto with_flower = [](Point at) { // two pixels in a hundred
        const bool inside = at.x > 180 && at.x < 210 && at.y > 40 && at.y < 70;
        return inside ? Color{0.75 + 0.2 * test::smooth_noise(at, 9, 5), 0.10, 0.55} : scene_at(at);
    };
    const auto paler = [&](Point at) {
        Color color = with_flower(at);
        const double grey = 0.3 * color[0] + 0.6 * color[1] + 0.1 * color[2];
        for (double& value : color) {
            value = 0.03 + 0.95 * std::pow(grey + 0.92 * (value - grey), 0.95);
        }
        return color;
    };
    const Image canvas = reduce(draw(size, with_flower).view(), 1);
    const Image reply = reduce(draw(size, paler).view(), 1);
    const ToneFit fit = fit_tone(canvas.view(), reply.view(), whole().view());
    EXPECT_LT(worst_error(fit.map, reply, canvas), 0.02);
}

TEST(Tone, LeavesColoursAloneWithoutSamples) {
    const Image canvas = reduce(draw_scene(size).view(), 1);
    const Image none = reduce(test::one_channel(size, [](int, int) { return false; }).view(), 1);
    EXPECT_EQ(fit_tone(canvas.view(), canvas.view(), none.view()).map, ToneMap());
}

} // namespace

} // namespace kontext
