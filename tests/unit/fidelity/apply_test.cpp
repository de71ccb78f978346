#include "core/fidelity/apply.h"
#include "core/image/samples.h"
#include "tests/support/expect_error.h"
#include "tests/unit/fidelity/scene.h"

#include <cstring>
#include <limits>

#include <gtest/gtest.h>

namespace kontext {

namespace {

using test::Color;
using test::draw;
using test::draw_scene;
using test::Point;
using test::scene_at;

constexpr Size canvas_size{320, 240};
constexpr Size layer_size{960, 720};
constexpr CanvasMap third{1.0 / 3, 0, (1.0 / 3 - 1) / 2, 0, 1.0 / 3, (1.0 / 3 - 1) / 2};

bool in_square(Point canvas) {
    return canvas.x >= 120 && canvas.x < 190 && canvas.y >= 80 && canvas.y < 140;
}

Point to_canvas(Point layer) {
    return {(layer.x + 0.5) / 3 - 0.5, (layer.y + 0.5) / 3 - 0.5};
}

// A layer three times the canvas's size, in any format; alpha is a ramp.
Image draw_layer(PixelFormat format) {
    const Image bytes = draw(layer_size, [](Point at) { return scene_at(to_canvas(at)); });
    Image floats(layer_size, {SampleType::f32, format.channels});
    for (int y = 0; y < layer_size.height; ++y) {
        const auto* from = bytes.view().samples<std::uint8_t>(y);
        auto* to = floats.view().samples<float>(y);
        for (int x = 0; x < layer_size.width; ++x, from += 3) {
            for (int c = 0; c < format.color_channels(); ++c) {
                *to++ = static_cast<float>(from[c]) / 255 + 0.0001F * static_cast<float>(x % 7);
            }
            if (format.has_alpha()) {
                *to++ = static_cast<float>(x) / static_cast<float>(layer_size.width - 1);
            }
        }
    }
    Image layer(layer_size, format);
    convert_samples(floats.view(), layer.view());
    return layer;
}

struct Fixture {
    Image canvas = draw_scene(canvas_size);
    Image reply = draw(canvas_size, [](Point at) {
        const Point moved{at.x + 2.4, at.y - 1.3};
        return test::ModelDrift::recolor(in_square(moved) ? Color{0.9, 0.1, 0.1} : scene_at(moved));
    });
    FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});

    Placement place(const PlacementOptions& options = {}, const ColorEncoding& color = {}) const {
        return {plan, canvas.view(), reply.view(), color, third, options};
    }
};

const Fixture& fixture() {
    static const Fixture made;
    return made;
}

struct Filled {
    Image result;
    Image mask;
};

Filled fill_all(const Placement& placement, const Image& layer, int band_height) {
    Filled filled{Image(layer.size(), layer.format()), Image(layer.size(), {SampleType::u8, 1})};
    for (int y = 0; y < layer.size().height; y += band_height) {
        const int rows = std::min(band_height, layer.size().height - y);
        placement.fill({.y = y, .original = rows_of(layer.view(), y, rows)},
                       rows_of(filled.result.view(), y, rows), rows_of(filled.mask.view(), y, rows));
    }
    return filled;
}

Image blend_all(const Placement& placement, const Image& layer, const ImageView& selection = {},
                const ImageView& protection = {}) {
    Image result(layer.size(), layer.format());
    placement.blend({.original = layer.view(), .selection = selection, .protection = protection},
                    result.view());
    return result;
}

bool same_bytes(const Image& one, const Image& other) {
    const auto bytes = static_cast<std::size_t>(one.stride() * one.size().height);
    return one.size() == other.size() && std::memcmp(one.view().data, other.view().data, bytes) == 0;
}

class Apply : public testing::TestWithParam<PixelFormat> {};

TEST_P(Apply, LeavesEverySampleOutsideOfTheChangeBitForBit) {
    const Image layer = draw_layer(GetParam());
    const Placement placement = fixture().place();
    const Filled filled = fill_all(placement, layer, 64);
    const Image blended = blend_all(placement, layer);
    const auto pixel = static_cast<std::size_t>(GetParam().bytes_per_pixel());
    int changed = 0;
    for (int y = 0; y < layer_size.height; ++y) {
        for (int x = 0; x < layer_size.width; ++x) {
            const auto at = pixel * static_cast<std::size_t>(x);
            const bool same = std::memcmp(blended.view().row(y) + at, layer.view().row(y) + at, pixel) == 0;
            const bool shows = filled.mask.view().samples<std::uint8_t>(y)[x] != 0;
            const Point canvas = to_canvas({static_cast<double>(x), static_cast<double>(y)});
            const bool near =
                in_square({canvas.x - 9, canvas.y - 9}) || in_square({canvas.x + 9, canvas.y + 9}) ||
                in_square({canvas.x - 9, canvas.y + 9}) || in_square({canvas.x + 9, canvas.y - 9});
            ASSERT_TRUE(same || near) << x << ' ' << y;
            ASSERT_TRUE(shows || !in_square(canvas)) << x << ' ' << y;
            changed += same ? 0 : 1;
        }
    }
    const double square = 210 * 180;
    EXPECT_GT(changed, 0.97 * square);
    EXPECT_LT(changed, 1.5 * square);
}

TEST_P(Apply, GivesTheSameBytesForBandsOfAnyHeight) {
    const Image layer = draw_layer(GetParam());
    const Placement placement = fixture().place();
    const Filled whole = fill_all(placement, layer, layer_size.height);
    const Filled bands = fill_all(placement, layer, 37);
    EXPECT_TRUE(same_bytes(whole.result, bands.result));
    EXPECT_TRUE(same_bytes(whole.mask, bands.mask));
}

TEST_P(Apply, ShowsWhatWasPainted) {
    const Image layer = draw_layer(GetParam());
    const Image blended = blend_all(fixture().place(), layer);
    Image floats(layer_size, {SampleType::f32, GetParam().channels});
    convert_samples(blended.view(), floats.view());
    const float* pixel = floats.view().samples<float>(330) + std::ptrdiff_t{465} * GetParam().channels;
    if (GetParam().color_channels() == 3) {
        EXPECT_NEAR(pixel[0], 0.9, 0.08);
        EXPECT_NEAR(pixel[1], 0.1, 0.08);
        EXPECT_NEAR(pixel[2], 0.1, 0.08);
    } else {
        EXPECT_NEAR(pixel[0], 0.2126 * 0.9 + 0.7874 * 0.1, 0.08);
    }
    if (GetParam().has_alpha()) {
        EXPECT_NEAR(pixel[GetParam().color_channels()], 465.0 / 959, 0.003) << "alpha is the layer's";
    }
}

constexpr std::array formats{PixelFormat{SampleType::u8, 3},  PixelFormat{SampleType::u8, 4},
                             PixelFormat{SampleType::u8, 1},  PixelFormat{SampleType::u16, 3},
                             PixelFormat{SampleType::u16, 2}, PixelFormat{SampleType::f32, 4},
                             PixelFormat{SampleType::f32, 1}};

std::string name_of(const testing::TestParamInfo<PixelFormat>& format) {
    constexpr std::array names{"u8", "u16", "f32"};
    return names[static_cast<std::size_t>(format.param.sample)] + std::string("x") +
           std::to_string(format.param.channels);
}

INSTANTIATE_TEST_SUITE_P(Formats, Apply, testing::ValuesIn(formats), name_of);

TEST(Placement, ProtectedPixelsAreNeverTouched) {
    const Image layer = draw_layer({SampleType::u16, 3});
    const Image protection = test::one_channel(layer_size, [](int x, int) { return x < 480; });
    for (const FidelityMode mode : {FidelityMode::keep, FidelityMode::look, FidelityMode::raw}) {
        const Image result = blend_all(fixture().place({.mode = mode}), layer, {}, protection.view());
        for (int y = 0; y < layer_size.height; ++y) {
            ASSERT_EQ(std::memcmp(result.view().row(y), layer.view().row(y), 480 * 6), 0);
        }
        EXPECT_FALSE(same_bytes(result, layer));
    }
}

TEST(Placement, NothingShowsOutsideOfTheSelectionAndAllOfItCanBeShown) {
    const Image layer = draw_layer({SampleType::u8, 3});
    const Image selection = test::one_channel(layer_size, [](int x, int) { return x == 450; });
    const Image result = blend_all(fixture().place({.extent = Extent::selection}), layer, selection.view());
    for (int y = 0; y < layer_size.height; ++y) {
        for (int x = 0; x < 3 * layer_size.width; ++x) {
            if (x / 3 != 450) {
                ASSERT_EQ(result.view().samples<std::uint8_t>(y)[x],
                          layer.view().samples<std::uint8_t>(y)[x]);
            }
        }
    }
    EXPECT_FALSE(same_bytes(result, layer));
}

TEST(Placement, WhereTheModelKeptThePictureTheFillIsTheOriginalsOwnDetail) {
    const Image layer = draw_layer({SampleType::f32, 3});
    const Filled filled = fill_all(fixture().place(), layer, 128);
    double squares = 0;
    for (int y = 500; y < 700; ++y) {
        for (int x = 100; x < 2800; ++x) {
            const double difference =
                filled.result.view().samples<float>(y)[x] - layer.view().samples<float>(y)[x];
            squares += difference * difference;
        }
    }
    EXPECT_LT(std::sqrt(squares / (200 * 2700)), 0.02);
}

TEST(Placement, LinearLayersAndTheirUnboundedValuesAreKept) {
    Image layer = draw_layer({SampleType::f32, 3});
    layer.view().samples<float>(5)[7] = 14.5F;
    layer.view().samples<float>(5)[8] = -0.25F;
    layer.view().samples<float>(5)[9] = std::numeric_limits<float>::quiet_NaN();
    const ColorEncoding linear{.icc_profile = {}, .transfer = Transfer::linear()};
    const Placement placement = fixture().place({}, linear);
    const Image result = blend_all(placement, layer);
    EXPECT_EQ(std::memcmp(result.view().row(5), layer.view().row(5), 12 * layer_size.width), 0);
    const float red = result.view().samples<float>(330)[3 * 465];
    EXPECT_NEAR(red, srgb_to_linear(0.9F), 0.12);
}

// Soft spots of pure colour on black, as lights at night are.
Color spots_at(Point at) {
    const auto column = std::lround(at.x / 40);
    const auto row = std::lround(at.y / 40);
    const double away =
        std::hypot(at.x - 40.0 * static_cast<double>(column), at.y - 40.0 * static_cast<double>(row));
    const double light = 0.1 + 0.12 * std::exp(-away * away / 250);
    Color color{0.01, 0.01, 0.01};
    color[static_cast<std::size_t>((column + row) % 3)] += light;
    return color;
}

TEST(Placement, BlackAndWhiteHasNoColorWhereLittleIsToBeSeen) {
    const auto grey_at = [](Point at) {
        const Color color = spots_at(at);
        const double luma = 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2];
        return Color{luma, luma, luma};
    };
    const Image canvas = draw(canvas_size, spots_at);
    const Image reply = draw(canvas_size, grey_at);
    const Image layer = draw(layer_size, [](Point at) { return spots_at(to_canvas(at)); });
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    const Placement placement(plan, canvas.view(), reply.view(), {}, third, {.mode = FidelityMode::look});
    const Filled filled = fill_all(placement, layer, 64);
    int strongest = 0;
    for (int y = 0; y < layer_size.height; ++y) {
        const auto* pixel = filled.result.view().samples<std::uint8_t>(y);
        for (int x = 0; x < layer_size.width; ++x, pixel += 3) {
            strongest = std::max(strongest, std::max({pixel[0], pixel[1], pixel[2]}) -
                                                std::min({pixel[0], pixel[1], pixel[2]}));
        }
    }
    EXPECT_LE(strongest, 3);
}

TEST(Placement, RawIsTheReplyScaledUpAsItIs) {
    const Image layer = draw_layer({SampleType::u8, 3});
    const Filled filled = fill_all(fixture().place({.mode = FidelityMode::raw}), layer, 100);
    const auto* reply = fixture().reply.view().samples<std::uint8_t>(100);
    const auto* result = filled.result.view().samples<std::uint8_t>(301); // the middle of a canvas pixel
    for (int x = 10; x < 300; ++x) {
        EXPECT_NEAR(result[3 * (3 * x + 1)], reply[3 * x], 1) << x;
        EXPECT_EQ(filled.mask.view().samples<std::uint8_t>(301)[3 * x], 255);
    }
}

TEST(Placement, LayersSmallerThanTheCanvasAreFilledFromMeans) {
    constexpr Size small{40, 30};
    const CanvasMap eighth{8, 0, 3.5, 0, 8, 3.5};
    const Image layer = draw(small, [](Point) { return Color{0.5, 0.5, 0.5}; });
    const Fixture& f = fixture();
    const Placement placement(f.plan, f.canvas.view(), f.reply.view(), {}, eighth, {});
    Image result(small, layer.format());
    placement.blend({.original = layer.view()}, result.view());
    const auto* pixel = result.view().samples<std::uint8_t>(13) + std::ptrdiff_t{3} * 19;
    EXPECT_NEAR(pixel[0], 230, 20);
    EXPECT_EQ(result.view().samples<std::uint8_t>(2)[0], 128);
}

TEST(Placement, RowsBeyondTheCanvasStayTheOriginals) {
    const Image layer = draw_layer({SampleType::u8, 3});
    const Fixture& f = fixture();
    // The canvas covers the layer's lower right part only.
    const CanvasMap shifted{1.0 / 3, 0, third[2] - 100, 0, 1.0 / 3, third[5] - 80};
    const Placement placement(f.plan, f.canvas.view(), f.reply.view(), {}, shifted,
                              {.mode = FidelityMode::raw});
    const Filled filled = fill_all(placement, layer, 50);
    EXPECT_EQ(std::memcmp(filled.result.view().row(100), layer.view().row(100), 3 * layer_size.width), 0);
    EXPECT_EQ(filled.mask.view().samples<std::uint8_t>(500)[299], 0);
    EXPECT_EQ(filled.mask.view().samples<std::uint8_t>(500)[310], 255);
}

TEST(Placement, RefusesWhatDoesNotBelongTogether) {
    const Fixture& f = fixture();
    const Image other = draw_scene({64, 64});
    const CanvasMap turned{1, 0.1, 0, 0, 1, 0};
    test::expect_error(ErrorCode::invalid_argument,
                       [&] { Placement(f.plan, other.view(), f.reply.view(), {}, third); });
    test::expect_error(ErrorCode::invalid_argument,
                       [&] { Placement(f.plan, f.canvas.view(), f.reply.view(), {}, turned); });
    const Image layer = draw_layer({SampleType::u8, 3});
    Image result({10, 10}, layer.format());
    const Placement placement = f.place();
    test::expect_error(ErrorCode::invalid_argument,
                       [&] { placement.blend({.original = layer.view()}, result.view()); });
}

} // namespace

} // namespace kontext
