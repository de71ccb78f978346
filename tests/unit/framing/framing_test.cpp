#include "core/framing/canvas_size.h"
#include "tests/support/expect_error.h"
#include "tests/unit/framing/framing_samples.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace kontext {

namespace {

using test::any_megapixel;
using test::kontext_sizes;

// Layers of 1 pixel to 100 megapixels and of ratios 1:10 to 10:1, and some that no camera makes.
std::vector<Size> all_layers() {
    std::vector<Size> layers = {{1, 1}, {1, 2}, {2, 1}, {1, 65000}, {65000, 1}, {65000, 1538}, {1538, 65000}};
    for (const double pixels : {4.0, 100.0, 1e4, 3e5, 1e6, 8.3e6, 24e6, 50e6, 100e6}) {
        for (const double ratio : {0.1, 0.21, 0.4286, 0.5625, 0.6667, 0.75, 0.8, 1.0, 1.25, 1.333, 1.5, 1.778,
                                   1.8511, 2.333, 4.0, 10.0}) {
            const auto width = std::max(1L, std::lround(std::sqrt(pixels * ratio)));
            const auto height = std::max(1L, std::lround(std::sqrt(pixels / ratio)));
            layers.push_back({static_cast<int>(width), static_cast<int>(height)});
        }
    }
    return layers;
}

void expect_exact_maps(const Framing& framing) {
    const auto map = layer_to_canvas(framing);
    const double right = framing.layer.width - 1;
    const double bottom = framing.layer.height - 1;
    for (const PixelPoint layer :
         {PixelPoint{0, 0}, {right, bottom}, {right / 3, bottom / 7}, {-0.5, bottom}}) {
        const PixelPoint canvas = to_canvas(framing, layer);
        const PixelPoint back = to_layer(framing, canvas);
        EXPECT_NEAR(back.x, layer.x, 1e-6);
        EXPECT_NEAR(back.y, layer.y, 1e-6);
        EXPECT_NEAR(map[0] * layer.x + map[2], canvas.x, 1e-6);
        EXPECT_NEAR(map[4] * layer.y + map[5], canvas.y, 1e-6);
    }
    const double canvas_right = framing.canvas.width - 1;
    const double canvas_bottom = framing.canvas.height - 1;
    for (const PixelPoint canvas :
         {PixelPoint{0, 0}, {canvas_right, canvas_bottom}, {canvas_right / 3, 0.25}}) {
        const PixelPoint back = to_canvas(framing, to_layer(framing, canvas));
        EXPECT_NEAR(back.x, canvas.x, 1e-6);
        EXPECT_NEAR(back.y, canvas.y, 1e-6);
    }
}

void expect_region_is_shown(const Framing& framing) {
    const PixelBox& region = framing.region;
    const auto& [x, y, width, height] = framing.crop;
    EXPECT_GT(region.width, 0);
    EXPECT_GT(region.height, 0);
    EXPECT_GE(region.x, x - 1e-6);
    EXPECT_GE(region.y, y - 1e-6);
    EXPECT_LE(region.x + region.width, x + width + 1e-6);
    EXPECT_LE(region.y + region.height, y + height + 1e-6);
}

double area_of(const PixelBox& box) {
    return static_cast<double>(box.width) * box.height;
}

} // namespace

TEST(Framing, MapsThereAndBackForAllSizesAndRatios) {
    for (const CanvasSizes& sizes : {kontext_sizes(), any_megapixel()}) {
        for (const Size layer : all_layers()) {
            SCOPED_TRACE(std::to_string(layer.width) + " x " + std::to_string(layer.height));
            const Framing framing = choose_framing(layer, sizes);
            expect_exact_maps(framing);
            expect_region_is_shown(framing);
            EXPECT_EQ(framing.region, (PixelBox{0, 0, layer.width, layer.height}));
            EXPECT_LE(stretch_of(framing), 0.015 + 1e-9);
        }
    }
}

TEST(Framing, UsesOnlySizesThatTheModelHas) {
    const CanvasSizes listed = kontext_sizes();
    for (const Size layer : all_layers()) {
        const Size canvas = choose_framing(layer, listed).canvas;
        EXPECT_NE(std::ranges::find(listed.listed, canvas), listed.listed.end());
        const Size any = choose_framing(layer, any_megapixel()).canvas;
        EXPECT_EQ(any.width % 16, 0);
        EXPECT_EQ(any.height % 16, 0);
        EXPECT_NEAR(static_cast<double>(any.pixels()), 1 << 20, 0.16 * (1 << 20));
    }
}

TEST(Framing, PicksTheShapeByTheLogarithmOfTheRatio) {
    EXPECT_EQ(nearest_canvas(kontext_sizes(), 1.5), (Size{1248, 832}));
    EXPECT_EQ(nearest_canvas(kontext_sizes(), 2.0 / 3), (Size{832, 1248}));
    EXPECT_EQ(nearest_canvas(kontext_sizes(), 16.0 / 9), (Size{1392, 752}));
    EXPECT_EQ(nearest_canvas(kontext_sizes(), 100), (Size{1568, 672}));
    EXPECT_EQ(nearest_canvas(any_megapixel(), 4.0 / 3), (Size{1152, 864}));
    EXPECT_EQ(nearest_canvas(any_megapixel(), 16.0 / 9), (Size{1360, 768}));
    EXPECT_EQ(nearest_canvas(any_megapixel(), 5.0 / 4), (Size{1120, 896}));
}

TEST(Framing, StretchesALittleAndPadsWhenItWouldBeMore) {
    const Framing four_to_three = choose_framing({4000, 3000}, kontext_sizes()); // 0.9 % on 1184 x 880
    EXPECT_EQ(four_to_three.canvas, (Size{1184, 880}));
    EXPECT_EQ(four_to_three.crop, (std::array<double, 4>{0, 0, 4000, 3000}));
    EXPECT_NEAR(stretch_of(four_to_three), 0.0091, 1e-4);

    const Framing wide = choose_framing({3840, 2160}, kontext_sizes()); // 4.1 % on 1392 x 752
    EXPECT_EQ(wide.canvas, (Size{1392, 752}));
    EXPECT_NEAR(stretch_of(wide), 0, 1e-9);
    EXPECT_LT(wide.crop[0], 0);
    EXPECT_EQ(wide.crop[1], 0);
    EXPECT_EQ(wide.outside, Outside::mirrored);
}

TEST(Framing, ScalesALayerThatIsSmallerThanTheModel) {
    const Framing framing = choose_framing({300, 200}, kontext_sizes());
    EXPECT_EQ(framing.canvas, (Size{1248, 832}));
    EXPECT_NEAR(scale_of(framing), 4.16, 1e-9);
}

TEST(Framing, ShowsASelectionPixelByPixelWhereItFits) {
    const Framing framing = choose_framing({6000, 4000}, kontext_sizes(), PixelBox{2500, 1500, 500, 400});
    EXPECT_EQ(scale_of(framing), 1);
    EXPECT_EQ(stretch_of(framing), 0);
    EXPECT_EQ(framing.region.width, framing.canvas.width);
    EXPECT_EQ(framing.region.height, framing.canvas.height);
    const PixelPoint corner = to_layer(framing, {0, 0});
    EXPECT_EQ(corner.x, std::round(corner.x));
    EXPECT_EQ(corner.y, std::round(corner.y));
}

TEST(Framing, MovesTheContextIntoTheLayer) {
    const Framing framing = choose_framing({6000, 4000}, kontext_sizes(), PixelBox{5900, 3950, 100, 50});
    EXPECT_EQ(scale_of(framing), 1);
    EXPECT_EQ(framing.region.x + framing.region.width, 6000);
    EXPECT_EQ(framing.region.y + framing.region.height, 4000);
}

TEST(Framing, ShrinksAroundALargeSelectionWithoutStretching) {
    const Framing framing = choose_framing({6000, 4000}, kontext_sizes(), PixelBox{500, 500, 3000, 1000});
    EXPECT_LT(scale_of(framing), 0.5);
    EXPECT_NEAR(stretch_of(framing), 0, 1e-12);
    EXPECT_EQ(framing.crop[2], std::round(framing.crop[2]));
    EXPECT_EQ(framing.crop[3], std::round(framing.crop[3]));
}

TEST(Framing, GivesEverySelectionItsContext) {
    std::mt19937 random(7);
    for (int i = 0; i < 3000; ++i) {
        const auto upto = [&](int limit) {
            return static_cast<int>(random() % static_cast<unsigned>(limit));
        };
        const Size layer = {1 + upto(i % 3 == 0 ? 300 : 9000), 1 + upto(i % 5 == 0 ? 300 : 9000)};
        const int width = 1 + upto(layer.width);
        const int height = 1 + upto(layer.height);
        const PixelBox selection{upto(layer.width - width + 1), upto(layer.height - height + 1), width,
                                 height};
        SCOPED_TRACE(::testing::Message() << layer.width << " x " << layer.height << ": " << selection.x
                                          << ", " << selection.y << ", " << width << " x " << height);
        const CanvasSizes sizes = i % 2 == 0 ? kontext_sizes() : any_megapixel();
        const Framing framing = choose_framing(layer, sizes, selection);
        expect_exact_maps(framing);
        expect_region_is_shown(framing);
        EXPECT_LE(stretch_of(framing), 0.015 + 1e-9);
        const PixelBox& region = framing.region;
        EXPECT_TRUE(region.x <= selection.x && region.y <= selection.y &&
                    region.x + region.width >= selection.x + width &&
                    region.y + region.height >= selection.y + height);
        const bool is_whole = region.width == layer.width && region.height == layer.height;
        EXPECT_TRUE(is_whole || area_of(selection) <= 0.75 * area_of(region));
    }
}

TEST(Framing, GrowsThePictureToTheRatioThatWasAskedFor) {
    const Framing wide = choose_framing({3000, 2000}, kontext_sizes(), {}, {16, 9});
    EXPECT_EQ(wide.region, (PixelBox{-278, 0, 3556, 2000}));
    EXPECT_EQ(wide.canvas, (Size{1392, 752}));
    EXPECT_EQ(wide.outside, Outside::neutral);
    expect_exact_maps(wide);
    expect_region_is_shown(wide);

    const Framing tall = choose_framing({3000, 2000}, any_megapixel(), {}, {9, 16});
    EXPECT_EQ(tall.region.x, 0);
    EXPECT_EQ(tall.region.width, 3000);
    EXPECT_NEAR(tall.region.height, 5333, 1);
    EXPECT_LT(tall.region.y, 0);
}

TEST(Framing, KeepsThePictureThatHasTheRatioAlready) {
    const Framing framing = choose_framing({3000, 2000}, kontext_sizes(), {}, {3, 2});
    EXPECT_EQ(framing.region, (PixelBox{0, 0, 3000, 2000}));
}

TEST(Framing, RefusesEmptyLayersAndSelectionsOutside) {
    test::expect_error(ErrorCode::invalid_argument, [] { choose_framing({0, 10}, kontext_sizes()); });
    for (const PixelBox box : {PixelBox{-1, 0, 5, 5}, {0, 0, 0, 5}, {90, 0, 11, 5}, {0, 2147483647, 5, 5}}) {
        test::expect_error(ErrorCode::invalid_argument,
                           [&] { choose_framing({100, 100}, kontext_sizes(), box); });
    }
}

TEST(Framing, DescribesItselfForPeople) {
    EXPECT_EQ(describe(choose_framing({6000, 4000}, kontext_sizes())),
              "6000 × 4000 at 0, 0 of 6000 × 4000 on 1248 × 832, scale 0.208");
}

} // namespace kontext
