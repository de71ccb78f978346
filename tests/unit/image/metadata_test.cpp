#include "core/image/codec.h"
#include "core/image/metadata.h"
#include "tests/support/expect_error.h"
#include "tests/support/picture_files.h"
#include "tests/support/test_folder.h"
#include "tests/unit/image/pictures.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <exiv2/exiv2.hpp>

namespace kontext {

namespace {

constexpr std::array all_names = {"a.png", "a.jpg", "a.tif", "a.webp"};

ColorEncoding make_color() {
    ColorEncoding color;
    color.icc_profile = test::make_gamma_profile(1.8);
    return color;
}

Image save(const std::filesystem::path& file, PixelFormat format = {SampleType::u8, 3}) {
    Image image = test::make_noise({40, 30}, format);
    save_picture(file, file_format_from_name(file), test::to_raster(image), make_color(), {.quality = 100});
    return image;
}

void describe(const std::filesystem::path& file) {
    const auto image = Exiv2::ImageFactory::open(file.string());
    image->readMetadata();
    Exiv2::ExifData& exif = image->exifData();
    exif["Exif.Image.Make"] = std::string("Camera & Söhne");
    exif["Exif.Image.Orientation"] = std::uint16_t{6};
    exif["Exif.Photo.PixelXDimension"] = std::uint32_t{4000};
    exif["Exif.Photo.PixelYDimension"] = std::uint32_t{3000};
    exif["Exif.GPSInfo.GPSLatitudeRef"] = std::string("N");
    exif["Exif.Photo.UserComment"] = std::string("before the edit");
    if (file.extension() != ".webp") {
        image->iptcData()["Iptc.Application2.Headline"] = std::string("a headline");
    }
    image->xmpData()["Xmp.dc.creator"] = std::string("somebody");
    image->writeMetadata();
}

void add_preview(const std::filesystem::path& file) {
    const auto image = Exiv2::ImageFactory::open(file.string());
    image->readMetadata();
    const auto jpeg = test::make_jpeg({}, {8, 8}, std::vector<std::uint8_t>(192, 77));
    Exiv2::ExifThumb(image->exifData())
        .setJpegThumbnail(reinterpret_cast<const Exiv2::byte*>(jpeg.data()),
                          static_cast<int>(jpeg.size())); // long or size_t, by Exiv2's version
    image->writeMetadata();
}

std::string exif_value(const std::filesystem::path& file, const std::string& key) {
    const auto image = Exiv2::ImageFactory::open(file.string());
    image->readMetadata();
    const auto datum = image->exifData().findKey(Exiv2::ExifKey(key));
    return datum == image->exifData().end() ? "none" : datum->toString();
}

class EachPair : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

} // namespace

TEST_P(EachPair, CarriesMetadataAndLeavesPixelsAndProfileAlone) {
    const test::TestFolder folder;
    const auto [from_name, to_name] = GetParam();
    const std::filesystem::path from = folder / (std::string("from_") + from_name);
    const std::filesystem::path to = folder / (std::string("to_") + to_name);
    save(from);
    describe(from);
    save(to);
    const Image before = test::read_all(load_picture(to).pixels);
    copy_metadata(from, to);

    EXPECT_EQ(exif_value(to, "Exif.Image.Make"), "Camera & Söhne");
    EXPECT_EQ(exif_value(to, "Exif.Image.Orientation"), "6");
    EXPECT_EQ(exif_value(to, "Exif.GPSInfo.GPSLatitudeRef"), "N");
    EXPECT_EQ(exif_value(to, "Exif.Photo.PixelXDimension"), "40");
    EXPECT_EQ(exif_value(to, "Exif.Photo.PixelYDimension"), "30");
    const auto image = Exiv2::ImageFactory::open(to.string());
    image->readMetadata();
    EXPECT_EQ(image->xmpData()["Xmp.dc.creator"].toString(), "somebody");
    const DecodedPicture after = load_picture(to);
    EXPECT_TRUE(test::same_bytes(test::read_all(after.pixels).view(), before.view()));
    EXPECT_EQ(after.color.icc_profile, make_color().icc_profile);
}

INSTANTIATE_TEST_SUITE_P(Metadata, EachPair,
                         testing::Combine(testing::ValuesIn(all_names), testing::ValuesIn(all_names)),
                         [](const auto& pair) {
                             std::string name =
                                 std::string(std::get<0>(pair.param)) + "_" + std::get<1>(pair.param);
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

TEST(Metadata, CarriesHeadlinesWhereTheFormatHasThem) {
    const test::TestFolder folder;
    save(folder / "from.jpg");
    describe(folder / "from.jpg");
    for (const char* name : {"to.jpg", "to.tif", "to.png"}) {
        save(folder / name);
        copy_metadata(folder / "from.jpg", folder / name);
        const auto image = Exiv2::ImageFactory::open((folder / name).string());
        image->readMetadata();
        EXPECT_EQ(image->iptcData()["Iptc.Application2.Headline"].toString(), "a headline") << name;
    }
}

TEST(Metadata, DropsPreviewsOfTheOldPicture) {
    const test::TestFolder folder;
    for (const char* name : {"from.jpg", "from.tif"}) {
        save(folder / name);
        describe(folder / name);
    }
    add_preview(folder / "from.jpg");
    ASSERT_NE(exif_value(folder / "from.jpg", "Exif.Thumbnail.JPEGInterchangeFormatLength"), "none");
    save(folder / "to.jpg");
    copy_metadata(folder / "from.jpg", folder / "to.jpg");
    EXPECT_EQ(exif_value(folder / "to.jpg", "Exif.Thumbnail.JPEGInterchangeFormatLength"), "none");
    EXPECT_EQ(exif_value(folder / "to.jpg", "Exif.Image.Make"), "Camera & Söhne");
}

TEST(Metadata, KeepsTheNewFilesOwnLayout) {
    const test::TestFolder folder;
    save(folder / "from.tif");
    describe(folder / "from.tif");
    const Image deep = save(folder / "to.tif", {SampleType::f32, 4});
    copy_metadata(folder / "from.tif", folder / "to.tif");
    EXPECT_EQ(exif_value(folder / "to.tif", "Exif.Image.BitsPerSample"), "32 32 32 32");
    EXPECT_TRUE(test::same_bytes(test::read_all(load_picture(folder / "to.tif").pixels).view(), deep.view()));
}

TEST(Metadata, ChangesNothingWhereThereIsNone) {
    const test::TestFolder folder;
    save(folder / "from.png");
    save(folder / "to.png");
    std::ofstream(folder / "junk.jpg") << "no picture";
    const auto read = [&] {
        std::ifstream stream(folder / "to.png", std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    const std::string before = read();
    copy_metadata(folder / "from.png", folder / "to.png");
    copy_metadata(folder / "junk.jpg", folder / "to.png");
    copy_metadata(folder / "absent.jpg", folder / "to.png");
    EXPECT_EQ(read(), before);
}

TEST(Metadata, SaysWhereItCannotBeWritten) {
    const test::TestFolder folder;
    save(folder / "from.jpg");
    describe(folder / "from.jpg");
    test::expect_error(ErrorCode::cannot_write,
                       [&] { copy_metadata(folder / "from.jpg", folder / "absent.jpg"); });
}

} // namespace kontext
