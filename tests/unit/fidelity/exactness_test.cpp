// What Placement promises of samples, whatever the pictures, the format and the colours.
#include "core/fidelity/apply.h"
#include "tests/unit/fidelity/scene.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <lcms2.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext {

namespace {

using test::Color;
using test::draw;
using test::draw_scene;
using test::Point;

constexpr Size canvas_size{160, 120};
constexpr Size layer_size{433, 301};

constexpr std::array every_mode{FidelityMode::automatic, FidelityMode::keep, FidelityMode::look,
                                FidelityMode::raw};

CanvasMap map_between(Size layer, Size canvas) {
    const double across = static_cast<double>(canvas.width) / layer.width;
    const double down = static_cast<double>(canvas.height) / layer.height;
    return {across, 0, (across - 1) / 2, 0, down, (down - 1) / 2};
}

Image draw_reply() {
    return draw(canvas_size, [](Point at) {
        const bool painted = std::hypot(at.x - 80, at.y - 60) < 24;
        return test::ModelDrift::recolor(painted ? Color{0.9, 0.1, 0.1} : test::scene_at(at));
    });
}

// Bits of any kind: of floats, not numbers, infinities and denormals too.
Image draw_random(Size size, PixelFormat format, unsigned seed) {
    Image picture(size, format);
    std::mt19937 bits(seed); // NOLINT(cert-msc51-cpp)
    const int row_bytes = format.bytes_per_pixel() * size.width;
    for (int y = 0; y < size.height; ++y) {
        for (int i = 0; i < row_bytes; ++i) {
            picture.view().row(y)[i] = static_cast<std::byte>(bits());
        }
    }
    return picture;
}

Image blend_whole(const Placement& placement, const Image& layer, const ImageView& selection = {}) {
    Image result(layer.size(), layer.format());
    placement.blend({.original = layer.view(), .selection = selection}, result.view());
    return result;
}

MutableImageView part_of(const MutableImageView& view, int x, int y, Size size) {
    return {view.row(y) + std::ptrdiff_t{x} * view.format.bytes_per_pixel(), size, view.format, view.stride};
}

// Blended in tiles, in place.
Image blend_tiles(const Placement& placement, const Image& layer, Size tile) {
    Image result(layer.size(), layer.format());
    for (int y = 0; y < layer.size().height; ++y) {
        std::memcpy(result.view().row(y), layer.view().row(y),
                    static_cast<std::size_t>(layer.format().bytes_per_pixel() * layer.size().width));
    }
    for (int y = 0; y < layer.size().height; y += tile.height) {
        for (int x = 0; x < layer.size().width; x += tile.width) {
            const Size size{std::min(tile.width, layer.size().width - x),
                            std::min(tile.height, layer.size().height - y)};
            const MutableImageView part = part_of(result.view(), x, y, size);
            placement.blend({.x = x, .y = y, .original = part}, part);
        }
    }
    return result;
}

// Pixels that differ, bit by bit, where that is not allowed.
template <typename Allowed>
int count_touched(const Image& one, const Image& other, Allowed allowed) {
    const auto pixel = static_cast<std::size_t>(one.format().bytes_per_pixel());
    int touched = 0;
    for (int y = 0; y < one.size().height; ++y) {
        for (int x = 0; x < one.size().width; ++x) {
            const auto at = pixel * static_cast<std::size_t>(x);
            const bool same = std::memcmp(one.view().row(y) + at, other.view().row(y) + at, pixel) == 0;
            touched += same || allowed(x, y) ? 0 : 1;
        }
    }
    return touched;
}

int count_touched(const Image& one, const Image& other) {
    return count_touched(one, other, [](int, int) { return false; });
}

std::vector<std::byte> make_wide_profile() { // Adobe RGB's primaries and exponent
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
    cmsToneCurve* curve = cmsBuildGamma(nullptr, 2.2);
    const std::array curves{curve, curve, curve};
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves.data());
    cmsUInt32Number size = 0;
    cmsSaveProfileToMem(profile, nullptr, &size);
    std::vector<std::byte> bytes(size);
    cmsSaveProfileToMem(profile, bytes.data(), &size);
    cmsCloseProfile(profile);
    cmsFreeToneCurve(curve);
    return bytes;
}

ColorEncoding encoding_of(const std::string& name) {
    if (name == "linear") {
        return {.icc_profile = {}, .transfer = Transfer::linear()};
    }
    if (name == "gamma") {
        return {.icc_profile = {}, .transfer = Transfer::gamma(2.2)};
    }
    return name == "wide" ? color_encoding_from_icc(make_wide_profile()) : ColorEncoding{};
}

struct Kind {
    PixelFormat format;
    const char* colors;
};

class Exactness : public testing::TestWithParam<Kind> {
protected:
    static Placement place(const PlacementOptions& options = {}) {
        const Image canvas = draw_scene(canvas_size);
        const Image reply = draw_reply();
        const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
        return {plan,
                canvas.view(),
                reply.view(),
                encoding_of(GetParam().colors),
                map_between(layer_size, canvas_size),
                options};
    }
};

TEST_P(Exactness, NoBitChangesWhereTheMaskIsZero) {
    const Image layer = draw_random(layer_size, GetParam().format, 7);
    const Placement placement = place();
    const Image blended = blend_whole(placement, layer);
    Image filled(layer_size, layer.format());
    Image mask(layer_size, {SampleType::f32, 1});
    placement.fill({.original = layer.view()}, filled.view(), mask.view());
    const auto shows = [&](int x, int y) { return mask.view().samples<float>(y)[x] > 0; };
    EXPECT_EQ(count_touched(blended, layer, shows), 0);
    EXPECT_GT(count_touched(blended, layer), 0);
    EXPECT_FALSE(shows(0, 0));
}

TEST_P(Exactness, AlphaIsTheOriginalsEverywhere) {
    const PixelFormat format = GetParam().format;
    if (!format.has_alpha()) {
        return;
    }
    const Image layer = draw_random(layer_size, format, 8);
    const Placement placement = place({.extent = Extent::selection});
    Image filled(layer_size, format);
    Image mask(layer_size, {SampleType::u8, 1});
    placement.fill({.original = layer.view()}, filled.view(), mask.view());
    const auto pixel = static_cast<std::size_t>(format.bytes_per_pixel());
    const std::size_t sample = pixel / static_cast<std::size_t>(format.channels);
    const Image blended = blend_whole(placement, layer);
    for (const Image* result : {&std::as_const(filled), &blended}) {
        for (int y = 0; y < layer_size.height; ++y) {
            for (std::size_t at = pixel - sample; at < pixel * layer_size.width; at += pixel) {
                ASSERT_EQ(std::memcmp(result->view().row(y) + at, layer.view().row(y) + at, sample), 0);
            }
        }
    }
}

TEST_P(Exactness, TilesInPlaceGiveTheWholesBytes) {
    const Image layer = draw_random(layer_size, GetParam().format, 9);
    const Placement placement = place({.extent = Extent::selection});
    const Image whole = blend_whole(placement, layer);
    for (const Size tile : {Size{128, 128}, Size{433, 1}, Size{1, 301}, Size{37, 50}}) {
        EXPECT_EQ(count_touched(blend_tiles(placement, layer, tile), whole), 0) << tile.width;
    }
}

TEST_P(Exactness, ASelectionOfLinesHoldsAllThatChanges) {
    const Image layer = draw_random(layer_size, GetParam().format, 10);
    const Placement placement = place({.extent = Extent::selection});
    const auto on_line = [](int x, int y) { return x == 216 || y == 150; };
    const Image selection = test::one_channel(layer_size, on_line);
    const Image blended = blend_whole(placement, layer, selection.view());
    EXPECT_EQ(count_touched(blended, layer, on_line), 0);
    EXPECT_GT(count_touched(blended, layer), 300);
}

constexpr std::array kinds{Kind{{SampleType::u8, 1}, "srgb"},    Kind{{SampleType::u8, 3}, "wide"},
                           Kind{{SampleType::u8, 4}, "srgb"},    Kind{{SampleType::u16, 2}, "gamma"},
                           Kind{{SampleType::u16, 3}, "linear"}, Kind{{SampleType::u16, 4}, "wide"},
                           Kind{{SampleType::f32, 1}, "gamma"},  Kind{{SampleType::f32, 2}, "linear"},
                           Kind{{SampleType::f32, 3}, "srgb"},   Kind{{SampleType::f32, 4}, "linear"},
                           Kind{{SampleType::f32, 4}, "wide"}};

std::string name_of(const testing::TestParamInfo<Kind>& kind) {
    constexpr std::array names{"u8", "u16", "f32"};
    return names[static_cast<std::size_t>(kind.param.format.sample)] + std::string("x") +
           std::to_string(kind.param.format.channels) + kind.param.colors;
}

INSTANTIATE_TEST_SUITE_P(Kinds, Exactness, testing::ValuesIn(kinds), name_of);

// Lays any reply onto any canvas, in every mode: outside of the mask nothing may change.
void expect_sound(const Image& canvas, const Image& reply, Size layer_of) {
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    const Image layer = draw(layer_of, [](Point at) { return test::scene_at({at.x / 3, at.y / 3}); });
    for (const FidelityMode mode : every_mode) {
        for (const Extent extent : {Extent::changes, Extent::selection}) {
            const Placement placement(plan, canvas.view(), reply.view(), {},
                                      map_between(layer_of, canvas.size()), {.mode = mode, .extent = extent});
            Image filled(layer_of, layer.format());
            Image mask(layer_of, {SampleType::f32, 1});
            placement.fill({.original = layer.view()}, filled.view(), mask.view());
            const auto shows = [&](int x, int y) { return mask.view().samples<float>(y)[x] > 0; };
            EXPECT_EQ(count_touched(blend_whole(placement, layer), layer, shows), 0);
        }
    }
}

Image draw_plain(Size size, double value) {
    return draw(size, [value](Point) { return Color{value, value, value}; });
}

TEST(Extremes, BlackAndWhiteCanvasesAndReplies) {
    for (const double canvas : {0.0, 1.0}) {
        for (const double reply : {0.0, 1.0}) {
            expect_sound(draw_plain(canvas_size, canvas), draw_plain(canvas_size, reply), layer_size);
        }
        expect_sound(draw_plain(canvas_size, canvas), draw_scene(canvas_size), layer_size);
        expect_sound(draw_scene(canvas_size), draw_plain(canvas_size, canvas), layer_size);
    }
}

TEST(Extremes, RandomReplies) {
    expect_sound(draw_scene(canvas_size), draw_random(canvas_size, {SampleType::u8, 3}, 1), layer_size);
    expect_sound(draw_random(canvas_size, {SampleType::u8, 3}, 2),
                 draw_random(canvas_size, {SampleType::u8, 3}, 3), layer_size);
}

TEST(Extremes, RepliesOfAnotherSize) {
    for (const Size size : {Size{1, 1}, Size{16, 200}, Size{97, 61}, Size{320, 240}}) {
        expect_sound(draw_scene(canvas_size), draw_scene(size), layer_size);
    }
}

TEST(Extremes, CanvasesAndLayersOfHardlyAnyPixels) {
    for (const Size canvas : {Size{1, 1}, Size{2, 3}, Size{16, 16}, Size{200, 5}, Size{5, 200}}) {
        for (const Size layer : {Size{1, 1}, Size{1, 77}, Size{77, 1}, Size{50, 40}}) {
            SCOPED_TRACE(testing::Message() << canvas.width << 'x' << canvas.height << " on " << layer.width
                                            << 'x' << layer.height);
            expect_sound(draw_scene(canvas), draw_scene(canvas, 2), layer);
        }
    }
}

// The bytes of a fill by a process of its own, as the number of threads is decided once.
std::string fill_with_threads(const char* threads, FidelityMode mode) {
    const std::string file = testing::TempDir() + "fill-" + threads + "-" + std::to_string(getpid());
    const pid_t child = fork();
    if (child == 0) {
        setenv("KONTEXT_THREADS", threads, 1);
        const Image canvas = draw_scene(canvas_size);
        const Image reply = draw_reply();
        const Image layer = draw_random(layer_size, {SampleType::f32, 3}, 11);
        const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
        const Placement placement(plan, canvas.view(), reply.view(), {}, map_between(layer_size, canvas_size),
                                  {.mode = mode});
        Image filled(layer_size, layer.format());
        Image mask(layer_size, {SampleType::f32, 1});
        placement.fill({.original = layer.view()}, filled.view(), mask.view());
        std::ofstream out(file, std::ios::binary);
        for (int y = 0; y < layer_size.height; ++y) {
            out.write(reinterpret_cast<const char*>(filled.view().row(y)), 12 * layer_size.width);
            out.write(reinterpret_cast<const char*>(mask.view().row(y)), 4 * layer_size.width);
        }
        out.close();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::stringstream bytes;
    bytes << std::ifstream(file, std::ios::binary).rdbuf();
    unlink(file.c_str());
    return status == 0 ? bytes.str() : std::string();
}

TEST(Threads, OfAnyNumberFillTheSameBytes) {
    for (const FidelityMode mode : {FidelityMode::keep, FidelityMode::look}) {
        const std::string one = fill_with_threads("1", mode);
        EXPECT_EQ(one.size(), 16U * layer_size.width * layer_size.height);
        EXPECT_TRUE(one == fill_with_threads("2", mode));
        EXPECT_TRUE(one == fill_with_threads("5", mode));
    }
}

} // namespace

} // namespace kontext
