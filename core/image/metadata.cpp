#include "core/image/metadata.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <exiv2/exiv2.hpp>

namespace kontext {

namespace {

struct Metadata {
    Exiv2::ExifData exif;
    Exiv2::IptcData iptc;
    Exiv2::XmpData xmp;

    bool empty() const { return exif.empty() && iptc.empty() && xmp.empty(); }
};

// Previews and thumbnails of the old picture, in its main part and in the cameras' own.
bool shows_old_picture(std::string_view key) {
    constexpr std::array parts{
        "Exif.Thumbnail.", "Exif.SubImage", "Exif.SubThumb", "Exif.NikonPreview.",
        "Thumbnail",       "PreviewImage",  "xmpGImg",       "Exif.Image.ImageResources"};
    return std::ranges::any_of(
        parts, [&](std::string_view part) { return key.find(part) != std::string_view::npos; });
}

// How a TIFF lays out its pixels, which is the new file's own matter, and what is copied by other means.
bool describes_layout(std::string_view key) {
    constexpr std::string_view group = "Exif.Image.";
    constexpr std::array tags{"NewSubfileType",
                              "SubfileType",
                              "ImageWidth",
                              "ImageLength",
                              "BitsPerSample",
                              "Compression",
                              "PhotometricInterpretation",
                              "Thresholding",
                              "CellWidth",
                              "CellLength",
                              "FillOrder",
                              "StripOffsets",
                              "SamplesPerPixel",
                              "RowsPerStrip",
                              "StripByteCounts",
                              "PlanarConfiguration",
                              "GrayResponseUnit",
                              "GrayResponseCurve",
                              "T4Options",
                              "T6Options",
                              "TransferFunction",
                              "Predictor",
                              "WhitePoint",
                              "PrimaryChromaticities",
                              "ColorMap",
                              "HalftoneHints",
                              "TileWidth",
                              "TileLength",
                              "TileOffsets",
                              "TileByteCounts",
                              "SubIFDs",
                              "InkSet",
                              "InkNames",
                              "NumberOfInks",
                              "DotRange",
                              "ExtraSamples",
                              "SampleFormat",
                              "SMinSampleValue",
                              "SMaxSampleValue",
                              "TransferRange",
                              "JPEGTables",
                              "JPEGProc",
                              "JPEGInterchangeFormat",
                              "JPEGInterchangeFormatLength",
                              "YCbCrCoefficients",
                              "YCbCrSubSampling",
                              "YCbCrPositioning",
                              "ReferenceBlackWhite",
                              "XMLPacket",
                              "IPTCNAA",
                              "InterColorProfile"};
    return key.starts_with(group) && std::ranges::find(tags, key.substr(group.size())) != tags.end();
}

template <typename Data, typename Unwanted>
void remove_if(Data& data, Unwanted unwanted) {
    for (auto datum = data.begin(); datum != data.end();) {
        datum = unwanted(datum->key()) ? data.erase(datum) : std::next(datum);
    }
}

// What a file has; nothing where Exiv2 cannot read it, as that is no reason to lose an edit.
Metadata read_metadata(const std::filesystem::path& file) {
    try {
        const auto image = Exiv2::ImageFactory::open(file.string());
        image->readMetadata();
        return {image->exifData(), image->iptcData(), image->xmpData()};
    } catch (const std::exception&) {
        return {};
    }
}

void drop_what_belongs_to_the_old_file(Metadata& metadata) {
    remove_if(metadata.exif,
              [](std::string_view key) { return shows_old_picture(key) || describes_layout(key); });
    remove_if(metadata.xmp, [](std::string_view key) {
        return shows_old_picture(key) || key == "Xmp.tiff.ImageWidth" || key == "Xmp.tiff.ImageLength";
    });
}

void correct_size(Exiv2::ExifData& exif, const char* name, int pixels) {
    const auto datum = exif.findKey(Exiv2::ExifKey(name));
    if (datum != exif.end() && pixels > 0) {
        datum->setValue(std::to_string(pixels));
    }
}

void write_metadata(const Metadata& metadata, const std::filesystem::path& to) {
    const auto image = Exiv2::ImageFactory::open(to.string());
    image->readMetadata();
    const int width = image->pixelWidth();
    const int height = image->pixelHeight();
    const auto can_write = [&](Exiv2::MetadataId kind) {
        return (image->checkMode(kind) & Exiv2::amWrite) != 0;
    };
    if (can_write(Exiv2::mdExif)) {
        for (const Exiv2::Exifdatum& datum : metadata.exif) {
            image->exifData()[datum.key()] = datum;
        }
        correct_size(image->exifData(), "Exif.Photo.PixelXDimension", width);
        correct_size(image->exifData(), "Exif.Photo.PixelYDimension", height);
    }
    if (can_write(Exiv2::mdIptc)) {
        image->setIptcData(metadata.iptc);
    }
    if (can_write(Exiv2::mdXmp)) {
        image->setXmpData(metadata.xmp);
    }
    image->writeMetadata();
}

} // namespace

void copy_metadata(const std::filesystem::path& from, const std::filesystem::path& to) {
    static std::mutex one_at_a_time; // Exiv2's XMP part has state that threads share
    const std::scoped_lock lock(one_at_a_time);
    Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);

    Metadata metadata = read_metadata(from);
    drop_what_belongs_to_the_old_file(metadata);
    if (metadata.empty()) {
        return;
    }
    try {
        write_metadata(metadata, to);
    } catch (const std::exception& error) {
        throw Error(ErrorCode::cannot_write,
                    "The camera's data cannot be written to “" + to.string() + "”: " + error.what() + ".");
    }
}

} // namespace kontext
