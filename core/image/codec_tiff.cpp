#include "core/error.h"
#include "core/image/codec_formats.h"
#include "core/image/tiff_file.h"
#include "core/image/tiff_layout.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <tiffio.h>

namespace kontext {

namespace {

constexpr std::int64_t band_bytes = 1 << 20;

template <typename Value>
Value read_tag(TIFF* tiff, std::uint32_t tag, Value without) {
    Value value = without;
    return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : without;
}

TiffLayout::Colors read_colors(TIFF* tiff, int samples) {
    const std::uint16_t guess = samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    const auto compression = read_tag<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    if (compression == COMPRESSION_OJPEG || TIFFIsCODECConfigured(compression) == 0) {
        throw_not_read(FileFormat::tiff, "is compressed in a way that is not known here");
    }
    switch (read_tag(tiff, TIFFTAG_PHOTOMETRIC, guess)) {
    case PHOTOMETRIC_MINISBLACK: return TiffLayout::Colors::black_is_zero;
    case PHOTOMETRIC_MINISWHITE: return TiffLayout::Colors::white_is_zero;
    case PHOTOMETRIC_RGB: return TiffLayout::Colors::rgb;
    case PHOTOMETRIC_PALETTE: return TiffLayout::Colors::palette;
    case PHOTOMETRIC_SEPARATED:
        if (read_tag<std::uint16_t>(tiff, TIFFTAG_INKSET, INKSET_CMYK) == INKSET_CMYK) {
            return TiffLayout::Colors::inks;
        }
        break;
    case PHOTOMETRIC_YCBCR:
        if (compression == COMPRESSION_JPEG) {
            TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
            return TiffLayout::Colors::rgb;
        }
        break;
    default: break;
    }
    throw_not_read(FileFormat::tiff, "holds its colours in a way that is not known here");
}

TiffLayout::Alpha read_alpha(TIFF* tiff, const TiffLayout& layout) {
    const int extra = layout.samples - layout.colors_in_file();
    if (extra < 1 || layout.colors == TiffLayout::Colors::palette ||
        layout.colors == TiffLayout::Colors::inks) {
        return TiffLayout::Alpha::none;
    }
    std::uint16_t count = 0;
    const std::uint16_t* kinds = nullptr;
    if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1 || count == 0) {
        return extra == 1 ? TiffLayout::Alpha::straight : TiffLayout::Alpha::none;
    }
    switch (kinds[0]) {
    case EXTRASAMPLE_ASSOCALPHA: return TiffLayout::Alpha::premultiplied;
    case EXTRASAMPLE_UNASSALPHA: return TiffLayout::Alpha::straight;
    default: return TiffLayout::Alpha::none; // saved selections and the like are no transparency
    }
}

std::vector<std::array<std::uint8_t, 3>> read_palette(TIFF* tiff, int bits) {
    const std::uint16_t* red = nullptr;
    const std::uint16_t* green = nullptr;
    const std::uint16_t* blue = nullptr;
    if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue) != 1) {
        throw_damaged(FileFormat::tiff, "it has no palette");
    }
    std::vector<std::array<std::uint8_t, 3>> palette(std::size_t{1} << bits);
    for (std::size_t i = 0; i < palette.size(); ++i) {
        const auto byte = [i](const std::uint16_t* values) {
            return static_cast<std::uint8_t>(values[i] >> 8);
        };
        palette[i] = {byte(red), byte(green), byte(blue)};
    }
    return palette;
}

bool can_be_read(const TiffLayout& layout) {
    using Colors = TiffLayout::Colors;
    const int bits = layout.bits;
    if (layout.number == TiffLayout::Number::real) {
        return layout.colors != Colors::palette && layout.colors != Colors::inks &&
               (bits == 16 || bits == 32 || bits == 64);
    }
    switch (layout.colors) {
    case Colors::black_is_zero:
    case Colors::white_is_zero:
        return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 32;
    case Colors::rgb: return bits == 8 || bits == 16 || bits == 32;
    case Colors::palette: return bits == 1 || bits == 2 || bits == 4 || bits == 8;
    case Colors::inks: return bits == 8 || bits == 16;
    }
    return false;
}

TiffLayout read_layout(TIFF* tiff, const DecodeLimits& limits) {
    constexpr int samples_allowed = 32;
    TiffLayout layout;
    const auto width = read_tag<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
    const auto height = read_tag<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
    check_size(FileFormat::tiff, width, height, limits);
    layout.size = {static_cast<int>(width), static_cast<int>(height)};
    if ((read_tag<std::uint32_t>(tiff, TIFFTAG_SUBFILETYPE, 0) & FILETYPE_REDUCEDIMAGE) != 0) {
        throw_not_read(FileFormat::tiff, "begins with a preview, as a camera's raw files do");
    }
    layout.bits = read_tag<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1);
    layout.samples = read_tag<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    layout.colors = read_colors(tiff, layout.samples);
    const auto number = read_tag<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    layout.number = number == SAMPLEFORMAT_IEEEFP ? TiffLayout::Number::real : TiffLayout::Number::whole;
    const bool number_known =
        number == SAMPLEFORMAT_UINT || number == SAMPLEFORMAT_IEEEFP || number == SAMPLEFORMAT_VOID;
    if (!number_known || !can_be_read(layout) || layout.samples < layout.colors_in_file() ||
        layout.samples > samples_allowed) {
        throw_not_read(FileFormat::tiff, "has " + std::to_string(layout.samples) + " samples of " +
                                             std::to_string(layout.bits) +
                                             " bits to a pixel, of a kind that is not known here");
    }
    layout.alpha = read_alpha(tiff, layout);
    layout.separate_planes =
        layout.samples > 1 &&
        read_tag<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    if (layout.colors == TiffLayout::Colors::palette) {
        layout.palette = read_palette(tiff, layout.bits);
    }
    return layout;
}

// Before any room is taken: a file that is much smaller than its picture can be compressed cannot hold it,
// and a tile may not be much larger than the picture.
void check_room(TIFF* tiff, const TiffLayout& layout, std::int64_t file_size) {
    std::int64_t packed_at_most = 0;
    switch (read_tag<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE)) {
    case COMPRESSION_NONE: packed_at_most = 1; break;
    case COMPRESSION_PACKBITS: packed_at_most = 64; break;
    case COMPRESSION_LZW:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE: packed_at_most = 4096; break;
    default: break; // no such bound
    }
    const std::int64_t bytes = layout.bytes_per_row() * layout.size.height;
    if (packed_at_most != 0 && bytes / packed_at_most > file_size) {
        throw_truncated(FileFormat::tiff);
    }
    if (TIFFIsTiled(tiff) == 0) {
        if (TIFFScanlineSize64(tiff) != static_cast<std::uint64_t>(layout.bytes_per_row())) {
            throw_not_read(FileFormat::tiff, "has rows of an unexpected length");
        }
        return;
    }
    constexpr std::int64_t tile_pixels_always_allowed = 1 << 22;
    const auto width = read_tag<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0);
    const auto height = read_tag<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0);
    const std::int64_t allowed = std::max(tile_pixels_always_allowed, 2 * layout.size.pixels());
    if (width == 0 || height == 0 || height > allowed / width) {
        throw_damaged(FileFormat::tiff, "its tiles are larger than the picture");
    }
    TiffLayout tile = layout;
    tile.size.width = static_cast<int>(width);
    if (width % 8 != 0 || TIFFTileRowSize64(tiff) != static_cast<std::uint64_t>(tile.bytes_per_row())) {
        throw_not_read(FileFormat::tiff, "has tiles of an unexpected width");
    }
}

[[noreturn]] void throw_unreadable(const TiffMessages& messages) {
    throw_damaged(FileFormat::tiff, messages.reason());
}

// Calls use_row(y, bytes) for the rows from top to bottom, as the file has them.
template <typename UseRow>
void read_strips(TIFF* tiff, const TiffLayout& layout, const TiffMessages& messages, std::uint16_t plane,
                 UseRow use_row) {
    std::vector<std::byte> row(static_cast<std::size_t>(layout.bytes_per_row()));
    for (int y = 0; y < layout.size.height; ++y) {
        if (TIFFReadScanline(tiff, row.data(), static_cast<std::uint32_t>(y), plane) != 1 ||
            messages.made_pixels_up) {
            throw_unreadable(messages);
        }
        use_row(y, row.data());
    }
}

template <typename UseRow>
void read_tiles(TIFF* tiff, const TiffLayout& layout, const TiffMessages& messages, std::uint16_t plane,
                UseRow use_row) {
    const auto tile_width = static_cast<int>(read_tag<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0));
    const auto tile_height = static_cast<int>(read_tag<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0));
    const auto tile_row = static_cast<std::size_t>(TIFFTileRowSize64(tiff));
    const auto row_bytes = static_cast<std::size_t>(layout.bytes_per_row());
    std::vector<std::byte> tile(tile_row * static_cast<std::size_t>(tile_height));
    std::vector<std::byte> band(row_bytes *
                                static_cast<std::size_t>(std::min(tile_height, layout.size.height)));
    for (int y = 0; y < layout.size.height; y += tile_height) {
        const int rows = std::min(tile_height, layout.size.height - y);
        std::size_t at = 0; // in the row; a tile's width is whole bytes
        for (int x = 0; x < layout.size.width; x += tile_width, at += tile_row) {
            const std::uint32_t number =
                TIFFComputeTile(tiff, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0, plane);
            if (TIFFReadEncodedTile(tiff, number, tile.data(), static_cast<tmsize_t>(tile.size())) !=
                    static_cast<tmsize_t>(tile.size()) ||
                messages.made_pixels_up) {
                throw_unreadable(messages);
            }
            for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
                std::memcpy(band.data() + row * row_bytes + at, tile.data() + row * tile_row,
                            std::min(tile_row, row_bytes - at));
            }
        }
        for (int row = 0; row < rows; ++row) {
            use_row(y + row, band.data() + static_cast<std::size_t>(row) * row_bytes);
        }
    }
}

template <typename UseRow>
void read_plane(TIFF* tiff, const TiffLayout& layout, const TiffMessages& messages, int plane,
                UseRow use_row) {
    if (TIFFIsTiled(tiff) != 0) {
        read_tiles(tiff, layout, messages, static_cast<std::uint16_t>(plane), use_row);
    } else {
        read_strips(tiff, layout, messages, static_cast<std::uint16_t>(plane), use_row);
    }
}

// The rows of a raster one by one, from top to bottom, written back by bands.
class RowEditor {
public:
    enum class Before { is_kept, is_nothing };

    RowEditor(Raster& raster, Before before)
        : raster_(raster), before_(before),
          band_({raster.size().width, rows_per_band(raster.size(), raster.format(), band_bytes)},
                raster.format()) {}

    MutableImageView row(int y) {
        if (y >= top_ + count_) {
            write_back();
            top_ = y;
            count_ = std::min(band_.size().height, raster_.size().height - y);
            if (before_ == Before::is_kept) {
                raster_.read_rows(top_, rows_of(band_.view(), 0, count_));
            }
        }
        return rows_of(band_.view(), y - top_, 1);
    }
    void write_back() {
        if (count_ > 0) {
            raster_.write_rows(top_, rows_of(band_.view(), 0, count_));
        }
    }

private:
    Raster& raster_;
    Before before_;
    Image band_;
    int top_ = 0;
    int count_ = 0;
};

void read_interleaved(TIFF* tiff, const TiffLayout& layout, const TiffMessages& messages,
                      const TiffArranger& arranger, Raster& pixels) {
    const int count = layout.size.width * layout.samples;
    Image samples({count, 1}, {layout.format().sample, 1});
    RowEditor editor(pixels, RowEditor::Before::is_nothing);
    read_plane(tiff, layout, messages, 0, [&](int y, const std::byte* raw) {
        widen_samples(layout, raw, count, samples.view().data);
        arranger.arrange(samples.view().data, editor.row(y));
    });
    editor.write_back();
}

// Plane by plane into a picture whose channels are the planes.
Raster gather_planes(TIFF* tiff, const TiffLayout& layout, const TiffMessages& messages, int planes) {
    const PixelFormat format{layout.format().sample, planes};
    const auto sample_bytes = static_cast<std::size_t>(bytes_per_sample(format.sample));
    const auto pixel_bytes = static_cast<std::size_t>(format.bytes_per_pixel());
    const int width = layout.size.width;
    Raster gathered(layout.size, format);
    Image samples({width, 1}, {format.sample, 1});
    for (int plane = 0; plane < planes; ++plane) {
        RowEditor editor(gathered, plane == 0 ? RowEditor::Before::is_nothing : RowEditor::Before::is_kept);
        read_plane(tiff, layout, messages, plane, [&](int y, const std::byte* raw) {
            widen_samples(layout, raw, width, samples.view().data);
            std::byte* to = editor.row(y).data + static_cast<std::size_t>(plane) * sample_bytes;
            for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x) {
                std::memcpy(to + x * pixel_bytes, samples.view().data + x * sample_bytes, sample_bytes);
            }
        });
        editor.write_back();
    }
    return gathered;
}

void read_separate(TIFF* tiff, TiffLayout layout, const TiffMessages& messages,
                   std::span<const std::byte> profile, Raster& pixels) {
    const int planes = layout.colors_in_file() + (layout.alpha == TiffLayout::Alpha::none ? 0 : 1);
    const Raster gathered = gather_planes(tiff, layout, messages, planes);
    layout.samples = planes;
    const TiffArranger arranger(layout, profile);
    Image row({layout.size.width, 1}, gathered.format());
    RowEditor editor(pixels, RowEditor::Before::is_nothing);
    for (int y = 0; y < layout.size.height; ++y) {
        gathered.read_rows(y, row.view());
        arranger.arrange(row.view().data, editor.row(y));
    }
    editor.write_back();
}

} // namespace

DecodedPicture decode_tiff(ByteSource& source, const DecodeLimits& limits) {
    TiffMessages messages;
    const Tiff tiff = open_tiff(source, messages);
    const TiffLayout layout = read_layout(tiff.get(), limits);
    check_room(tiff.get(), layout, source.size());

    std::uint32_t profile_size = 0;
    const std::byte* profile_data = nullptr;
    if (TIFFGetField(tiff.get(), TIFFTAG_ICCPROFILE, &profile_size, &profile_data) != 1) {
        profile_size = 0;
    }
    const std::span profile(profile_data, profile_size);
    // Floats without a profile are light itself, as renderers and stitchers write them.
    const bool light = layout.number == TiffLayout::Number::real;

    DecodedPicture picture;
    picture.file_format = FileFormat::tiff;
    picture.color =
        picture_color(profile, layout.format().color_channels(), light ? Transfer::linear() : Transfer());
    picture.pixels = Raster(layout.size, layout.format());
    if (layout.separate_planes) {
        read_separate(tiff.get(), layout, messages, profile, picture.pixels);
    } else {
        const TiffArranger arranger(layout, profile);
        read_interleaved(tiff.get(), layout, messages, arranger, picture.pixels);
    }
    return picture;
}

namespace {

void describe(TIFF* tiff, const OutgoingPicture& picture, int rows_per_strip) {
    const PixelFormat format = picture.format();
    const bool real = format.sample == SampleType::f32;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(picture.size().width));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(picture.size().height));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8 * bytes_per_sample(format.sample));
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, format.channels);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                 format.color_channels() == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, real ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(rows_per_strip));
    if (format.has_alpha()) {
        const std::uint16_t kind = EXTRASAMPLE_UNASSALPHA;
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
    if (const std::span<const std::byte> profile = picture.icc_profile(); !profile.empty()) {
        TIFFSetField(tiff, TIFFTAG_ICCPROFILE, static_cast<std::uint32_t>(profile.size()), profile.data());
    }
}

} // namespace

void encode_tiff(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& /*options*/) {
    constexpr std::int64_t strip_bytes = 1 << 18;
    const Size size = picture.size();
    const PixelFormat format = picture.format();
    const int strip_height = rows_per_band(size, format, strip_bytes);
    TiffMessages messages;
    const Tiff tiff = create_tiff(sink, size.pixels() * format.bytes_per_pixel(), messages);
    describe(tiff.get(), picture, strip_height);

    Image strip({size.width, strip_height}, format);
    std::uint32_t number = 0;
    for (int y = 0; y < size.height; y += strip_height, ++number) {
        const MutableImageView rows = rows_of(strip.view(), 0, std::min(strip_height, size.height - y));
        picture.read_rows(y, rows);
        if (TIFFWriteEncodedStrip(tiff.get(), number, rows.data,
                                  static_cast<tmsize_t>(rows.stride * rows.size.height)) < 0) {
            throw_encoder_failed(sink, FileFormat::tiff, messages.reason());
        }
    }
    if (TIFFWriteDirectory(tiff.get()) != 1 || sink.failure() != 0) {
        throw_encoder_failed(sink, FileFormat::tiff, messages.reason());
    }
}

} // namespace kontext
