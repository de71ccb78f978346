#include "core/fidelity/aligned.h"
#include "core/fidelity/field.h"
#include "core/fidelity/grid.h"
#include "core/fidelity/pyramid.h"
#include "core/fidelity/register.h"
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

constexpr Size size{512, 384};

Registration register_images(const Image& canvas, const Image& reply) {
    return register_pictures(build_pyramid(make_luma(canvas.view()).view(), make_luma(reply.view()).view()),
                             canvas.size());
}

struct Columns {
    int first;
    int end;
};

double mean_error(const Alignment& alignment, const ModelDrift& drift, Columns columns = {24, 488}) {
    double sum = 0;
    int count = 0;
    for (int y = 24; y < size.height - 24; y += 8) {
        const std::vector<float> positions = reply_positions(alignment, size, y);
        for (int x = columns.first; x < columns.end; x += 8, ++count) {
            const Point truth = drift.to_reply({static_cast<double>(x), static_cast<double>(y)});
            sum += std::hypot(positions[static_cast<std::size_t>(2 * x)] - truth.x,
                              positions[static_cast<std::size_t>(2 * x + 1)] - truth.y);
        }
    }
    return sum / count;
}

// The true alignment, but for a little.
Alignment almost(const ModelDrift& drift, Point off) {
    Alignment alignment{.affine = {}, .displacement = make_grid(size, field_step, 2)};
    std::vector<float>& values = alignment.displacement.values;
    std::size_t at = 0;
    for (int j = 0; j < alignment.displacement.size.height; ++j) {
        for (int i = 0; i < alignment.displacement.size.width; ++i) {
            const Point node{static_cast<double>(i * field_step), static_cast<double>(j * field_step)};
            const Point there = drift.to_reply(node);
            values[at++] = static_cast<float>(there.x - node.x + off.x);
            values[at++] = static_cast<float>(there.y - node.y + off.y);
        }
    }
    return alignment;
}

Alignment refine(const Image& canvas, const Image& reply, const Image& same, const Alignment& start) {
    return refine_alignment(build_pyramid_of_same(split_color(canvas.view()),
                                                  align_color(split_color(reply.view()), start), same.view()),
                            size, start);
}

Image everywhere() {
    return test::one_channel(size, [](int, int) { return true; });
}

// Grain that two pictures do not share.
Color with_grain(Color color, Point at, double strength, std::uint64_t layer) {
    const double grain = strength * (test::noise_at(std::llround(at.x), std::llround(at.y), layer) - 0.5);
    for (double& value : color) {
        value += grain;
    }
    return color;
}

Color hazy(Point at) {
    const double light = 0.4 + 0.1 * test::smooth_noise(at, 24, 3);
    return {light, light, light};
}

TEST(Register, FindsShiftZoomAndBendToATenthOfAPixel) {
    const ModelDrift drift;
    const Image reply =
        draw(size, [&](Point at) { return ModelDrift::recolor(scene_at(drift.to_canvas(at))); });
    const Registration found = register_images(draw_scene(size), reply);
    EXPECT_GT(found.confidence, 0.9);
    EXPECT_LT(mean_error(found.alignment, drift), 0.1);
}

TEST(Register, IsNotMisledByAChangeOfHalfThePicture) {
    const ModelDrift drift;
    const Image reply = draw(size, [&](Point at) {
        const Point canvas = drift.to_canvas(at);
        return scene_at(canvas, canvas.x < size.width / 2.0 ? 5 : 1);
    });
    const Registration found = register_images(draw_scene(size), reply);
    EXPECT_GT(found.confidence, 0.9);
    const std::vector<float> row = reply_positions(found.alignment, size, 200);
    const Point truth = drift.to_reply({400, 200});
    EXPECT_NEAR(row[800], truth.x, 0.2);
    EXPECT_NEAR(row[801], truth.y, 0.2);
}

TEST(Register, DoesNotTrustWhatItFindsInAnotherPicture) {
    for (std::uint64_t seed = 2; seed < 8; ++seed) {
        EXPECT_LT(register_images(draw_scene(size), draw_scene(size, seed)).confidence, 0.25) << seed;
    }
}

TEST(Register, DoesNotTrustPicturesWithoutStructure) {
    const Image flat = draw(size, [](Point) { return test::Color{0.5, 0.5, 0.5}; });
    EXPECT_LT(register_images(flat, flat).confidence, 0.25);
    EXPECT_LT(register_images(draw_scene(size), flat).confidence, 0.25);
}

TEST(Register, RefinesToAFewHundredthsOfAPixel) {
    const ModelDrift drift;
    const Image reply =
        draw(size, [&](Point at) { return ModelDrift::recolor(scene_at(drift.to_canvas(at))); });
    const Alignment found = refine(draw_scene(size), reply, everywhere(), almost(drift, {0.5, -0.4}));
    EXPECT_LT(mean_error(found, drift, {24, 488}), 0.06);
}

TEST(Register, IsNotMisledByWhatWasPutInBeside) {
    const ModelDrift drift;
    constexpr int border = 256;
    const Image reply = draw(size, [&](Point at) {
        const Point canvas = drift.to_canvas(at);
        const bool is_new = canvas.x < border;
        return is_new ? Color{1, 1, 1} : hazy(canvas);
    });
    const Image same = test::one_channel(size, [](int x, int) { return x >= border + 4; });
    const Alignment found = refine(draw(size, hazy), reply, same, almost(drift, {0.5, -0.4}));
    EXPECT_LT(mean_error(found, drift, {border + 4, border + 60}), 0.12);
}

TEST(Register, SeesColorsWhereLightIsTheSame) {
    const ModelDrift drift;
    const auto colorful = [](Point at) {
        const double red = 0.12 * (test::smooth_noise(at, 40, 3) - 0.5);
        return Color{0.5 + red, 0.5, 0.5 - 0.299 / 0.114 * red};
    };
    const Image reply = draw(size, [&](Point at) { return colorful(drift.to_canvas(at)); });
    const Alignment found = refine(draw(size, colorful), reply, everywhere(), almost(drift, {0.5, -0.4}));
    EXPECT_LT(mean_error(found, drift, {24, 488}), 0.25);
}

TEST(Register, IsNotBentByUnevenLight) {
    const ModelDrift drift;
    const auto faint = [](Point at) {
        Color color = scene_at(at);
        for (double& value : color) {
            value = 0.4 + 0.1 * (value - 0.5);
        }
        return color;
    };
    const Image reply = draw(size, [&](Point at) {
        Color color = with_grain(faint(drift.to_canvas(at)), at, 0.01, 9);
        for (double& value : color) {
            value += 0.1 * test::smooth_noise(at, 60, 5);
        }
        return color;
    });
    const Alignment found = refine(draw(size, faint), reply, everywhere(), almost(drift, {0.5, -0.4}));
    EXPECT_LT(mean_error(found, drift), 0.11);
}

TEST(Register, LeavesPlacesOfMereNoiseToTheirNeighbours) {
    const ModelDrift drift{.bend = 0};
    const auto with_noise = [](Point scene, Point at, std::uint64_t layer) {
        const bool is_noise = scene.x > 220 && scene.x < 300;
        return is_noise ? with_grain({0.5, 0.5, 0.5}, at, 0.1, layer) : scene_at(scene);
    };
    const Image canvas = draw(size, [&](Point at) { return with_noise(at, at, 8); });
    const Image reply = draw(size, [&](Point at) { return with_noise(drift.to_canvas(at), at, 9); });
    const Alignment found = refine(canvas, reply, everywhere(), almost(drift, {0.5, -0.4}));
    EXPECT_LT(mean_error(found, drift, {232, 288}), 0.15);
}

} // namespace

} // namespace kontext
