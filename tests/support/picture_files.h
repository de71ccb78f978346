#pragma once

#include "core/image/image.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Tiny picture files of kinds that we read but do not write, made by the formats' own libraries.
namespace kontext::test {

struct PngKind {
    int color_type = 2; // PNG's numbers: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha
    int bit_depth = 8;
    bool interlaced = false;
    std::vector<std::array<std::uint8_t, 3>> palette;
    std::vector<std::uint8_t> palette_alpha; // for palettes
    bool transparent_black = false;          // tRNS for grey and RGB: the value 0 is transparent
    double gamma = 0;                        // gAMA; 0: none
};
// `rows`: packed as PNG has them, 16 bits in the machine's order.
std::vector<std::byte> make_png(const PngKind& kind, Size size, std::span<const std::uint8_t> rows);

struct JpegKind {
    enum class Colors { grey, rgb, cmyk, ycck };
    Colors colors = Colors::rgb;
    bool progressive = false;
    bool adobe_marker = true; // of CMYK: says that values are inverted
    int restart_rows = 0;
    int scans = 0; // more than 0: progressive with that many scans
    std::vector<std::byte> icc_profile;
};
// `samples`: 1, 3 or 4 to a pixel, in the file's sense.
std::vector<std::byte> make_jpeg(const JpegKind& kind, Size size, std::span<const std::uint8_t> samples);

struct TiffKind {
    int bits = 8;
    int samples = 3;
    bool real = false;
    int photometric =
        2; // TIFF's numbers: 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 inks, 6 YCbCr
    int compression = 1; // 1 none, 5 LZW, 7 JPEG, 8 deflate, 32773 PackBits
    int predictor = 1;
    int extra_sample = -1; // 0 unspecified, 1 premultiplied, 2 straight
    bool separate_planes = false;
    bool tiled = false;
    bool big_endian = false;
    bool big_tiff = false;
    int rows_per_strip = 3;
    std::vector<std::array<std::uint16_t, 3>> palette;
};
// `rows`: packed as TIFF has them, in the machine's order, planes interleaved.
std::vector<std::byte> make_tiff(const TiffKind& kind, Size size, std::span<const std::byte> rows);

struct PictureFile {
    std::string name;
    std::vector<std::byte> bytes;
};
// One valid file of each kind that is read, a few pixels large.
std::vector<PictureFile> make_picture_files();

// An ICC profile that is none of the usual ones: its curve has this exponent.
std::vector<std::byte> make_gamma_profile(double exponent);
std::vector<std::byte> make_grey_profile(double exponent);

} // namespace kontext::test
