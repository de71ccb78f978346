#include "core/framing/frame_picture.h"
#include "core/image/samples.h"
#include "tests/support/expect_error.h"
#include "tests/unit/framing/framing_samples.h"

#include <array>
#include <cmath>
#include <limits>

namespace kontext {

namespace {

// A picture whose samples, as floats, are color(x, y, channel).
template <typename Color>
Raster make_layer(Size size, PixelFormat format, const Color& color) {
    Raster layer(size, format);
    Image row({size.width, 1}, {SampleType::f32, format.channels});
    Image converted({size.width, 1}, format);
    for (int y = 0; y < size.height; ++y) {
        auto* to = row.view().samples<float>(0);
        for (int i = 0; i < size.width * format.channels; ++i) {
            to[i] = color(i / format.channels, y, i % format.channels);
        }
        convert_samples(row.view(), converted.view());
        layer.write_rows(y, converted.view());
    }
    return layer;
}

std::array<int, 3> pixel_at(const Image& canvas, int x, int y) {
    const auto* pixel = canvas.view().samples<std::uint8_t>(y) + 3 * x;
    return {pixel[0], pixel[1], pixel[2]};
}

void expect_near(const std::array<int, 3>& pixel, const std::array<int, 3>& wanted, int tolerance) {
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(pixel[c], wanted[c], tolerance);
    }
}

// Smooth, so that resampling has an exact answer: value at a layer pixel's centre.
float ramp(int x, int y, int channel, Size size) {
    const float across = (static_cast<float>(x) + 0.5F) / static_cast<float>(size.width);
    const float down = (static_cast<float>(y) + 0.5F) / static_cast<float>(size.height);
    return channel == 0 ? across : channel == 1 ? down : 0.5F * across + 0.25F;
}

} // namespace

TEST(FramePicture, CopiesPixelsWhereTheScaleIsOne) {
    const Size size = {1600, 1200};
    const Raster layer = make_layer(size, {SampleType::u8, 3}, [](int x, int y, int c) {
        return static_cast<float>((x * 7 + y * 13 + c * 29) % 256) / 255;
    });
    const Framing framing = choose_framing(size, test::kontext_sizes(), PixelBox{700, 500, 60, 60});
    ASSERT_EQ(scale_of(framing), 1);
    const Image canvas = frame_picture(layer, {}, framing);
    for (int y = 0; y < canvas.size().height; y += 37) {
        for (int x = 0; x < canvas.size().width; x += 41) {
            const int value = (x + framing.region.x) * 7 + (y + framing.region.y) * 13;
            expect_near(pixel_at(canvas, x, y), {value % 256, (value + 29) % 256, (value + 58) % 256}, 0);
        }
    }
}

TEST(FramePicture, PutsEveryPixelWhereTheMapSays) {
    for (const Size size : {Size{2500, 1667}, {640, 480}, {3000, 300}}) { // shrunk, enlarged, padded
        for (const SampleType sample : {SampleType::u8, SampleType::u16, SampleType::f32}) {
            const Raster layer =
                make_layer(size, {sample, 3}, [&](int x, int y, int c) { return ramp(x, y, c, size); });
            const Framing framing = choose_framing(size, test::kontext_sizes());
            const Image canvas = frame_picture(layer, {}, framing);
            for (const double share : {0.1, 0.5, 0.83}) {
                const PixelPoint at = to_canvas(framing, {share * size.width, share * size.height});
                const int x = static_cast<int>(at.x);
                const int y = static_cast<int>(at.y);
                const PixelPoint from = to_layer(framing, {double(x), double(y)});
                const auto across = static_cast<int>(std::lround(255 * (from.x + 0.5) / size.width));
                const auto down = static_cast<int>(std::lround(255 * (from.y + 0.5) / size.height));
                expect_near(pixel_at(canvas, x, y), {across, down, across / 2 + 64}, 2);
            }
        }
    }
}

TEST(FramePicture, MirrorsWhatTheLayerHasNot) {
    const Size size = {3000, 300};
    const Raster layer =
        make_layer(size, {SampleType::u8, 3}, [&](int x, int y, int c) { return ramp(x, y, c, size); });
    const Framing framing = choose_framing(size, test::kontext_sizes());
    const Image canvas = frame_picture(layer, {}, framing);
    const int top = static_cast<int>(std::lround(to_canvas(framing, {0, -0.5}).y + 0.5));
    ASSERT_GT(top, 40);
    for (const int distance : {0, 5, 20}) {
        expect_near(pixel_at(canvas, 500, top - 1 - distance), pixel_at(canvas, 500, top + distance), 2);
    }
}

TEST(FramePicture, ShowsGreyThroughWhatIsTransparent) {
    const Raster layer = make_layer({400, 400}, {SampleType::u8, 4}, [](int x, int, int c) {
        return c == 3 ? (x < 200 ? 0.0F : x < 300 ? 0.5F : 1.0F) : (c == 0 ? 1.0F : 0.0F);
    });
    const Image canvas = frame_picture(layer, {}, choose_framing({400, 400}, test::kontext_sizes()));
    expect_near(pixel_at(canvas, 100, 512), {128, 128, 128}, 1);
    expect_near(pixel_at(canvas, 640, 512), {191, 64, 64}, 2);
    expect_near(pixel_at(canvas, 900, 512), {255, 0, 0}, 0);
}

TEST(FramePicture, DoesNotLetTransparentColoursBleed) {
    // Bright green where nothing is, red where something is, in columns of one pixel.
    const Raster layer = make_layer({4096, 4096 / 4}, {SampleType::u8, 4}, [](int x, int, int c) {
        const bool is_there = x % 2 == 0;
        return c == 3 ? (is_there ? 1.0F : 0.0F) : c == (is_there ? 0 : 1) ? 1.0F : 0.0F;
    });
    const Image canvas = frame_picture(layer, {}, choose_framing(layer.size(), test::kontext_sizes()));
    const auto pixel = pixel_at(canvas, canvas.size().width / 2, canvas.size().height / 2);
    EXPECT_NEAR(pixel[1], pixel[2], 1);
    EXPECT_GT(pixel[0], 150);
}

TEST(FramePicture, LeavesGreyRoomToGrow) {
    const Raster layer = make_layer({900, 600}, {SampleType::u8, 3}, [](int, int, int) { return 1.0F; });
    const Framing framing = choose_framing({900, 600}, test::kontext_sizes(), {}, {16, 9});
    const Image canvas = frame_picture(layer, {}, framing);
    expect_near(pixel_at(canvas, 2, 300), {128, 128, 128}, 1);
    expect_near(pixel_at(canvas, 700, 300), {255, 255, 255}, 0);
}

TEST(FramePicture, ConvertsToSrgb) {
    const Size size = {64, 64};
    const Raster linear =
        make_layer(size, {SampleType::f32, 3}, [](int, int, int c) { return c == 0 ? 0.2140F : 4.0F; });
    const Framing framing = choose_framing(size, test::kontext_sizes());
    ColorEncoding color;
    color.transfer = Transfer::linear();
    expect_near(pixel_at(frame_picture(linear, color, framing), 500, 500), {127, 255, 255}, 1);

    const Raster grey = make_layer(size, {SampleType::u16, 1}, [](int, int, int) { return 0.25F; });
    expect_near(pixel_at(frame_picture(grey, {}, framing), 500, 500), {64, 64, 64}, 1);
}

TEST(FramePicture, KeepsColoursThatHaveAnSrgbProfile) {
    const Size size = {64, 64};
    const Raster layer = make_layer(size, {SampleType::u8, 3},
                                    [](int, int, int c) { return static_cast<float>(c + 1) * 0.25F; });
    const ColorEncoding color = color_encoding_from_icc(make_srgb_profile());
    const Image canvas = frame_picture(layer, color, choose_framing(size, test::kontext_sizes()));
    expect_near(pixel_at(canvas, 500, 500), {64, 128, 191}, 1);
}

TEST(FramePicture, PassesOverProfilesOfAnotherKind) {
    const Size size = {8, 8};
    const Raster grey = make_layer(size, {SampleType::u8, 1}, [](int, int, int) { return 0.5F; });
    ColorEncoding color;
    color.icc_profile = make_srgb_profile(); // RGB, and the picture is grey
    const Image canvas = frame_picture(grey, color, choose_framing(size, test::kontext_sizes()));
    expect_near(pixel_at(canvas, 500, 500), {128, 128, 128}, 1);
}

TEST(FramePicture, SurvivesSamplesThatAreNoNumbers) {
    const Size size = {300, 300};
    for (const int channels : {1, 2, 3, 4}) {
        const Raster layer = make_layer(size, {SampleType::f32, channels}, [](int x, int y, int c) {
            return (x + y + c) % 3 == 0   ? std::numeric_limits<float>::quiet_NaN()
                   : (x + y + c) % 3 == 1 ? std::numeric_limits<float>::infinity()
                                          : -1e30F;
        });
        const Image canvas = frame_picture(layer, {}, choose_framing(size, test::kontext_sizes()));
        EXPECT_EQ(canvas.size(), (Size{1024, 1024}));
    }
}

TEST(FramePicture, ReadsLayersOfAnyShape) {
    for (const Size size : {Size{1, 1}, {1, 3}, {20000, 1}, {1, 20000}, {20000, 60}}) {
        SCOPED_TRACE(size.width);
        const Raster layer =
            make_layer(size, {SampleType::u8, 3}, [](int, int, int c) { return c == 1 ? 1.0F : 0.0F; });
        const Image canvas = frame_picture(layer, {}, choose_framing(size, test::kontext_sizes()));
        expect_near(pixel_at(canvas, 0, 0), {0, 255, 0}, 0);
        expect_near(pixel_at(canvas, canvas.size().width - 1, canvas.size().height - 1), {0, 255, 0}, 0);
    }
}

TEST(FramePicture, RefusesALayerOfAnotherSize) {
    const Raster layer({10, 10}, {SampleType::u8, 3});
    test::expect_error(ErrorCode::invalid_argument,
                       [&] { frame_picture(layer, {}, choose_framing({10, 11}, test::kontext_sizes())); });
}

TEST(FramePicture, StopsWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    const Raster layer({10, 10}, {SampleType::u8, 3});
    EXPECT_THROW(frame_picture(layer, {}, choose_framing({10, 10}, test::kontext_sizes()), stop.get_token()),
                 Cancelled);
}

TEST(FrameMask, ShowsCoverageAndNothingOutside) {
    const Size size = {3000, 300};
    const Raster mask =
        make_layer(size, {SampleType::u16, 1}, [](int x, int, int) { return x < 1500 ? 1.0F : 0.25F; });
    const Framing framing = choose_framing(size, test::kontext_sizes());
    const Image canvas = frame_mask(mask, framing);
    const auto value = [&](int x, int y) { return canvas.view().samples<std::uint8_t>(y)[x]; };
    const int middle = framing.canvas.height / 2;
    EXPECT_EQ(value(100, middle), 255);
    EXPECT_EQ(value(framing.canvas.width - 100, middle), 64);
    EXPECT_EQ(value(100, 2), 0);
}

} // namespace kontext
