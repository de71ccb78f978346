#include "core/error.h"
#include "core/image/codec_formats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <vector>

#include <png.h>
#include <zlib.h>

namespace kontext {

namespace {

constexpr std::int64_t band_bytes = 1 << 20;

// libpng's callbacks put the reason here before they jump.
struct PngFailure {
    std::jmp_buf jump = {};
    std::array<char, 160> reason = {};
    bool ended_early = false;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) noexcept {
    auto& failure = *static_cast<PngFailure*>(png_get_error_ptr(png));
    std::snprintf(failure.reason.data(), failure.reason.size(), "%s", message);
    std::longjmp(failure.jump, 1);
}

void on_warning(png_structp /*png*/, png_const_charp /*message*/) noexcept {}

void on_read(png_structp png, png_bytep into, std::size_t count) noexcept {
    auto& source = *static_cast<ByteSource*>(png_get_io_ptr(png));
    if (source.read(std::as_writable_bytes(std::span(into, count))) < count) {
        static_cast<PngFailure*>(png_get_error_ptr(png))->ended_early = true;
        png_error(png, "the file ends too early");
    }
}

void on_write(png_structp png, png_bytep bytes, std::size_t count) noexcept {
    if (!static_cast<ByteSink*>(png_get_io_ptr(png))->write(std::as_bytes(std::span(bytes, count)))) {
        png_error(png, "writing failed");
    }
}

void on_flush(png_structp /*png*/) noexcept {}

class PngReader {
public:
    explicit PngReader(ByteSource& source) {
        run([&] {
            png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
            info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
        });
        if (info_ == nullptr) {
            png_destroy_read_struct(&png_, &info_, nullptr);
            throw Error(ErrorCode::out_of_space, "There is not enough memory to read the PNG file.");
        }
        png_set_read_fn(png_, &source, on_read);
    }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

    // Throws Error(bad_input) when libpng gives up.
    template <typename Work>
    void run(const Work& work) {
        if (!returns_normally(failure_.jump, work)) {
            if (failure_.ended_early) {
                throw_truncated(FileFormat::png);
            }
            throw_damaged(FileFormat::png, failure_.reason.data());
        }
    }

    png_structp png() const { return png_; }
    png_infop info() const { return info_; }

private:
    PngFailure failure_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
};

class PngWriter {
public:
    explicit PngWriter(ByteSink& sink) : sink_(sink) {
        run([&] {
            png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure_, on_error, on_warning);
            info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
        });
        if (info_ == nullptr) {
            png_destroy_write_struct(&png_, &info_);
            throw Error(ErrorCode::out_of_space, "There is not enough memory to write the PNG file.");
        }
        png_set_write_fn(png_, &sink, on_write, on_flush);
    }
    PngWriter(const PngWriter&) = delete;
    PngWriter& operator=(const PngWriter&) = delete;
    ~PngWriter() { png_destroy_write_struct(&png_, &info_); }

    // Throws Error(cannot_write) when libpng gives up.
    template <typename Work>
    void run(const Work& work) {
        if (!returns_normally(failure_.jump, work)) {
            throw_encoder_failed(sink_, FileFormat::png, failure_.reason.data());
        }
    }

    png_structp png() const { return png_; }
    png_infop info() const { return info_; }

private:
    ByteSink& sink_;
    PngFailure failure_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
};

struct PngHeader {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    int bit_depth = 0;
    int channels = 0;
};

// The header chunk comes first and has a fixed place, so the size is known before libpng does anything.
PngHeader read_header(ByteSource& source) {
    constexpr std::size_t fields_at = 16;
    std::array<std::byte, 33> bytes{};
    if (source.read_at(0, bytes) < bytes.size()) {
        throw_truncated(FileFormat::png);
    }
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value = value << 8 | std::to_integer<std::uint32_t>(bytes.at(at + i));
        }
        return value;
    };
    const auto color_type = std::to_integer<int>(bytes[fields_at + 9]);
    PngHeader header{number(fields_at), number(fields_at + 4), std::to_integer<int>(bytes[fields_at + 8]), 1};
    if (color_type != PNG_COLOR_TYPE_PALETTE) {
        header.channels = ((color_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1) +
                          ((color_type & PNG_COLOR_MASK_ALPHA) != 0 ? 1 : 0);
    }
    return header;
}

// Deflate packs at most 1032 to 1: a file that is smaller cannot hold its picture. Found before any room is
// taken.
void check_file_holds(const PngHeader& header, std::int64_t file_size) {
    const std::int64_t row = (std::int64_t{header.width} * header.bit_depth * header.channels + 7) / 8;
    if (row * header.height / 1032 > file_size) {
        throw_truncated(FileFormat::png);
    }
}

void skip_chunks_without_pixels(png_structp png) {
    // Texts and the like unpack to anything and go along as metadata, from file to file.
    static constexpr png_byte skipped[] = "tEXt\0zTXt\0iTXt\0eXIf\0sPLT\0hIST\0pCAL\0sCAL\0tIME";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, sizeof skipped / 5);
}

// Reads up to the pixels, and asks for them as grey or RGB with or without alpha, in 8 or 16 bits.
void start_reading(PngReader& reader, const DecodeLimits& limits) {
    png_structp png = reader.png();
    png_infop info = reader.info();
    const auto side = static_cast<png_uint_32>(limits.side);
    reader.run([&] {
        png_set_user_limits(png, side, side);
        png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON); // profiles are kept, not replaced
        skip_chunks_without_pixels(png);
        png_set_sig_bytes(png, 0);
        png_read_info(png, info);
        png_set_expand(png); // palette, few bits of grey, transparent colours
        if (std::endian::native == std::endian::little) {
            png_set_swap(png);
        }
    });
}

// Transfer and profile. sRGB wins over gAMA, a profile over both, as the PNG standard has it.
ColorEncoding read_color(PngReader& reader, int color_channels) {
    png_structp png = reader.png();
    png_infop info = reader.info();
    png_charp name = nullptr;
    int compression = 0;
    png_bytep profile = nullptr;
    png_uint_32 profile_size = 0;
    double file_gamma = 0;
    bool has_profile = false;
    bool has_gamma = false;
    reader.run([&] {
        has_profile = png_get_iCCP(png, info, &name, &compression, &profile, &profile_size) != 0;
        has_gamma = png_get_valid(png, info, PNG_INFO_sRGB) == 0 && png_get_gAMA(png, info, &file_gamma) != 0;
    });
    Transfer transfer;
    if (has_gamma && file_gamma > 0.95 && file_gamma < 1.05) {
        transfer = Transfer::linear();
    } else if (has_gamma && file_gamma > 0.1 &&
               (file_gamma < 0.43 || (file_gamma > 0.48 && file_gamma < 5))) {
        transfer = Transfer::gamma(1 / file_gamma); // about 1/2.2 is how writers note sRGB
    }
    return picture_color(has_profile ? std::as_bytes(std::span(profile, profile_size))
                                     : std::span<std::byte>(),
                         color_channels, transfer);
}

// An interlaced picture comes in seven passes, each of which fills in pixels between those of the passes
// before.
void read_pixels(PngReader& reader, int passes, Raster& pixels) {
    const Size size = pixels.size();
    const int band_height = rows_per_band(size, pixels.format(), band_bytes);
    Image band({size.width, band_height}, pixels.format());
    std::vector<png_bytep> rows(static_cast<std::size_t>(band_height));
    for (int y = 0; y < band_height; ++y) {
        rows[static_cast<std::size_t>(y)] = reinterpret_cast<png_bytep>(band.view().row(y));
    }
    for (int pass = 0; pass < passes; ++pass) {
        for (int y = 0; y < size.height; y += band_height) {
            const int count = std::min(band_height, size.height - y);
            const MutableImageView view = rows_of(band.view(), 0, count);
            if (pass > 0) {
                pixels.read_rows(y, view);
            }
            reader.run(
                [&] { png_read_rows(reader.png(), rows.data(), nullptr, static_cast<png_uint_32>(count)); });
            pixels.write_rows(y, view);
        }
    }
    reader.run([&] { png_read_end(reader.png(), nullptr); });
}

// On photos, runs of Paeth's remainders pack within a few per cent of what zlib's search for longer matches
// finds, in a sixth of the time. The search is left to those who ask for more than the usual.
void choose_compression(png_structp png, int level) {
    constexpr int usual_level = 6;
    png_set_compression_level(png, level);
    png_set_compression_buffer_size(png, 1 << 17);
    if (level <= usual_level) {
        png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
        png_set_compression_strategy(png, Z_RLE);
    }
}

// A profile as a PNG may hold it: as long as it says itself. libpng before 1.6.48 leaves others out, and
// later ones do not write the file. Padding, which some programs leave, is no loss.
std::span<const std::byte> writable_profile(std::span<const std::byte> profile) {
    constexpr std::size_t header = 132; // with the count of its tags
    if (profile.size() < header) {
        return {};
    }
    const auto length = static_cast<std::size_t>(
        png_get_uint_32(reinterpret_cast<png_const_bytep>(profile.data()))); // big-endian in both formats
    return length >= header && length <= profile.size() && length % 4 == 0 ? profile.first(length)
                                                                           : std::span<const std::byte>();
}

} // namespace

DecodedPicture decode_png(ByteSource& source, const DecodeLimits& limits) {
    const PngHeader header = read_header(source);
    check_size(FileFormat::png, header.width, header.height, limits);
    check_file_holds(header, source.size());

    PngReader reader(source);
    start_reading(reader, limits);
    int passes = 1;
    PixelFormat format;
    reader.run([&] {
        passes = png_set_interlace_handling(reader.png());
        png_read_update_info(reader.png(), reader.info());
        format.channels = png_get_channels(reader.png(), reader.info());
        format.sample =
            png_get_bit_depth(reader.png(), reader.info()) == 16 ? SampleType::u16 : SampleType::u8;
    });

    DecodedPicture picture;
    picture.file_format = FileFormat::png;
    picture.color = read_color(reader, format.color_channels());
    picture.pixels = Raster({static_cast<int>(header.width), static_cast<int>(header.height)}, format);
    read_pixels(reader, passes, picture.pixels);
    return picture;
}

void encode_png(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& options) {
    const Size size = picture.size();
    const PixelFormat format = picture.format();
    const std::span<const std::byte> profile = writable_profile(picture.icc_profile());
    constexpr std::array color_types{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                     PNG_COLOR_TYPE_RGB_ALPHA};
    const int color_type = color_types.at(static_cast<std::size_t>(format.channels) - 1);

    PngWriter writer(sink);
    png_structp png = writer.png();
    writer.run([&] {
        png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
        png_set_benign_errors(png, 1); // a profile that libpng finds fault with is left out
        png_set_IHDR(png, writer.info(), static_cast<png_uint_32>(size.width),
                     static_cast<png_uint_32>(size.height), 8 * bytes_per_sample(format.sample), color_type,
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
        if (!profile.empty()) {
            png_set_iCCP(png, writer.info(), "ICC profile", PNG_COMPRESSION_TYPE_BASE,
                         reinterpret_cast<png_const_bytep>(profile.data()),
                         static_cast<png_uint_32>(profile.size()));
        } else if (const std::optional<float> exponent = picture.transfer().exponent()) {
            png_set_gAMA(png, writer.info(), 1.0 / static_cast<double>(*exponent));
        } else if (picture.icc_profile().empty()) { // and not one that is left out
            png_set_sRGB(png, writer.info(), PNG_sRGB_INTENT_PERCEPTUAL);
        }
        choose_compression(png, std::clamp(options.compression, 0, 9));
        png_write_info(png, writer.info());
        if (std::endian::native == std::endian::little) {
            png_set_swap(png);
        }
    });

    const int band_height = rows_per_band(size, format, band_bytes);
    Image band({size.width, band_height}, format);
    for (int y = 0; y < size.height; y += band_height) {
        const MutableImageView rows = rows_of(band.view(), 0, std::min(band_height, size.height - y));
        picture.read_rows(y, rows);
        writer.run([&] {
            for (int row = 0; row < rows.size.height; ++row) {
                png_write_row(png, reinterpret_cast<png_const_bytep>(rows.row(row)));
            }
        });
    }
    writer.run([&] { png_write_end(png, nullptr); });
}

} // namespace kontext
