#include "core/image/codec.h"
#include "core/image/samples.h"
#include "tests/support/expect_error.h"
#include "tests/support/picture_files.h"
#include "tests/support/test_folder.h"
#include "tests/unit/image/pictures.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace kontext {

namespace {

using test::expect_error;
using testing::HasSubstr;

constexpr Size odd_size = {37, 23};
constexpr std::array all_formats = {FileFormat::png, FileFormat::jpeg, FileFormat::tiff, FileFormat::webp};

struct Kind {
    FileFormat file_format;
    PixelFormat format;
};

std::string name_of_kind(const testing::TestParamInfo<Kind>& info) {
    constexpr std::array samples = {"u8", "u16", "f32"};
    return std::string(name_of(info.param.file_format)) + "_" +
           samples.at(static_cast<std::size_t>(info.param.format.sample)) + "_" +
           std::to_string(info.param.format.channels);
}

enum class Which { held, converted, all };

// Lossless formats alone, but for `all`.
std::vector<Kind> make_kinds(Which which) {
    std::vector<Kind> kinds;
    for (const FileFormat file_format : all_formats) {
        for (const SampleType sample : {SampleType::u8, SampleType::u16, SampleType::f32}) {
            for (int channels = 1; channels <= 4; ++channels) {
                const PixelFormat format{sample, channels};
                const bool held = holds_exactly(file_format, format);
                if (which == Which::all ||
                    (file_format != FileFormat::jpeg && held == (which == Which::held))) {
                    kinds.push_back({file_format, format});
                }
            }
        }
    }
    return kinds;
}

EncodeOptions lossless() {
    return {.quality = 100};
}

std::vector<std::byte> profile_for(PixelFormat format) {
    return format.color_channels() == 1 ? test::make_grey_profile(1.8) : test::make_gamma_profile(1.8);
}

void write_file(const std::filesystem::path& file, std::span<const std::byte> bytes) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// What save_picture is said to make of samples that a format cannot hold, computed the simple way.
Image expected(const Image& image, PixelFormat format) {
    const PixelFormat precise{SampleType::f32, image.format().channels};
    Image from(image.size(), precise);
    convert_samples(image.view(), from.view());
    Image fitting(image.size(), {SampleType::f32, format.channels});
    const int colors = precise.color_channels();
    for (int y = 0; y < image.size().height; ++y) {
        for (int x = 0; x < image.size().width; ++x) {
            const float* pixel = from.view().samples<float>(y) + std::ptrdiff_t{x} * precise.channels;
            float* target = fitting.view().samples<float>(y) + std::ptrdiff_t{x} * format.channels;
            const bool flatten = precise.has_alpha() && !format.has_alpha();
            const float alpha = flatten ? std::clamp(pixel[colors], 0.0F, 1.0F) : 1;
            for (int channel = 0; channel < format.color_channels(); ++channel) {
                target[channel] = pixel[std::min(channel, colors - 1)] * alpha + (1 - alpha);
            }
            if (format.has_alpha()) {
                target[format.channels - 1] = pixel[colors];
            }
        }
    }
    Image result(image.size(), format);
    convert_samples(fitting.view(), result.view());
    return result;
}

class HeldKind : public testing::TestWithParam<Kind> {};
class ConvertedKind : public testing::TestWithParam<Kind> {};
class EachKind : public testing::TestWithParam<Kind> {};

} // namespace

TEST_P(HeldKind, ComesBackAsItWas) {
    const auto [file_format, format] = GetParam();
    ColorEncoding color;
    color.icc_profile = profile_for(format);
    for (const Size size : {odd_size, Size{1, 1}, Size{1, 40}, Size{500, 1}}) {
        const Image image = test::make_noise(size, format);
        const DecodedPicture back =
            decode_picture(encode_picture(file_format, test::to_raster(image), color, lossless()));
        EXPECT_TRUE(test::same_bytes(test::read_all(back.pixels).view(), image.view()));
        EXPECT_EQ(back.file_format, file_format);
        EXPECT_EQ(back.color.icc_profile, color.icc_profile);
        EXPECT_NEAR(back.color.transfer.exponent().value_or(0), 1.8, 1e-3);
    }
}

TEST_P(ConvertedKind, ComesBackAsTheNearestThatTheFormatHolds) {
    const auto [file_format, format] = GetParam();
    ColorEncoding color;
    color.icc_profile = profile_for(format);
    const Image image = test::make_noise(odd_size, format);
    const DecodedPicture back =
        decode_picture(encode_picture(file_format, test::to_raster(image), color, lossless()));
    const Image wanted = expected(image, back.pixels.format());
    EXPECT_TRUE(test::same_bytes(test::read_all(back.pixels).view(), wanted.view()));
    EXPECT_NE(back.pixels.format(), format);
}

TEST_P(EachKind, ComesCloseInLossyFormats) {
    const auto [file_format, format] = GetParam();
    const Image gradient = test::make_gradient({64, 48}, format.channels);
    Image image(gradient.size(), format);
    convert_samples(gradient.view(), image.view());
    ColorEncoding color;
    color.icc_profile = profile_for(format);
    const DecodedPicture back =
        decode_picture(encode_picture(file_format, test::to_raster(image), color, {.quality = 95}));
    const PixelFormat bytes{SampleType::u8, back.pixels.format().channels};
    Image decoded(image.size(), bytes);
    convert_samples(test::read_all(back.pixels).view(), decoded.view());
    EXPECT_LE(test::largest_difference(decoded.view(), expected(image, bytes).view()), 12);
}

INSTANTIATE_TEST_SUITE_P(Codec, HeldKind, testing::ValuesIn(make_kinds(Which::held)), name_of_kind);
INSTANTIATE_TEST_SUITE_P(Codec, ConvertedKind, testing::ValuesIn(make_kinds(Which::converted)), name_of_kind);
INSTANTIATE_TEST_SUITE_P(Codec, EachKind, testing::ValuesIn(make_kinds(Which::all)), name_of_kind);

TEST(Codec, TellsWhatAFormatHolds) {
    EXPECT_TRUE(holds_exactly(FileFormat::png, {SampleType::u16, 2}));
    EXPECT_FALSE(holds_exactly(FileFormat::png, {SampleType::f32, 3}));
    EXPECT_TRUE(holds_exactly(FileFormat::jpeg, {SampleType::u8, 1}));
    EXPECT_FALSE(holds_exactly(FileFormat::jpeg, {SampleType::u8, 4}));
    EXPECT_FALSE(holds_exactly(FileFormat::jpeg, {SampleType::u16, 3}));
    EXPECT_TRUE(holds_exactly(FileFormat::tiff, {SampleType::f32, 4}));
    EXPECT_TRUE(holds_exactly(FileFormat::webp, {SampleType::u8, 4}));
    EXPECT_FALSE(holds_exactly(FileFormat::webp, {SampleType::u8, 1}));
}

TEST(Codec, KeepsTheProfileByteForByte) {
    for (const FileFormat file_format : all_formats) {
        ColorEncoding color;
        color.icc_profile = make_srgb_profile(); // libpng would like to replace this one
        const DecodedPicture back = decode_picture(
            encode_picture(file_format, test::to_raster(test::make_gradient(odd_size, 3)), color));
        EXPECT_EQ(back.color.icc_profile, color.icc_profile) << name_of(file_format);
        EXPECT_TRUE(back.color.transfer.is_srgb());
    }
}

TEST(Codec, WritesTheSameWithAProfileThatIsJunk) {
    for (const FileFormat file_format : all_formats) {
        ColorEncoding color;
        color.icc_profile.assign(200, std::byte{7});
        const Image image = test::make_gradient(odd_size, 3);
        const DecodedPicture back =
            decode_picture(encode_picture(file_format, test::to_raster(image), color, lossless()));
        EXPECT_LE(test::largest_difference(test::read_all(back.pixels).view(), image.view()), 3);
    }
}

TEST(Codec, WritesAProfileWithoutItsPadding) {
    ColorEncoding color = color_encoding_from_icc(make_srgb_profile());
    const std::vector<std::byte> profile = color.icc_profile;
    color.icc_profile.resize(profile.size() + 3);
    const Raster pixels = test::to_raster(test::make_gradient(odd_size, 3));
    const DecodedPicture back = decode_picture(encode_picture(FileFormat::png, pixels, color));
    EXPECT_EQ(back.color.icc_profile, profile);
}

TEST(Codec, TakesFloatsWithoutProfileForLight) {
    const Image image = test::make_noise(odd_size, {SampleType::f32, 3});
    ColorEncoding color;
    color.transfer = Transfer::linear();
    const DecodedPicture back =
        decode_picture(encode_picture(FileFormat::tiff, test::to_raster(image), color));
    EXPECT_TRUE(back.color.transfer.is_linear());
    EXPECT_TRUE(back.color.icc_profile.empty());
    EXPECT_TRUE(test::same_bytes(test::read_all(back.pixels).view(), image.view()));
}

TEST(Codec, SaysInAFloatFileThatItHoldsSrgb) {
    const Image image = test::make_noise(odd_size, {SampleType::f32, 4});
    const DecodedPicture back = decode_picture(encode_picture(FileFormat::tiff, test::to_raster(image), {}));
    EXPECT_TRUE(back.color.transfer.is_srgb());
    EXPECT_TRUE(test::same_bytes(test::read_all(back.pixels).view(), image.view()));
}

TEST(Codec, EncodesLightForFormatsThatExpectSrgb) {
    ColorEncoding color;
    color.transfer = Transfer::linear();
    for (const FileFormat file_format : all_formats) {
        const Image light = test::make_image<float>({1, 1}, {SampleType::f32, 3}, {0.18F, 0.18F, 0.18F});
        const DecodedPicture back =
            decode_picture(encode_picture(file_format, test::to_raster(light), color, lossless()));
        Image value({1, 1}, {SampleType::f32, back.pixels.format().channels});
        convert_samples(test::read_all(back.pixels).view(), value.view());
        EXPECT_NEAR(back.color.transfer.to_linear(value.view().samples<float>(0)[0]), 0.18, 0.002)
            << name_of(file_format);
    }
}

TEST(Codec, KeepsTheLightOfAPngThatHoldsLight) {
    ColorEncoding color;
    color.transfer = Transfer::linear();
    const Image image = test::make_noise(odd_size, {SampleType::u16, 3});
    const DecodedPicture back =
        decode_picture(encode_picture(FileFormat::png, test::to_raster(image), color));
    EXPECT_TRUE(back.color.transfer.is_linear());
    EXPECT_TRUE(test::same_bytes(test::read_all(back.pixels).view(), image.view()));
}

TEST(Codec, RefusesWhatIsNoPicture) {
    const auto refuse = [](std::string_view text) {
        return expect_error(ErrorCode::bad_input, [&] { decode_picture(std::as_bytes(std::span(text))); });
    };
    EXPECT_EQ(refuse(""), "The file is empty.");
    EXPECT_THAT(refuse("x"), HasSubstr("not a picture"));
    EXPECT_THAT(refuse("GIF89a and so on, for a while"), HasSubstr("not a picture"));
    EXPECT_THAT(refuse("RIFF1234WAVEfmt "), HasSubstr("not a picture"));
    EXPECT_THAT(refuse("\x89PNG\r\n\x1a\n"), HasSubstr("ends too early"));
}

TEST(Codec, RefusesWhatIsNoFile) {
    const test::TestFolder folder;
    const auto refuse = [](const std::filesystem::path& file) {
        return expect_error(ErrorCode::bad_input, [&] { load_picture(file); });
    };
    EXPECT_THAT(refuse(folder / "none.png"), HasSubstr("No such file"));
    EXPECT_THAT(refuse(folder.path()), HasSubstr("is not a file"));
    ASSERT_EQ(::mkfifo((folder / "pipe.png").c_str(), 0600), 0);
    EXPECT_THAT(refuse(folder / "pipe.png"), HasSubstr("is not a file"));
}

TEST(Codec, ReadsFilesAsItReadsMemory) {
    const test::TestFolder folder;
    for (const test::PictureFile& file : test::make_picture_files()) {
        write_file(folder / file.name, file.bytes);
        const DecodedPicture from_memory = decode_picture(file.bytes);
        const DecodedPicture from_file = load_picture(folder / file.name);
        EXPECT_TRUE(test::same_bytes(test::read_all(from_memory.pixels).view(),
                                     test::read_all(from_file.pixels).view()))
            << file.name;
    }
}

TEST(Codec, RefusesWhatGoesBeyondItsLimits) {
    for (const test::PictureFile& file : test::make_picture_files()) { // 21 x 18
        const auto refuse = [&](const DecodeLimits& limits) {
            return expect_error(ErrorCode::bad_input, [&] { decode_picture(file.bytes, limits); });
        };
        EXPECT_THAT(refuse({.side = 20}), HasSubstr("21 × 18")) << file.name;
        EXPECT_THAT(refuse({.pixels = 377}), HasSubstr("21 × 18")) << file.name;
        EXPECT_THAT(refuse({.bytes = 20}), HasSubstr("too large")) << file.name;
        EXPECT_EQ(decode_picture(file.bytes, {.side = 21, .pixels = 378}).pixels.size(), (Size{21, 18}));
    }
}

TEST(Codec, NeverTakesAPartForTheWhole) {
    for (const test::PictureFile& file : test::make_picture_files()) {
        const Image whole = test::read_all(decode_picture(file.bytes).pixels);
        for (std::size_t size = 0; size < file.bytes.size(); ++size) {
            try {
                const DecodedPicture cut = decode_picture(std::span(file.bytes).first(size));
                EXPECT_TRUE(test::same_bytes(test::read_all(cut.pixels).view(), whole.view()))
                    << file.name << " cut at " << size << " of " << file.bytes.size();
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), ErrorCode::bad_input) << error.what();
            }
        }
    }
}

TEST(Codec, SurvivesDamageAnywhere) {
    for (const test::PictureFile& file : test::make_picture_files()) {
        for (std::size_t at = 0; at < file.bytes.size(); ++at) {
            std::vector<std::byte> damaged = file.bytes;
            damaged[at] ^= std::byte{0x55};
            try {
                const DecodedPicture picture = decode_picture(damaged, {.pixels = 1'000'000});
                EXPECT_FALSE(picture.pixels.empty());
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), ErrorCode::bad_input) << file.name << ": " << error.what();
            }
        }
    }
}

TEST(Codec, WritesNoFileWhenItCannotFinish) {
    const test::TestFolder folder;
    const auto save = [](const std::filesystem::path& file, Size size, FileFormat file_format) {
        save_picture(file, file_format, Raster(size, {SampleType::u8, 1}), {});
    };
    expect_error(ErrorCode::cannot_write,
                 [&] { save(folder / "no" / "folder.png", {2, 2}, FileFormat::png); });
    expect_error(ErrorCode::cannot_write, [&] { save(folder.path(), {2, 2}, FileFormat::png); });
    expect_error(ErrorCode::cannot_write, [&] { save("/dev/null", {2, 2}, FileFormat::png); });
    expect_error(ErrorCode::invalid_argument, [&] { save(folder / "a.jpg", {70000, 1}, FileFormat::jpeg); });
    expect_error(ErrorCode::invalid_argument, [&] { save(folder / "a.webp", {1, 16384}, FileFormat::webp); });
    expect_error(ErrorCode::invalid_argument, [&] { save(folder / "a.tif", {0, 0}, FileFormat::tiff); });
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Codec, ReplacesAFileAndKeepsItsMode) {
    const test::TestFolder folder;
    const std::filesystem::path file = folder / "picture.png";
    write_file(file, std::vector<std::byte>(10));
    ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
    std::filesystem::create_symlink(file, folder / "link.png");
    const Image image = test::make_noise(odd_size, {SampleType::u16, 2});
    save_picture(folder / "link.png", FileFormat::png, test::to_raster(image), {});
    EXPECT_TRUE(test::same_bytes(test::read_all(load_picture(file).pixels).view(), image.view()));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.png"));
    EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0640));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(Codec, TellsTheFormatByAName) {
    EXPECT_EQ(file_format_from_name("a/b.png"), FileFormat::png);
    EXPECT_EQ(file_format_from_name("b.JPEG"), FileFormat::jpeg);
    EXPECT_EQ(file_format_from_name("b.jpg"), FileFormat::jpeg);
    EXPECT_EQ(file_format_from_name("x.y.Tif"), FileFormat::tiff);
    EXPECT_EQ(file_format_from_name("b.webp"), FileFormat::webp);
    for (const char* name : {"b", "b.gif", ".png", "png"}) {
        EXPECT_THAT(expect_error(ErrorCode::invalid_argument, [&] { file_format_from_name(name); }),
                    HasSubstr(".webp"))
            << name;
    }
}

} // namespace kontext
