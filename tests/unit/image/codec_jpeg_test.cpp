#include "core/image/codec.h"
#include "tests/support/expect_error.h"
#include "tests/support/picture_files.h"
#include "tests/unit/image/pictures.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace kontext {

namespace {

using Colors = test::JpegKind::Colors;
using testing::HasSubstr;

constexpr Size size = {24, 16};

std::vector<std::uint8_t> fill(const std::vector<std::uint8_t>& pixel) {
    std::vector<std::uint8_t> samples;
    for (std::int64_t i = 0; i < size.pixels(); ++i) {
        samples.insert(samples.end(), pixel.begin(), pixel.end());
    }
    return samples;
}

void expect_color(const std::vector<std::byte>& file, const std::vector<int>& color) {
    const DecodedPicture picture = decode_picture(file);
    ASSERT_EQ(picture.pixels.format(), (PixelFormat{SampleType::u8, static_cast<int>(color.size())}));
    const auto samples = test::samples_of<std::uint8_t>(test::read_all(picture.pixels).view());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        EXPECT_NEAR(samples[i], color[i % color.size()], 2);
    }
}

} // namespace

TEST(JpegCodec, ReadsGrey) {
    expect_color(test::make_jpeg({.colors = Colors::grey}, size, fill({99})), {99});
}

TEST(JpegCodec, ReadsProgressivePicturesAndRestarts) {
    expect_color(test::make_jpeg({.progressive = true}, size, fill({200, 90, 30})), {200, 90, 30});
    expect_color(test::make_jpeg({.restart_rows = 1}, size, fill({200, 90, 30})), {200, 90, 30});
}

TEST(JpegCodec, TurnsAdobesInvertedInksIntoRgb) {
    // Inverted: 255 is paper. Half cyan, no black.
    expect_color(test::make_jpeg({.colors = Colors::cmyk}, size, fill({128, 255, 255, 255})),
                 {128, 255, 255});
    expect_color(test::make_jpeg({.colors = Colors::ycck}, size, fill({128, 255, 255, 255})),
                 {128, 255, 255});
    expect_color(test::make_jpeg({.colors = Colors::cmyk}, size, fill({128, 255, 255, 51})), {26, 51, 51});
}

TEST(JpegCodec, TurnsPlainInksIntoRgb) {
    const test::JpegKind kind{.colors = Colors::cmyk, .adobe_marker = false};
    expect_color(test::make_jpeg(kind, size, fill({127, 0, 0, 0})), {128, 255, 255});
}

TEST(JpegCodec, LeavesOutAProfileForOtherColours) {
    const std::vector<std::byte> rgb = test::make_gamma_profile(1.8);
    const DecodedPicture grey =
        decode_picture(test::make_jpeg({.colors = Colors::grey, .icc_profile = rgb}, size, fill({9})));
    EXPECT_TRUE(grey.color.icc_profile.empty());
    const DecodedPicture inks = decode_picture(
        test::make_jpeg({.colors = Colors::cmyk, .icc_profile = rgb}, size, fill({9, 9, 9, 9})));
    EXPECT_TRUE(inks.color.icc_profile.empty());
    const DecodedPicture color = decode_picture(test::make_jpeg({.icc_profile = rgb}, size, fill({9, 9, 9})));
    EXPECT_EQ(color.color.icc_profile, rgb);
}

TEST(JpegCodec, KeepsAProfileOfManyMarkers) {
    std::vector<std::byte> profile = test::make_gamma_profile(2.2);
    profile.resize(200'000, std::byte{0x5A});
    const DecodedPicture picture =
        decode_picture(test::make_jpeg({.icc_profile = profile}, size, fill({9, 9, 9})));
    EXPECT_EQ(picture.color.icc_profile, profile);
    ColorEncoding color;
    color.icc_profile = profile;
    EXPECT_EQ(decode_picture(encode_picture(FileFormat::jpeg, picture.pixels, color)).color.icc_profile,
              profile);
}

TEST(JpegCodec, RefusesEndlessScans) {
    const auto few = test::make_jpeg({.scans = 100}, size, fill({1, 2, 3}));
    EXPECT_EQ(decode_picture(few).pixels.size(), size);
    const auto many = test::make_jpeg({.scans = 700}, size, fill({1, 2, 3}));
    EXPECT_THAT(test::expect_error(ErrorCode::bad_input, [&] { decode_picture(many); }),
                HasSubstr("too many scans"));
}

TEST(JpegCodec, RefusesPicturesThatItsBytesCannotHold) {
    std::vector<std::byte> file = test::make_jpeg({.progressive = true}, size, fill({1, 2, 3}));
    constexpr std::array marker = {std::byte{0xFF}, std::byte{0xC2}};
    const auto frame = std::ranges::search(file, marker).begin();
    ASSERT_NE(frame, file.end());
    // 16,640 x 16,640: its coefficients would take 1.6 GB.
    for (const std::ptrdiff_t at : {5, 7}) {
        frame[at] = std::byte{65};
    }
    EXPECT_THAT(test::expect_error(ErrorCode::bad_input, [&] { decode_picture(file); }),
                HasSubstr("ends too early"));
}

TEST(JpegCodec, RefusesPixelsThatTheLibraryMadeUp) {
    const Image image = test::make_noise({64, 64}, {SampleType::u8, 3});
    std::vector<std::byte> file = encode_picture(FileFormat::jpeg, test::to_raster(image), {});
    std::vector<std::byte> shortened(file.begin(), file.end() - 500);
    shortened.push_back(std::byte{0xFF});
    shortened.push_back(std::byte{0xD9}); // an end where there should be pixels
    EXPECT_THAT(test::expect_error(ErrorCode::bad_input, [&] { decode_picture(shortened); }),
                HasSubstr("The JPEG file is damaged"));
}

TEST(JpegCodec, KeepsFineColourFromQuality90On) {
    Image stripes({64, 64}, {SampleType::u8, 3});
    for (int y = 0; y < 64; ++y) {
        for (int x = 0; x < 64; ++x) {
            auto* pixel = stripes.view().samples<std::uint8_t>(y) + std::ptrdiff_t{x} * 3;
            pixel[x % 2 == 0 ? 0 : 2] = 200;
        }
    }
    const auto error_at = [&](int quality) {
        const auto file =
            encode_picture(FileFormat::jpeg, test::to_raster(stripes), {}, {.quality = quality});
        return test::largest_difference(test::read_all(decode_picture(file).pixels).view(), stripes.view());
    };
    EXPECT_LT(error_at(90), 50);
    EXPECT_GT(error_at(89), 80);
}

} // namespace kontext
