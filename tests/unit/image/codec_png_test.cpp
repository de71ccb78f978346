#include "core/image/codec.h"
#include "tests/support/expect_error.h"
#include "tests/support/picture_files.h"
#include "tests/unit/image/pictures.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <zlib.h>

namespace kontext {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename Sample = std::uint8_t>
std::vector<Sample> decode(const std::vector<std::byte>& file, PixelFormat format) {
    const DecodedPicture picture = decode_picture(file);
    EXPECT_EQ(picture.pixels.format(), format);
    return test::samples_of<Sample>(test::read_all(picture.pixels).view());
}

void append_number(std::vector<std::byte>& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::byte>(number >> shift));
    }
}

void append_chunk(std::vector<std::byte>& bytes, const char* name, std::span<const std::byte> data) {
    append_number(bytes, static_cast<std::uint32_t>(data.size()));
    const std::size_t start = bytes.size();
    for (int i = 0; i < 4; ++i) {
        bytes.push_back(static_cast<std::byte>(name[i]));
    }
    bytes.insert(bytes.end(), data.begin(), data.end());
    const auto* summed = reinterpret_cast<const Bytef*>(bytes.data() + start);
    append_number(bytes,
                  static_cast<std::uint32_t>(crc32(0, summed, static_cast<uInt>(bytes.size() - start))));
}

// A header that promises this size, in front of next to nothing.
std::vector<std::byte> make_bomb(std::uint32_t width, std::uint32_t height) {
    std::vector<std::byte> bytes;
    for (const int byte : {0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A}) {
        bytes.push_back(static_cast<std::byte>(byte));
    }
    std::vector<std::byte> header;
    append_number(header, width);
    append_number(header, height);
    for (const int byte : {16, 6, 0, 0, 0}) {
        header.push_back(static_cast<std::byte>(byte));
    }
    append_chunk(bytes, "IHDR", header);
    std::vector<std::byte> data(64);
    auto count = static_cast<uLongf>(data.size());
    const std::vector<Bytef> zeros(1000);
    compress(reinterpret_cast<Bytef*>(data.data()), &count, zeros.data(), static_cast<uLong>(zeros.size()));
    append_chunk(bytes, "IDAT", std::span(data).first(count));
    append_chunk(bytes, "IEND", {});
    return bytes;
}

long peak_kib() {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

TEST(PngCodec, ReadsPalettes) {
    const test::PngKind kind{
        .color_type = 3, .bit_depth = 4, .palette = {{10, 20, 30}, {40, 50, 60}, {7, 8, 9}}};
    EXPECT_THAT(
        decode(test::make_png(kind, {2, 2}, std::vector<std::uint8_t>{0x01, 0x20}), {SampleType::u8, 3}),
        ElementsAre(10, 20, 30, 40, 50, 60, 7, 8, 9, 10, 20, 30));
}

TEST(PngCodec, ReadsTransparentPaletteColours) {
    const test::PngKind kind{
        .color_type = 3, .bit_depth = 8, .palette = {{10, 20, 30}, {40, 50, 60}}, .palette_alpha = {99}};
    EXPECT_THAT(decode(test::make_png(kind, {2, 1}, std::vector<std::uint8_t>{1, 0}), {SampleType::u8, 4}),
                ElementsAre(40, 50, 60, 255, 10, 20, 30, 99));
}

TEST(PngCodec, StretchesFewBitsOfGrey) {
    const auto read = [](int bits, std::uint8_t row) {
        return decode(test::make_png({.color_type = 0, .bit_depth = bits}, {2, 1}, std::vector{row}),
                      {SampleType::u8, 1});
    };
    EXPECT_THAT(read(1, 0x40), ElementsAre(0, 255));
    EXPECT_THAT(read(2, 0x60), ElementsAre(85, 170));
    EXPECT_THAT(read(4, 0x3C), ElementsAre(51, 204));
}

TEST(PngCodec, ReadsATransparentColour) {
    const test::PngKind grey{.color_type = 0, .bit_depth = 8, .transparent_black = true};
    EXPECT_THAT(decode(test::make_png(grey, {2, 1}, std::vector<std::uint8_t>{0, 5}), {SampleType::u8, 2}),
                ElementsAre(0, 0, 5, 255));
    const test::PngKind deep{.color_type = 2, .bit_depth = 16, .transparent_black = true};
    EXPECT_THAT(decode<std::uint16_t>(test::make_png(deep, {1, 1}, std::vector<std::uint8_t>(6)),
                                      {SampleType::u16, 4}),
                ElementsAre(0, 0, 0, 0));
}

TEST(PngCodec, ReadsInterlacedPicturesLikeOthers) {
    // Large enough that the picture lies in a scratch file and each pass in many bands.
    for (const Size size : {Size{13, 11}, Size{1, 1}, Size{3, 9}, Size{1300, 2300}}) {
        const Image image = test::make_noise(size, {SampleType::u8, 4});
        const auto rows = test::samples_of<std::uint8_t>(image.view());
        const auto file = test::make_png({.color_type = 6, .interlaced = true}, size, rows);
        EXPECT_TRUE(test::same_bytes(test::read_all(decode_picture(file).pixels).view(), image.view()));
    }
}

TEST(PngCodec, TakesTheGammaForTheTransferWhereNothingElseTells) {
    const auto read = [](double gamma) {
        return decode_picture(test::make_png({.gamma = gamma}, {1, 1}, std::vector<std::uint8_t>(3))).color;
    };
    EXPECT_TRUE(read(0).transfer.is_srgb());
    EXPECT_TRUE(read(0.45455).transfer.is_srgb());
    EXPECT_TRUE(read(1).transfer.is_linear());
    EXPECT_NEAR(read(1 / 1.8).transfer.exponent().value_or(0), 1.8, 1e-3);
    EXPECT_TRUE(read(0.001).transfer.is_srgb()) << "nonsense";
}

TEST(PngCodec, RefusesBombsInLittleMemory) {
    const long before = peak_kib();
    const auto refuse = [](std::uint32_t width, std::uint32_t height) {
        return test::expect_error(ErrorCode::bad_input, [&] { decode_picture(make_bomb(width, height)); });
    };
    EXPECT_THAT(refuse(65535, 65535), HasSubstr("65535 × 65535"));
    EXPECT_THAT(refuse(65500, 65500), HasSubstr("too large"));
    EXPECT_THAT(refuse(65535, 1), HasSubstr("too large"));
    EXPECT_THAT(refuse(60000, 60000), HasSubstr("too large"));
    EXPECT_THAT(refuse(0x7FFFFFFF, 0x7FFFFFFF), HasSubstr("too large"));
    EXPECT_THAT(refuse(0xFFFFFFFF, 1), HasSubstr("too large"));
    EXPECT_THAT(refuse(0, 10), HasSubstr("no pixels"));
    EXPECT_THAT(refuse(17000, 17000), HasSubstr("ends too early")) << "within the limits, but empty";
    EXPECT_LT(peak_kib() - before, 16 << 10);
}

TEST(PngCodec, SpeaksOfTheDamageItFound) {
    std::vector<std::byte> file = test::make_png({}, {9, 9}, std::vector<std::uint8_t>(243, 77));
    file[file.size() - 20] ^= std::byte{1}; // in the pixels
    EXPECT_THAT(test::expect_error(ErrorCode::bad_input, [&] { decode_picture(file); }),
                HasSubstr("The PNG file is damaged: IDAT"));
}

TEST(PngCodec, HoldsOnToPixelsAtEveryLevel) {
    const Image image = test::make_noise({50, 40}, {SampleType::u16, 4});
    for (const int level : {0, 1, 6, 7, 9}) {
        const std::vector<std::byte> file =
            encode_picture(FileFormat::png, test::to_raster(image), {}, {.compression = level});
        EXPECT_TRUE(test::same_bytes(test::read_all(decode_picture(file).pixels).view(), image.view()));
    }
}

} // namespace kontext
