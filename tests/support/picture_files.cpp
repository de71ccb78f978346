#include "tests/support/picture_files.h"

#include "core/image/codec.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <stdexcept>

#include <jpeglib.h>
#include <lcms2.h>
#include <png.h>
#include <tiffio.h>

namespace kontext::test {

namespace {

using Bytes = std::vector<std::byte>;

void append(Bytes& bytes, const void* data, std::size_t count) {
    const auto* start = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), start, start + count);
}

} // namespace

Bytes make_png(const PngKind& kind, Size size, std::span<const std::uint8_t> rows) {
    Bytes bytes;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(
        png, &bytes,
        [](png_structp writer, png_bytep data, std::size_t count) {
            append(*static_cast<Bytes*>(png_get_io_ptr(writer)), data, count);
        },
        [](png_structp) {});
    png_set_IHDR(png, info, static_cast<png_uint_32>(size.width), static_cast<png_uint_32>(size.height),
                 kind.bit_depth, kind.color_type, kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    if (kind.color_type == PNG_COLOR_TYPE_PALETTE) {
        std::vector<png_color> colors(kind.palette.size());
        std::ranges::transform(kind.palette, colors.begin(),
                               [](const auto& color) { return png_color{color[0], color[1], color[2]}; });
        png_set_PLTE(png, info, colors.data(), static_cast<int>(colors.size()));
        if (!kind.palette_alpha.empty()) {
            png_set_tRNS(png, info, kind.palette_alpha.data(), static_cast<int>(kind.palette_alpha.size()),
                         nullptr);
        }
    }
    if (kind.transparent_black) {
        const png_color_16 black = {};
        png_set_tRNS(png, info, nullptr, 0, &black);
    }
    if (kind.gamma > 0) {
        png_set_gAMA(png, info, kind.gamma);
    }
    png_write_info(png, info);
    if (kind.bit_depth == 16) {
        png_set_swap(png);
    }
    const std::size_t row_bytes = rows.size() / static_cast<std::size_t>(size.height);
    std::vector<png_bytep> pointers(static_cast<std::size_t>(size.height));
    for (std::size_t y = 0; y < pointers.size(); ++y) {
        pointers[y] = const_cast<png_bytep>(rows.data()) + y * row_bytes;
    }
    png_write_image(png, pointers.data());
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return bytes;
}

namespace {

// A scan for each coefficient of each component, then again for a bit more of each: up to four times.
std::vector<jpeg_scan_info> make_scans(int components, int count) {
    constexpr int coefficients = 63;
    std::vector<jpeg_scan_info> scans;
    jpeg_scan_info first = {};
    first.comps_in_scan = components;
    for (int i = 0; i < components; ++i) {
        first.component_index[i] = i;
    }
    scans.push_back(first);
    for (int i = 0; i < count - 1; ++i) {
        const int pass = i / (coefficients * components);
        jpeg_scan_info more = {};
        more.comps_in_scan = 1;
        more.component_index[0] = i % components;
        more.Ss = 1 + i / components % coefficients;
        more.Se = more.Ss;
        more.Ah = pass == 0 ? 0 : 4 - pass;
        more.Al = 3 - pass;
        scans.push_back(more);
    }
    return scans;
}

} // namespace

Bytes make_jpeg(const JpegKind& kind, Size size, std::span<const std::uint8_t> samples) {
    using Colors = JpegKind::Colors;
    jpeg_compress_struct jpeg = {};
    jpeg_error_mgr errors = {};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* memory = nullptr;
    unsigned long count = 0;
    jpeg_mem_dest(&jpeg, &memory, &count);
    jpeg.image_width = static_cast<JDIMENSION>(size.width);
    jpeg.image_height = static_cast<JDIMENSION>(size.height);
    const bool inks = kind.colors == Colors::cmyk || kind.colors == Colors::ycck;
    jpeg.input_components = kind.colors == Colors::grey ? 1 : (inks ? 4 : 3);
    jpeg.in_color_space = kind.colors == Colors::grey ? JCS_GRAYSCALE : (inks ? JCS_CMYK : JCS_RGB);
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    if (kind.colors == Colors::ycck) {
        jpeg_set_colorspace(&jpeg, JCS_YCCK);
    }
    if (inks) {
        jpeg.write_Adobe_marker = kind.adobe_marker ? TRUE : FALSE;
    }
    for (int i = 0; i < jpeg.num_components; ++i) {
        jpeg.comp_info[i].h_samp_factor = 1;
        jpeg.comp_info[i].v_samp_factor = 1;
    }
    jpeg.restart_in_rows = kind.restart_rows;
    std::vector<jpeg_scan_info> scans;
    if (kind.progressive) {
        jpeg_simple_progression(&jpeg);
    }
    if (kind.scans > 0) {
        scans = make_scans(jpeg.num_components, kind.scans);
        jpeg.scan_info = scans.data();
        jpeg.num_scans = kind.scans;
    }
    jpeg_start_compress(&jpeg, TRUE);
    if (!kind.icc_profile.empty()) {
        jpeg_write_icc_profile(&jpeg, reinterpret_cast<const JOCTET*>(kind.icc_profile.data()),
                               static_cast<unsigned>(kind.icc_profile.size()));
    }
    const std::size_t row_bytes = samples.size() / static_cast<std::size_t>(size.height);
    for (std::size_t y = 0; y < static_cast<std::size_t>(size.height); ++y) {
        auto* row = const_cast<JSAMPROW>(samples.data()) + y * row_bytes;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    Bytes bytes;
    append(bytes, memory, count);
    std::free(memory);
    return bytes;
}

namespace {

// libtiff's file: bytes that grow.
struct MemoryFile {
    Bytes bytes;
    std::size_t position = 0;
};

tmsize_t read_memory(thandle_t handle, void* into, tmsize_t count) {
    auto& file = *static_cast<MemoryFile*>(handle);
    const std::size_t there = file.bytes.size() - std::min(file.position, file.bytes.size());
    const std::size_t got = std::min(there, static_cast<std::size_t>(count));
    std::copy_n(file.bytes.data() + file.position, got, static_cast<std::byte*>(into));
    file.position += got;
    return static_cast<tmsize_t>(got);
}

tmsize_t write_memory(thandle_t handle, void* from, tmsize_t count) {
    auto& file = *static_cast<MemoryFile*>(handle);
    file.bytes.resize(std::max(file.bytes.size(), file.position + static_cast<std::size_t>(count)));
    std::memcpy(file.bytes.data() + file.position, from, static_cast<std::size_t>(count));
    file.position += static_cast<std::size_t>(count);
    return count;
}

toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
    auto& file = *static_cast<MemoryFile*>(handle);
    std::size_t base = 0;
    if (whence == SEEK_CUR) {
        base = file.position;
    } else if (whence == SEEK_END) {
        base = file.bytes.size();
    }
    file.position = base + static_cast<std::size_t>(offset);
    return file.position;
}

void describe(TIFF* tiff, const TiffKind& kind, Size size) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, size.width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, size.height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind.real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
                 kind.separate_planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.photometric);
    if (kind.compression == COMPRESSION_JPEG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, 100);
    }
    if (kind.predictor != 1) {
        TIFFSetField(tiff, TIFFTAG_PREDICTOR, kind.predictor);
    }
    if (kind.extra_sample >= 0) {
        const auto extra = static_cast<std::uint16_t>(kind.extra_sample);
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
    }
    if (!kind.palette.empty()) {
        std::array<std::vector<std::uint16_t>, 3> channels;
        for (const auto& color : kind.palette) {
            for (std::size_t i = 0; i < 3; ++i) {
                channels.at(i).push_back(color.at(i));
            }
        }
        TIFFSetField(tiff, TIFFTAG_COLORMAP, channels[0].data(), channels[1].data(), channels[2].data());
    }
    if (kind.tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP,
                     kind.compression == COMPRESSION_JPEG ? 16 : kind.rows_per_strip);
    }
}

// One plane out of interleaved samples of whole bytes.
Bytes take_plane(const TiffKind& kind, std::span<const std::byte> rows, int plane) {
    const auto sample = static_cast<std::size_t>(kind.bits) / 8;
    Bytes taken;
    for (std::size_t at = static_cast<std::size_t>(plane) * sample; at < rows.size();
         at += sample * static_cast<std::size_t>(kind.samples)) {
        append(taken, rows.data() + at, sample);
    }
    return taken;
}

void write_tiles(TIFF* tiff, Size size, Bytes rows, std::uint16_t plane) {
    const std::size_t row_bytes = rows.size() / static_cast<std::size_t>(size.height);
    const auto tile_row = static_cast<std::size_t>(TIFFTileRowSize(tiff));
    for (int y = 0; y < size.height; y += 16) {
        std::size_t at = 0;
        for (int x = 0; x < size.width; x += 16, at += tile_row) {
            Bytes tile(static_cast<std::size_t>(TIFFTileSize(tiff)));
            for (int row = 0; row < std::min(16, size.height - y); ++row) {
                std::copy_n(rows.data() + static_cast<std::size_t>(y + row) * row_bytes + at,
                            std::min(tile_row, row_bytes - at),
                            tile.data() + static_cast<std::size_t>(row) * tile_row);
            }
            TIFFWriteTile(tiff, tile.data(), static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0,
                          plane);
        }
    }
}

void write_plane(TIFF* tiff, const TiffKind& kind, Size size, Bytes rows, std::uint16_t plane) {
    if (kind.tiled) {
        write_tiles(tiff, size, std::move(rows), plane);
        return;
    }
    const auto height = static_cast<std::size_t>(size.height);
    const std::size_t row_bytes = rows.size() / height;
    const std::uint32_t strips_before =
        TIFFNumberOfStrips(tiff) / (kind.separate_planes ? static_cast<std::uint32_t>(kind.samples) : 1) *
        plane;
    std::uint32_t rows_per_strip = 0;
    TIFFGetField(tiff, TIFFTAG_ROWSPERSTRIP, &rows_per_strip);
    std::uint32_t strip = strips_before;
    for (std::size_t y = 0; y < height; y += rows_per_strip, ++strip) {
        TIFFWriteEncodedStrip(
            tiff, strip, rows.data() + y * row_bytes,
            static_cast<tmsize_t>(std::min<std::size_t>(rows_per_strip, height - y) * row_bytes));
    }
}

} // namespace

Bytes make_tiff(const TiffKind& kind, Size size, std::span<const std::byte> rows) {
    MemoryFile file;
    const std::string mode = std::string("w") + (kind.big_endian ? "b" : "l") + (kind.big_tiff ? "8" : "");
    TIFF* tiff = TIFFClientOpen(
        "memory", mode.c_str(), &file, read_memory, write_memory, seek_memory, [](thandle_t) { return 0; },
        [](thandle_t handle) -> toff_t { return static_cast<MemoryFile*>(handle)->bytes.size(); }, nullptr,
        nullptr);
    describe(tiff, kind, size);
    if (kind.separate_planes) {
        for (int plane = 0; plane < kind.samples; ++plane) {
            write_plane(tiff, kind, size, take_plane(kind, rows, plane), static_cast<std::uint16_t>(plane));
        }
    } else {
        write_plane(tiff, kind, size, Bytes(rows.begin(), rows.end()), 0);
    }
    TIFFClose(tiff);
    return std::move(file.bytes);
}

namespace {

Bytes save_profile(cmsHPROFILE profile) {
    cmsUInt32Number size = 0;
    cmsSaveProfileToMem(profile, nullptr, &size);
    Bytes bytes(size);
    cmsSaveProfileToMem(profile, bytes.data(), &size);
    std::fill_n(bytes.begin() + 24, 12, std::byte{0}); // when it was made: the same profile twice is the same
    cmsCloseProfile(profile);
    return bytes;
}

} // namespace

Bytes make_gamma_profile(double exponent) {
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}}; // Adobe RGB's
    cmsToneCurve* curve = cmsBuildGamma(nullptr, exponent);
    cmsToneCurve* curves[3] = {curve, curve, curve};
    Bytes bytes = save_profile(cmsCreateRGBProfile(&white, &primaries, curves));
    cmsFreeToneCurve(curve);
    return bytes;
}

Bytes make_grey_profile(double exponent) {
    cmsToneCurve* curve = cmsBuildGamma(nullptr, exponent);
    Bytes bytes = save_profile(cmsCreateGrayProfile(cmsD50_xyY(), curve));
    cmsFreeToneCurve(curve);
    return bytes;
}

namespace {

constexpr Size small = {21, 18};

std::vector<std::uint8_t> make_pattern(std::size_t bytes_per_row) {
    std::vector<std::uint8_t> pattern(bytes_per_row * static_cast<std::size_t>(small.height));
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        pattern[i] = static_cast<std::uint8_t>(i * 7 + i / bytes_per_row * 13);
    }
    return pattern;
}

void add_pngs(std::vector<PictureFile>& files) {
    const std::vector<std::array<std::uint8_t, 3>> palette{{0, 0, 0}, {255, 0, 0}, {0, 99, 0}, {1, 2, 250}};
    const auto add = [&](std::string name, const PngKind& kind, std::size_t row) {
        files.push_back({std::move(name) + ".png", make_png(kind, small, make_pattern(row))});
    };
    add("rgb", {}, 63);
    add("interlaced", {.color_type = 6, .interlaced = true}, 84);
    add("deep", {.color_type = 2, .bit_depth = 16, .transparent_black = true}, 126);
    add("grey", {.color_type = 0, .bit_depth = 2, .transparent_black = true}, 6);
    add("grey_alpha", {.color_type = 4, .bit_depth = 16, .gamma = 1}, 84);
    add("palette", {.color_type = 3, .bit_depth = 2, .palette = palette, .palette_alpha = {9, 99}}, 6);
}

void add_jpegs(std::vector<PictureFile>& files) {
    using Colors = JpegKind::Colors;
    const auto add = [&](std::string name, const JpegKind& kind, std::size_t row) {
        files.push_back({std::move(name) + ".jpg", make_jpeg(kind, small, make_pattern(row))});
    };
    add("rgb", {.icc_profile = make_gamma_profile(2.2)}, 63);
    add("progressive", {.progressive = true}, 63);
    add("grey", {.colors = Colors::grey, .restart_rows = 1}, 21);
    add("cmyk", {.colors = Colors::cmyk}, 84);
    add("ycck", {.colors = Colors::ycck}, 84);
}

void add_tiffs(std::vector<PictureFile>& files) {
    const auto add = [&](std::string name, const TiffKind& kind, std::size_t row) {
        const std::vector<std::uint8_t> rows = make_pattern(row);
        files.push_back({std::move(name) + ".tif", make_tiff(kind, small, std::as_bytes(std::span(rows)))});
    };
    const std::vector<std::array<std::uint16_t, 3>> palette(16, {0x1100, 0x2200, 0xFF00});
    add("rgb", {}, 63);
    add("deflate", {.bits = 16, .compression = 8, .predictor = 2, .big_endian = true}, 126);
    add("float", {.bits = 32, .samples = 1, .real = true, .photometric = 1, .compression = 8, .predictor = 3},
        84);
    add("half_big", {.bits = 16, .samples = 4, .real = true, .extra_sample = 1, .big_tiff = true}, 168);
    add("tiles", {.samples = 4, .compression = 5, .extra_sample = 2, .tiled = true}, 84);
    add("planes", {.bits = 16, .compression = 32773, .separate_planes = true}, 126);
    add("plane_tiles", {.separate_planes = true, .tiled = true}, 63);
    add("palette", {.bits = 4, .samples = 1, .photometric = 3, .palette = palette}, 11);
    add("bits", {.bits = 1, .samples = 1, .photometric = 0}, 3);
    add("fax", {.bits = 1, .samples = 1, .photometric = 0, .compression = 4}, 3);
    add("inks", {.samples = 4, .photometric = 5, .compression = 8}, 84);
    add("jpeg", {.photometric = 6, .compression = 7}, 63);
}

void add_webps(std::vector<PictureFile>& files) {
    for (const int channels : {3, 4}) {
        Image image(small, {SampleType::u8, channels});
        const std::vector<std::uint8_t> pattern = make_pattern(static_cast<std::size_t>(image.stride()));
        std::memcpy(image.view().data, pattern.data(), pattern.size());
        const Raster raster(std::move(image));
        ColorEncoding color;
        for (const int quality : {60, 100}) {
            files.push_back({"quality" + std::to_string(quality) + "_" + std::to_string(channels) + ".webp",
                             encode_picture(FileFormat::webp, raster, color, {.quality = quality})});
            color.icc_profile = make_gamma_profile(1.8);
        }
    }
}

} // namespace

std::vector<PictureFile> make_picture_files() {
    std::vector<PictureFile> files;
    add_pngs(files);
    add_jpegs(files);
    add_tiffs(files);
    add_webps(files);
    return files;
}

} // namespace kontext::test
