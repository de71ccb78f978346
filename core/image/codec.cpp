#include "core/image/codec.h"

#include "core/error.h"
#include "core/image/codec_formats.h"
#include "core/image/samples.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <optional>
#include <string>

namespace kontext {

namespace {

std::optional<FileFormat> recognise(std::span<const std::byte> start) {
    const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
    using namespace std::string_view_literals;
    if (text.starts_with("\x89PNG\r\n\x1a\n"sv)) {
        return FileFormat::png;
    }
    if (text.starts_with("\xff\xd8\xff"sv)) {
        return FileFormat::jpeg;
    }
    for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
        if (text.starts_with(magic)) {
            return FileFormat::tiff;
        }
    }
    if (text.size() >= 12 && text.starts_with("RIFF"sv) && text.substr(8, 4) == "WEBP"sv) {
        return FileFormat::webp;
    }
    return std::nullopt;
}

DecodedPicture decode_format(FileFormat file_format, ByteSource& source, const DecodeLimits& limits) {
    switch (file_format) {
    case FileFormat::png: return decode_png(source, limits);
    case FileFormat::jpeg: return decode_jpeg(source, limits);
    case FileFormat::tiff: return decode_tiff(source, limits);
    case FileFormat::webp: return decode_webp(source, limits);
    }
    throw Error(ErrorCode::internal, "A picture has no file format.");
}

DecodedPicture decode(ByteSource& source, const DecodeLimits& limits) {
    if (source.size() == 0) {
        throw Error(ErrorCode::bad_input, "The file is empty.");
    }
    if (source.size() > limits.bytes) {
        throw Error(ErrorCode::bad_input, "The file is too large: " + std::to_string(source.size() >> 20) +
                                              " MiB, of " + std::to_string(limits.bytes >> 20) + " allowed.");
    }
    std::array<std::byte, 16> start{};
    const std::size_t count = source.read_at(0, start);
    const std::optional<FileFormat> file_format = recognise(std::span(start).first(count));
    if (!file_format && source.failure() == 0) {
        throw Error(ErrorCode::bad_input,
                    "This is not a picture that can be read: PNG, JPEG, TIFF and WebP can.");
    }
    try {
        if (file_format) {
            return decode_format(*file_format, source, limits);
        }
    } catch (const Error&) {
        if (source.failure() == 0) {
            throw;
        }
    }
    throw Error(ErrorCode::bad_input,
                std::string("The file cannot be read: ") + std::strerror(source.failure()) + ".");
}

void encode(ByteSink& sink, FileFormat file_format, const Raster& pixels, const ColorEncoding& color,
            const EncodeOptions& options) {
    if (pixels.empty()) {
        throw Error(ErrorCode::invalid_argument, "A picture without pixels cannot be saved.");
    }
    const OutgoingPicture picture(pixels, color, file_format);
    switch (file_format) {
    case FileFormat::png: encode_png(sink, picture, options); return;
    case FileFormat::jpeg: encode_jpeg(sink, picture, options); return;
    case FileFormat::tiff: encode_tiff(sink, picture, options); return;
    case FileFormat::webp: encode_webp(sink, picture, options); return;
    }
}

// The nearest format that a file can hold.
PixelFormat format_in_file(FileFormat file_format, PixelFormat format) {
    switch (file_format) {
    case FileFormat::png:
        return {format.sample == SampleType::f32 ? SampleType::u16 : format.sample, format.channels};
    case FileFormat::jpeg: return {SampleType::u8, format.color_channels()};
    case FileFormat::tiff: return format;
    case FileFormat::webp: return {SampleType::u8, format.has_alpha() ? 4 : 3};
    }
    return format;
}

// What samples of this format mean in a file without profile.
Transfer transfer_without_profile(FileFormat file_format, PixelFormat format) {
    const bool light = file_format == FileFormat::tiff && format.sample == SampleType::f32;
    return light ? Transfer::linear() : Transfer();
}

void change_transfer(const MutableImageView& rows, const Transfer& from, const Transfer& to) {
    const int channels = rows.format.channels;
    for (int y = 0; y < rows.size.height; ++y) {
        auto* pixel = rows.samples<float>(y);
        for (int x = 0; x < rows.size.width; ++x, pixel += channels) {
            for (int channel = 0; channel < rows.format.color_channels(); ++channel) {
                pixel[channel] = to.from_linear(from.to_linear(pixel[channel]));
            }
        }
    }
}

// Grey turns into three equal colours, alpha into opaque over white where `to` has none.
void change_channels(const ImageView& from, const MutableImageView& to) {
    const int colors = from.format.color_channels();
    const bool flatten = from.format.has_alpha() && !to.format.has_alpha();
    for (int y = 0; y < from.size.height; ++y) {
        const auto* source = from.samples<float>(y);
        auto* target = to.samples<float>(y);
        for (int x = 0; x < from.size.width; ++x) {
            for (int channel = 0; channel < to.format.color_channels(); ++channel) {
                const float color = source[std::min(channel, colors - 1)];
                target[channel] = flatten ? 1 + (color - 1) * std::clamp(source[colors], 0.0F, 1.0F) : color;
            }
            if (to.format.has_alpha()) {
                target[to.format.color_channels()] = source[colors];
            }
            source += from.format.channels;
            target += to.format.channels;
        }
    }
}

} // namespace

OutgoingPicture::OutgoingPicture(const Raster& pixels, const ColorEncoding& color, FileFormat file_format)
    : pixels_(pixels), format_(format_in_file(file_format, pixels.format())), transfer_from_(color.transfer),
      transfer_(transfer_without_profile(file_format, format_)) {
    const bool same_depth = format_.sample == pixels.format().sample;
    if (!color.icc_profile.empty() && format_.color_channels() == pixels.format().color_channels()) {
        icc_profile_ = color.icc_profile;
        transfer_ = color.transfer;
    } else if (transfer_.is_linear() && color.transfer.is_srgb()) {
        icc_profile_ = make_srgb_profile();
        transfer_ = color.transfer;
    } else if (file_format == FileFormat::png && same_depth && color.transfer.exponent()) {
        transfer_ = color.transfer; // a PNG can note it
    } else {
        changes_transfer_ = !(transfer_.is_srgb() && color.transfer.is_srgb()) &&
                            !(transfer_.is_linear() && color.transfer.is_linear());
    }
}

void OutgoingPicture::read_rows(int y, const MutableImageView& rows) const {
    const PixelFormat from = pixels_.format();
    if (from == format_ && !changes_transfer_) {
        pixels_.read_rows(y, rows);
        return;
    }
    Image original(rows.size, from);
    pixels_.read_rows(y, original.view());
    if (from.channels == format_.channels && !changes_transfer_) {
        convert_samples(original.view(), rows);
        return;
    }
    Image precise(rows.size, {SampleType::f32, from.channels});
    convert_samples(original.view(), precise.view());
    if (changes_transfer_) {
        change_transfer(precise.view(), transfer_from_, transfer_);
    }
    Image fitting(rows.size, {SampleType::f32, format_.channels});
    change_channels(precise.view(), fitting.view());
    convert_samples(fitting.view(), rows);
}

void check_size(FileFormat file_format, std::int64_t width, std::int64_t height, const DecodeLimits& limits) {
    if (width < 1 || height < 1) {
        throw_damaged(file_format, "it has no pixels");
    }
    if (width > limits.side || height > limits.side || width * height > limits.pixels) {
        throw Error(ErrorCode::bad_input,
                    "The picture is too large: " + std::to_string(width) + " × " + std::to_string(height) +
                        " pixels; up to " + std::to_string(limits.side) + " a side and " +
                        std::to_string(limits.pixels / 1'000'000) + " megapixels can be read.");
    }
}

void throw_damaged(FileFormat file_format, std::string_view reason) {
    throw Error(ErrorCode::bad_input, "The " + std::string(name_of(file_format)) +
                                          " file is damaged: " + std::string(reason) + ".");
}

void throw_truncated(FileFormat file_format) {
    throw Error(ErrorCode::bad_input,
                "The " + std::string(name_of(file_format)) + " file is damaged: it ends too early.");
}

void throw_not_read(FileFormat file_format, std::string_view what) {
    throw Error(ErrorCode::bad_input, "This " + std::string(name_of(file_format)) +
                                          " file cannot be read: it " + std::string(what) + ".");
}

void throw_encoder_failed(const ByteSink& sink, FileFormat file_format, std::string_view reason) {
    throw Error(ErrorCode::cannot_write,
                "The " + std::string(name_of(file_format)) + " file cannot be written: " +
                    (sink.failure() != 0 ? std::strerror(sink.failure()) : std::string(reason)) + ".");
}

ColorEncoding picture_color(std::span<const std::byte> icc_profile, int color_channels,
                            const Transfer& without_profile) {
    if (icc_color_space(icc_profile) == (color_channels == 1 ? "GRAY" : "RGB ")) {
        return color_encoding_from_icc(icc_profile);
    }
    ColorEncoding color;
    color.transfer = without_profile;
    return color;
}

DecodedPicture decode_picture(std::span<const std::byte> bytes, const DecodeLimits& limits) {
    ByteSource source(bytes);
    return decode(source, limits);
}

DecodedPicture load_picture(const std::filesystem::path& file, const DecodeLimits& limits) {
    ByteSource source(file);
    return decode(source, limits);
}

bool holds_exactly(FileFormat file_format, PixelFormat format) {
    return format_in_file(file_format, format) == format;
}

void save_picture(const std::filesystem::path& file, FileFormat file_format, const Raster& pixels,
                  const ColorEncoding& color, const EncodeOptions& options) {
    AtomicFile written(file);
    ByteSink sink(written.descriptor());
    encode(sink, file_format, pixels, color, options);
    written.commit();
}

std::vector<std::byte> encode_picture(FileFormat file_format, const Raster& pixels,
                                      const ColorEncoding& color, const EncodeOptions& options) {
    ByteSink sink;
    encode(sink, file_format, pixels, color, options);
    return sink.take_bytes();
}

FileFormat file_format_from_name(const std::filesystem::path& file) {
    std::string suffix = file.extension().string();
    std::ranges::transform(suffix, suffix.begin(),
                           [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    if (suffix == ".png") {
        return FileFormat::png;
    }
    if (suffix == ".jpg" || suffix == ".jpeg") {
        return FileFormat::jpeg;
    }
    if (suffix == ".tif" || suffix == ".tiff") {
        return FileFormat::tiff;
    }
    if (suffix == ".webp") {
        return FileFormat::webp;
    }
    throw Error(ErrorCode::invalid_argument,
                "“" + file.string() +
                    "” does not tell a file format; use .png, .jpg, .jpeg, .tif, .tiff or .webp.");
}

std::string_view name_of(FileFormat file_format) {
    switch (file_format) {
    case FileFormat::png: return "PNG";
    case FileFormat::jpeg: return "JPEG";
    case FileFormat::tiff: return "TIFF";
    case FileFormat::webp: return "WebP";
    }
    return "";
}

} // namespace kontext
