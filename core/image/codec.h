#pragma once

#include "core/image/color.h"
#include "core/image/raster.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace kontext {

enum class FileFormat { png, jpeg, tiff, webp };

// Limits that are checked before anything is allocated or decoded.
struct DecodeLimits {
    std::int64_t bytes = std::int64_t{4} << 30; // of the file
    int side = 65'000;                          // pixels
    std::int64_t pixels = 300'000'000;
};

// A decoded picture: samples as the file has them (8-bit stays 8-bit, palettes and CMYK become RGB,
// 1-, 2- and 4-bit grey become 8-bit), profile kept. Orientation tags are not applied: metadata goes along.
struct DecodedPicture {
    Raster pixels;
    ColorEncoding color;
    FileFormat file_format = FileFormat::png;
};

// By magic bytes, never by name. Throws Error(bad_input) with a sentence that names the reason: not an image
// that we read, damaged, truncated, too large. Any thread.
DecodedPicture decode_picture(std::span<const std::byte> bytes, const DecodeLimits& limits = {});
DecodedPicture load_picture(const std::filesystem::path& file, const DecodeLimits& limits = {});

struct EncodeOptions {
    int quality = 95;    // JPEG 1..100, 4:4:4 from 90; WebP: 100 is lossless
    int compression = 6; // PNG 0..9
};

// Whether a format can hold these samples exactly as they are; save_picture converts otherwise
// (16-bit to 8 with rounding, alpha over white for JPEG).
bool holds_exactly(FileFormat file_format, PixelFormat format);

// Writes by rows, so memory stays flat (WebP excepted, whose sides end at 16383). The file appears complete
// or not at all: written beside, then renamed. Throws Error(cannot_write), or Error(invalid_argument)
// for what the format cannot hold.
void save_picture(const std::filesystem::path& file, FileFormat file_format, const Raster& pixels,
                  const ColorEncoding& color, const EncodeOptions& options = {});
std::vector<std::byte> encode_picture(FileFormat file_format, const Raster& pixels,
                                      const ColorEncoding& color, const EncodeOptions& options = {});

// From a name's suffix (.png .jpg .jpeg .tif .tiff .webp, any case).
// Throws Error(invalid_argument) with the list of what is possible.
FileFormat file_format_from_name(const std::filesystem::path& file);
std::string_view name_of(FileFormat file_format); // "PNG", "JPEG", "TIFF", "WebP"

} // namespace kontext
