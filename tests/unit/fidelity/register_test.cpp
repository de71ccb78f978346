#include "core/fidelity/aligned.h"
#include "core/fidelity/pyramid.h"
#include "core/fidelity/register.h"
#include "tests/unit/fidelity/scene.h"

#include <gtest/gtest.h>

namespace kontext {

namespace {

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

double mean_error(const Alignment& alignment, const ModelDrift& drift) {
    double sum = 0;
    int count = 0;
    for (int y = 24; y < size.height - 24; y += 8) {
        const std::vector<float> positions = reply_positions(alignment, size, y);
        for (int x = 24; x < size.width - 24; x += 8, ++count) {
            const Point truth = drift.to_reply({static_cast<double>(x), static_cast<double>(y)});
            sum += std::hypot(positions[static_cast<std::size_t>(2 * x)] - truth.x,
                              positions[static_cast<std::size_t>(2 * x + 1)] - truth.y);
        }
    }
    return sum / count;
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

} // namespace

} // namespace kontext
