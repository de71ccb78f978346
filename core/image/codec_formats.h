#pragma once

// What the file formats share, inside the codecs only.

#include "core/image/byte_io.h"
#include "core/image/codec.h"

#include <csetjmp>
#include <string_view>

namespace kontext {

// A picture on its way into a file: rows in the format that the file takes, converted on the way where
// needed.
class OutgoingPicture {
public:
    OutgoingPicture(const Raster& pixels, const ColorEncoding& color, FileFormat file_format);

    Size size() const { return pixels_.size(); }
    PixelFormat format() const { return format_; }
    // What to embed; empty: none.
    std::span<const std::byte> icc_profile() const { return icc_profile_; }
    // What the samples in the file mean.
    const Transfer& transfer() const { return transfer_; }

    void read_rows(int y, const MutableImageView& rows) const;

private:
    const Raster& pixels_;
    PixelFormat format_;
    std::vector<std::byte> icc_profile_;
    Transfer transfer_from_;
    Transfer transfer_;
    bool changes_transfer_ = false;
};

DecodedPicture decode_png(ByteSource& source, const DecodeLimits& limits);
DecodedPicture decode_jpeg(ByteSource& source, const DecodeLimits& limits);
DecodedPicture decode_tiff(ByteSource& source, const DecodeLimits& limits);
DecodedPicture decode_webp(ByteSource& source, const DecodeLimits& limits);

void encode_png(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& options);
void encode_jpeg(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& options);
void encode_tiff(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& options);
void encode_webp(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& options);

// Throws Error(bad_input) for a size that is empty or beyond the limits.
void check_size(FileFormat file_format, std::int64_t width, std::int64_t height, const DecodeLimits& limits);

[[noreturn]] void throw_damaged(FileFormat file_format, std::string_view reason);
[[noreturn]] void throw_truncated(FileFormat file_format);
[[noreturn]] void throw_not_read(FileFormat file_format, std::string_view what); // valid, but nothing for us
[[noreturn]] void throw_encoder_failed(const ByteSink& sink, FileFormat file_format, std::string_view reason);

// The meaning of a decoded picture: its profile's, where that is one for as many colours as the picture has,
// else `without_profile`.
ColorEncoding picture_color(std::span<const std::byte> icc_profile, int color_channels,
                            const Transfer& without_profile = {});

// libpng and libjpeg leave a call that fails by longjmp, and jumping over a C++ object with a destructor is
// undefined. So each call of theirs is made through here, from a lambda that holds nothing but references and
// plain values: what is jumped over are C frames, the lambda, and our callbacks, which are noexcept and end
// every try block and object before they jump. Throwing through the libraries instead would hang on how they
// were compiled. Returns whether the work came to its end.
template <typename Work>
bool returns_normally(std::jmp_buf& jump, const Work& work) {
    if (setjmp(jump) != 0) {
        return false;
    }
    work();
    return true;
}

} // namespace kontext
