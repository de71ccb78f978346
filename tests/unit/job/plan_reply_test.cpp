#include "core/framing/frame_picture.h"
#include "core/job/plan_reply.h"
#include "tests/unit/fidelity/scene.h"

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size layer_size{320, 256};
constexpr int border = 64;

// A layer that grew to both sides by a border.
Framing grown() {
    const Size canvas{layer_size.width + 2 * border, layer_size.height};
    return {.layer = layer_size,
            .canvas = canvas,
            .region = {-border, 0, canvas.width, canvas.height},
            .crop = {-border, 0, canvas.width + 0.0, canvas.height + 0.0},
            .outside = Outside::neutral};
}

// What a model returns for it: the layer a little off, and blue around it.
Image make_reply() {
    return test::draw(grown().canvas, [](test::Point at) -> test::Color {
        const double x = at.x - border;
        return x < 0 || x >= layer_size.width ? test::Color{0.08, 0.35, 0.8}
                                              : test::scene_at({x + 2, at.y - 1});
    });
}

FitPlan plan_for(const Image& reply, FidelityMode mode = FidelityMode::automatic) {
    const Image canvas = frame_picture(Raster(test::draw_scene(layer_size)), {}, grown());
    return plan_reply({.canvas = canvas.view(), .reply = reply.view(), .mode = mode}, grown());
}

std::uint8_t mask_at(const FitPlan& plan, int x, int y) {
    return plan.mask.at(static_cast<std::size_t>(y * plan.canvas.width + x));
}

} // namespace

TEST(PlanReply, ShowsAllThatCameWhereThePictureGrew) {
    const FitPlan plan = plan_for(make_reply());
    EXPECT_EQ(plan.decision, Decision::local);
    EXPECT_EQ(plan.canvas, grown().canvas);
    EXPECT_EQ(mask_at(plan, 10, 100), 255);
    EXPECT_EQ(mask_at(plan, plan.canvas.width - 10, 100), 255);
    EXPECT_EQ(mask_at(plan, border + 160, 128), 0);
}

TEST(PlanReply, ComparesTheRestAsIfNothingWereAroundIt) {
    const FitPlan plan = plan_for(make_reply());
    EXPECT_NEAR(plan.transform[2], -2, 0.3);
    EXPECT_NEAR(plan.transform[5], 1, 0.3);
    const auto blue = toned(plan.tone, {0.08F, 0.35F, 0.8F});
    EXPECT_GT(blue[2] - blue[0], 0.4F); // not the canvas's grey
    EXPECT_GE(plan.changed_fraction, 2.0 * border / plan.canvas.width - 0.01);
    EXPECT_EQ(fit_plan_from_json(to_json(plan)).canvas, plan.canvas);
}

TEST(PlanReply, ShowsAnotherPictureAsItIsWhateverIsWanted) {
    const FitPlan plan = plan_for(test::draw_scene(grown().canvas, 7), FidelityMode::keep);
    EXPECT_EQ(plan.decision, Decision::unregistered);
    EXPECT_EQ(plan.mode, FidelityMode::raw);
}

TEST(PlanReply, MapsTheLayerToTheReplysOwnPixels) {
    Fit fit{.framing = stretch_to_fill({400, 200}, {100, 50}), .plan = {}, .reply = {200, 100}};
    fit.plan.canvas = fit.plan.reply = {100, 50};
    const auto map = layer_to_reply(fit);
    EXPECT_NEAR(map[0] * 399 + map[2], 199.25, 1e-9); // centre of the last pixel of four in two
    EXPECT_NEAR(map[4] * 0 + map[5], -0.25, 1e-9);
}

TEST(PlanReply, BringsAReplyToTheCanvassSizeAndSrgb) {
    DecodedPicture reply{.pixels = Raster(test::draw_scene({64, 32})), .color = {}};
    reply.color.transfer = Transfer::linear();
    const Image canvas = reply_on_canvas(reply, {32, 16});
    EXPECT_EQ(canvas.size(), (Size{32, 16}));
    EXPECT_EQ(canvas.format(), (PixelFormat{SampleType::u8, 3}));
}

} // namespace kontext
