#include "core/image/codec.h"
#include "tests/support/expect_error.h"
#include "tests/support/picture_files.h"
#include "tests/unit/image/pictures.h"

#include <bit>
#include <cmath>

#include <gmock/gmock.h>

namespace kontext {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename Sample>
std::span<const std::byte> bytes_of(const std::vector<Sample>& samples) {
    return std::as_bytes(std::span(samples));
}

template <typename Sample>
std::vector<Sample> decode(const std::vector<std::byte>& file, PixelFormat format) {
    const DecodedPicture picture = decode_picture(file);
    EXPECT_EQ(picture.pixels.format(), format);
    return test::samples_of<Sample>(test::read_all(picture.pixels).view());
}

std::string refuse(const std::vector<std::byte>& file) {
    return test::expect_error(ErrorCode::bad_input, [&] { decode_picture(file); });
}

struct Layout {
    const char* name;
    test::TiffKind kind;
};

std::vector<Layout> make_layouts() {
    return {{"strips", {}},
            {"one_strip", {.compression = 8, .rows_per_strip = 1000}},
            {"big_endian", {.big_endian = true}},
            {"big_tiff", {.big_tiff = true}},
            {"big_endian_big_tiff", {.compression = 5, .big_endian = true, .big_tiff = true}},
            {"tiles", {.compression = 8, .predictor = 2, .tiled = true}},
            {"planes", {.separate_planes = true}},
            {"compressed_planes", {.compression = 32773, .separate_planes = true, .rows_per_strip = 7}},
            {"planes_of_tiles", {.compression = 5, .separate_planes = true, .tiled = true}}};
}

class EachLayout : public testing::TestWithParam<Layout> {};

} // namespace

TEST_P(EachLayout, GivesThePixelsThatWereWritten) {
    for (const SampleType sample : {SampleType::u8, SampleType::u16, SampleType::f32}) {
        for (int channels = 1; channels <= 4; ++channels) {
            const PixelFormat format{sample, channels};
            test::TiffKind kind = GetParam().kind;
            kind.bits = 8 * bytes_per_sample(sample);
            kind.samples = channels;
            kind.real = sample == SampleType::f32;
            kind.photometric = channels >= 3 ? 2 : 1;
            kind.extra_sample = format.has_alpha() ? 2 : -1;
            if (kind.predictor == 2 && kind.real) {
                kind.predictor = 3;
            }
            const Size size = {45, 39};
            const Image image = test::make_noise(size, format);
            const std::span rows(image.view().data, static_cast<std::size_t>(image.stride()) * 39);
            const Image back = test::read_all(decode_picture(test::make_tiff(kind, size, rows)).pixels);
            EXPECT_TRUE(test::same_bytes(back.view(), image.view())) << channels << " of " << kind.bits;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(TiffCodec, EachLayout, testing::ValuesIn(make_layouts()),
                         [](const auto& layout) { return layout.param.name; });

TEST(TiffCodec, ReadsPalettes) {
    const test::TiffKind kind{.bits = 4,
                              .samples = 1,
                              .photometric = 3,
                              .palette = std::vector<std::array<std::uint16_t, 3>>(16, {0x1234, 0xFFFF, 0})};
    EXPECT_THAT(decode<std::uint8_t>(test::make_tiff(kind, {2, 1}, bytes_of<std::uint8_t>({0x1F})),
                                     {SampleType::u8, 3}),
                ElementsAre(0x12, 0xFF, 0, 0x12, 0xFF, 0));
}

TEST(TiffCodec, ReadsFewBitsAndWhiteThatIsZero) {
    const auto read = [](int bits, int photometric, std::uint8_t row) {
        const test::TiffKind kind{.bits = bits, .samples = 1, .photometric = photometric};
        return decode<std::uint8_t>(test::make_tiff(kind, {2, 1}, bytes_of<std::uint8_t>({row})),
                                    {SampleType::u8, 1});
    };
    EXPECT_THAT(read(1, 1, 0x40), ElementsAre(0, 255));
    EXPECT_THAT(read(1, 0, 0x40), ElementsAre(255, 0));
    EXPECT_THAT(read(2, 1, 0x60), ElementsAre(85, 170));
    EXPECT_THAT(read(4, 0, 0x3C), ElementsAre(204, 51));
}

TEST(TiffCodec, DividesPremultipliedAlphaOut) {
    const test::TiffKind bytes{.samples = 4, .extra_sample = 1};
    const auto eight = bytes_of<std::uint8_t>;
    EXPECT_THAT(decode<std::uint8_t>(
                    test::make_tiff(bytes, {3, 1}, eight({50, 100, 0, 100, 9, 9, 9, 0, 1, 2, 3, 255})),
                    {SampleType::u8, 4}),
                ElementsAre(128, 255, 0, 100, 0, 0, 0, 0, 1, 2, 3, 255));
    const test::TiffKind floats{.bits = 32, .samples = 2, .real = true, .photometric = 1, .extra_sample = 1};
    EXPECT_THAT(decode<float>(test::make_tiff(floats, {2, 1}, bytes_of<float>({0.75F, 0.5F, 3, 0})),
                              {SampleType::f32, 2}),
                ElementsAre(1.5F, 0.5F, 0, 0));
}

TEST(TiffCodec, LeavesSavedSelectionsOut) {
    const test::TiffKind kind{.samples = 4, .extra_sample = 0};
    EXPECT_THAT(decode<std::uint8_t>(test::make_tiff(kind, {1, 1}, bytes_of<std::uint8_t>({1, 2, 3, 4})),
                                     {SampleType::u8, 3}),
                ElementsAre(1, 2, 3));
}

TEST(TiffCodec, ReadsHalvesExactly) {
    const std::vector<std::uint16_t> halves{0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x3C00,
                                            0xC000, 0x7BFF, 0x7C00, 0xFC00, 0x3555, 0x7E00};
    const test::TiffKind kind{.bits = 16, .samples = 1, .real = true, .photometric = 1};
    const std::vector<float> floats =
        decode<float>(test::make_tiff(kind, {12, 1}, bytes_of(halves)), {SampleType::f32, 1});
    const std::vector<float> wanted{0,  -0.0F, 0x1p-24F, 0x3FFp-24F, 0x1p-14F,  1,
                                    -2, 65504, INFINITY, -INFINITY,  0x555p-12F};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_EQ(std::bit_cast<std::uint32_t>(floats[i]), std::bit_cast<std::uint32_t>(wanted[i])) << i;
    }
    EXPECT_TRUE(std::isnan(floats[11]));
}

TEST(TiffCodec, ReadsLongNumbersAsFloats) {
    const test::TiffKind whole{.bits = 32, .samples = 1, .photometric = 1};
    EXPECT_THAT(decode<float>(test::make_tiff(whole, {2, 1}, bytes_of<std::uint32_t>({0, 0xFFFFFFFF})),
                              {SampleType::f32, 1}),
                ElementsAre(0, 1));
    const test::TiffKind real{.bits = 64, .samples = 1, .real = true, .photometric = 1};
    EXPECT_THAT(
        decode<float>(test::make_tiff(real, {2, 1}, bytes_of<double>({0.5, -2})), {SampleType::f32, 1}),
        ElementsAre(0.5F, -2));
}

TEST(TiffCodec, TakesFloatsForLightAndIntegersForSrgb) {
    const test::TiffKind half{.bits = 16, .samples = 1, .real = true, .photometric = 1};
    EXPECT_TRUE(decode_picture(test::make_tiff(half, {1, 1}, bytes_of<std::uint16_t>({0})))
                    .color.transfer.is_linear());
    const test::TiffKind whole{.bits = 32, .samples = 1, .photometric = 1};
    EXPECT_TRUE(decode_picture(test::make_tiff(whole, {1, 1}, bytes_of<std::uint32_t>({0})))
                    .color.transfer.is_srgb());
}

TEST(TiffCodec, TurnsInksIntoRgb) {
    const test::TiffKind bytes{.samples = 4, .photometric = 5};
    EXPECT_THAT(decode<std::uint8_t>(
                    test::make_tiff(bytes, {2, 1}, bytes_of<std::uint8_t>({127, 0, 0, 0, 127, 0, 0, 204})),
                    {SampleType::u8, 3}),
                ElementsAre(128, 255, 255, 26, 51, 51));
    const test::TiffKind planes{.bits = 16, .samples = 4, .photometric = 5, .separate_planes = true};
    EXPECT_THAT(
        decode<std::uint16_t>(test::make_tiff(planes, {1, 1}, bytes_of<std::uint16_t>({65535, 0, 0, 0})),
                              {SampleType::u16, 3}),
        ElementsAre(0, 65535, 65535));
}

TEST(TiffCodec, ReadsJpegInside) {
    const Image image = test::make_gradient({40, 40}, 3);
    const std::span rows(image.view().data, static_cast<std::size_t>(image.stride()) * 40);
    const auto file = test::make_tiff({.photometric = 6, .compression = 7}, {40, 40}, rows);
    EXPECT_LE(test::largest_difference(test::read_all(decode_picture(file).pixels).view(), image.view()), 20);
}

TEST(TiffCodec, RefusesWhatItDoesNotKnow) {
    EXPECT_THAT(refuse(test::make_tiff({.photometric = 8}, {1, 1}, bytes_of<std::uint8_t>({1, 2, 3}))),
                HasSubstr("colours in a way"));
    const test::TiffKind complex{.bits = 12, .samples = 1, .photometric = 1};
    EXPECT_THAT(refuse(test::make_tiff(complex, {2, 1}, bytes_of<std::uint8_t>({1, 2, 3}))),
                HasSubstr("12 bits"));
}

TEST(TiffCodec, RefusesPicturesThatItsBytesCannotHold) {
    // The width and height fields of a small file, set to much more: little-endian, one tag after the other.
    std::vector<std::byte> file = test::make_tiff({}, {8, 8}, bytes_of(std::vector<std::uint8_t>(192)));
    int changed = 0;
    for (std::size_t at = 0; at + 12 <= file.size(); ++at) {
        const auto tag = std::to_integer<int>(file[at]) | std::to_integer<int>(file[at + 1]) << 8;
        const bool one_value = file[at + 4] == std::byte{1} && file[at + 5] == std::byte{0};
        if ((tag == 256 || tag == 257) && one_value && file[at + 8] == std::byte{8}) {
            file[at + 9] = std::byte{0x3A}; // 14,856
            ++changed;
        }
    }
    ASSERT_EQ(changed, 2);
    EXPECT_THAT(refuse(file), HasSubstr("ends too early"));
}

TEST(TiffCodec, RefusesTilesMuchLargerThanThePicture) {
    std::vector<std::byte> file =
        test::make_tiff({.compression = 8, .tiled = true}, {8, 8}, bytes_of(std::vector<std::uint8_t>(192)));
    int changed = 0;
    for (std::size_t at = 0; at + 12 <= file.size(); ++at) {
        const auto tag = std::to_integer<int>(file[at]) | std::to_integer<int>(file[at + 1]) << 8;
        if ((tag == 322 || tag == 323) && file[at + 8] == std::byte{16}) {
            file[at + 9] = std::byte{0x75}; // 29,968
            ++changed;
        }
    }
    ASSERT_EQ(changed, 2);
    EXPECT_THAT(refuse(file), HasSubstr("damaged"));
}

} // namespace kontext
