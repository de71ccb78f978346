#include "core/image/tiff_file.h"

#include "core/image/codec_formats.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <span>

#include <tiffio.h>

namespace kontext {

void CloseTiff::operator()(tiff* file) const noexcept {
    TIFFClose(file);
}

std::string TiffMessages::reason() const {
    std::string text = error.front() != '\0' ? error.data() : "its directory makes no sense";
    while (!text.empty() && (text.back() == '.' || text.back() == '\n')) {
        text.pop_back();
    }
    return text;
}

namespace {

using OpenOptions = std::unique_ptr<TIFFOpenOptions,
                                    decltype([](TIFFOpenOptions* options) { TIFFOpenOptionsFree(options); })>;

int on_error(TIFF* /*tiff*/, void* messages, const char* /*module*/, const char* format,
             va_list values) noexcept {
    auto& error = static_cast<TiffMessages*>(messages)->error;
    std::vsnprintf(error.data(), error.size(), format, values);
    return 1;
}

int on_warning(TIFF* /*tiff*/, void* messages, const char* /*module*/, const char* format,
               va_list values) noexcept {
    std::array<char, 200> text{};
    std::vsnprintf(text.data(), text.size(), format, values);
    // From libtiff's JPEG and fax decoders, which go on with grey or white.
    if (std::strstr(text.data(), "Premature") != nullptr || std::strstr(text.data(), "Corrupt") != nullptr) {
        auto& all = *static_cast<TiffMessages*>(messages);
        all.made_pixels_up = true;
        all.error = text;
    }
    return 1;
}

// ByteSource and ByteSink as libtiff's files.
template <typename Bytes>
tmsize_t read_bytes(thandle_t handle, void* into, tmsize_t count) noexcept {
    auto& bytes = *static_cast<Bytes*>(handle);
    const std::size_t got = bytes.read_at(
        bytes.position(), std::span(static_cast<std::byte*>(into), static_cast<std::size_t>(count)));
    bytes.seek(bytes.position() + static_cast<std::int64_t>(got));
    return static_cast<tmsize_t>(got);
}

tmsize_t write_bytes(thandle_t handle, void* from, tmsize_t count) noexcept {
    const std::span bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(count));
    return static_cast<ByteSink*>(handle)->write(bytes) ? count : -1;
}

tmsize_t refuse_to_write(thandle_t /*handle*/, void* /*from*/, tmsize_t /*count*/) noexcept {
    return -1;
}

template <typename Bytes>
toff_t seek_bytes(thandle_t handle, toff_t offset, int whence) noexcept {
    auto& bytes = *static_cast<Bytes*>(handle);
    std::int64_t base = 0;
    if (whence == SEEK_CUR) {
        base = bytes.position();
    } else if (whence == SEEK_END) {
        base = bytes.size();
    }
    // libtiff passes what the file says on; unsigned, as a sum may not fit.
    bytes.seek(static_cast<std::int64_t>(static_cast<toff_t>(base) + offset));
    return static_cast<toff_t>(bytes.position());
}

template <typename Bytes>
toff_t size_of_bytes(thandle_t handle) noexcept {
    return static_cast<toff_t>(static_cast<Bytes*>(handle)->size());
}

int leave_open(thandle_t /*handle*/) noexcept {
    return 0;
}

OpenOptions make_options(TiffMessages& messages) {
    OpenOptions options(TIFFOpenOptionsAlloc());
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, &messages);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, &messages);
    return options;
}

} // namespace

Tiff open_tiff(ByteSource& source, TiffMessages& messages) {
    // Nothing in a file that we accept needs more at once than a tile, or a strip as it lies in the file.
    constexpr std::int64_t working_room = 512 << 20;
    const OpenOptions options = make_options(messages);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(source.size() + working_room));
    // m: no mapping into memory, as a file that is cut meanwhile would kill the process.
    Tiff tiff(TIFFClientOpenExt("TIFF", "rm", &source, read_bytes<ByteSource>, refuse_to_write,
                                seek_bytes<ByteSource>, leave_open, size_of_bytes<ByteSource>, nullptr,
                                nullptr, options.get()));
    if (!tiff) {
        throw_damaged(FileFormat::tiff, messages.reason());
    }
    return tiff;
}

Tiff create_tiff(ByteSink& sink, std::int64_t picture_bytes, TiffMessages& messages) {
    // Offsets of the classic kind end at 4 GiB; what does not compress must still fit.
    constexpr std::int64_t classic_limit = (std::int64_t{4} << 30) - (std::int64_t{64} << 20);
    const OpenOptions options = make_options(messages);
    Tiff tiff(TIFFClientOpenExt("TIFF", picture_bytes > classic_limit ? "w8" : "w", &sink,
                                read_bytes<ByteSink>, write_bytes, seek_bytes<ByteSink>, leave_open,
                                size_of_bytes<ByteSink>, nullptr, nullptr, options.get()));
    if (!tiff) {
        throw_encoder_failed(sink, FileFormat::tiff, messages.reason());
    }
    return tiff;
}

} // namespace kontext
