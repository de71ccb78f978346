#include "core/error.h"
#include "core/image/codec_formats.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

namespace kontext {

namespace {

using Demuxer =
    std::unique_ptr<WebPDemuxer, decltype([](WebPDemuxer* demuxer) { WebPDemuxDelete(demuxer); })>;
using Mux = std::unique_ptr<WebPMux, decltype([](WebPMux* mux) { WebPMuxDelete(mux); })>;

const std::uint8_t* as_bytes_of_webp(std::span<const std::byte> bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

// The size lies near the start, so it is checked before the file is read.
void check_start(ByteSource& source, const DecodeLimits& limits) {
    std::vector<std::byte> start(static_cast<std::size_t>(std::min<std::int64_t>(source.size(), 1 << 16)));
    start.resize(source.read_at(0, start));
    WebPBitstreamFeatures features;
    switch (WebPGetFeatures(as_bytes_of_webp(start), start.size(), &features)) {
    case VP8_STATUS_OK: break;
    case VP8_STATUS_NOT_ENOUGH_DATA:
        if (static_cast<std::int64_t>(start.size()) < source.size()) {
            return; // a long profile comes first; asked again with the whole file
        }
        throw_truncated(FileFormat::webp);
    default: throw_damaged(FileFormat::webp, "its header makes no sense");
    }
    check_size(FileFormat::webp, features.width, features.height, limits);
    if (features.has_animation != 0) {
        throw_not_read(FileFormat::webp, "is an animation");
    }
}

std::vector<std::byte> read_all(ByteSource& source) {
    constexpr std::int64_t largest_file = (std::int64_t{1} << 32) + 8; // what RIFF can say
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(source.size(), largest_file)));
    if (source.read_at(0, bytes) < bytes.size()) {
        throw_truncated(FileFormat::webp);
    }
    return bytes;
}

ColorEncoding read_color(std::span<const std::byte> bytes) {
    const WebPData data{as_bytes_of_webp(bytes), bytes.size()};
    const Demuxer demuxer(WebPDemux(&data));
    if (!demuxer) {
        throw_truncated(FileFormat::webp);
    }
    WebPChunkIterator chunk;
    ColorEncoding color;
    if (WebPDemuxGetChunk(demuxer.get(), "ICCP", 1, &chunk) != 0) {
        color = picture_color(std::as_bytes(std::span(chunk.chunk.bytes, chunk.chunk.size)), 3);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    return color;
}

} // namespace

DecodedPicture decode_webp(ByteSource& source, const DecodeLimits& limits) {
    check_start(source, limits);
    const std::vector<std::byte> bytes = read_all(source);
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0 ||
        WebPGetFeatures(as_bytes_of_webp(bytes), bytes.size(), &config.input) != VP8_STATUS_OK) {
        throw_damaged(FileFormat::webp, "its header makes no sense");
    }
    check_size(FileFormat::webp, config.input.width, config.input.height, limits);

    DecodedPicture picture;
    picture.file_format = FileFormat::webp;
    picture.color = read_color(bytes);
    Image image({config.input.width, config.input.height},
                {SampleType::u8, config.input.has_alpha != 0 ? 4 : 3});
    config.output.colorspace = config.input.has_alpha != 0 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = reinterpret_cast<std::uint8_t*>(image.view().data);
    config.output.u.RGBA.stride = static_cast<int>(image.stride());
    config.output.u.RGBA.size =
        static_cast<std::size_t>(image.stride()) * static_cast<std::size_t>(image.size().height);
    const VP8StatusCode status = WebPDecode(as_bytes_of_webp(bytes), bytes.size(), &config);
    if (status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED) {
        throw_truncated(FileFormat::webp);
    }
    if (status != VP8_STATUS_OK) {
        throw_damaged(FileFormat::webp, "its pixels cannot be decoded");
    }
    picture.pixels = Raster(std::move(image));
    return picture;
}

namespace {

struct Picture : WebPPicture {
    Picture() : WebPPicture() {
        if (WebPPictureInit(this) == 0) {
            throw Error(ErrorCode::internal, "The WebP library is of another version than expected.");
        }
    }
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;
    ~Picture() { WebPPictureFree(this); }
};

struct WrittenBytes : WebPMemoryWriter {
    WrittenBytes() : WebPMemoryWriter() { WebPMemoryWriterInit(this); }
    WrittenBytes(const WrittenBytes&) = delete;
    WrittenBytes& operator=(const WrittenBytes&) = delete;
    ~WrittenBytes() { WebPMemoryWriterClear(this); }
};

struct AssembledBytes : WebPData {
    AssembledBytes() : WebPData() { WebPDataInit(this); }
    AssembledBytes(const AssembledBytes&) = delete;
    AssembledBytes& operator=(const AssembledBytes&) = delete;
    ~AssembledBytes() { WebPDataClear(this); }
};

void compress(const Image& image, int quality, ByteSink& sink, WrittenBytes& written) {
    WebPConfig config;
    Picture picture;
    if (WebPConfigInit(&config) == 0) {
        throw Error(ErrorCode::internal, "The WebP library is of another version than expected.");
    }
    config.quality = static_cast<float>(quality);
    config.exact = 1; // the colours of transparent pixels stay
    if (quality >= 100) {
        config.lossless = 1;
        config.quality = 75; // effort
        picture.use_argb = 1;
    }
    picture.width = image.size().width;
    picture.height = image.size().height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &written;
    const auto* rows = reinterpret_cast<const std::uint8_t*>(image.view().data);
    const auto stride = static_cast<int>(image.stride());
    const bool taken = image.format().has_alpha() ? WebPPictureImportRGBA(&picture, rows, stride) != 0
                                                  : WebPPictureImportRGB(&picture, rows, stride) != 0;
    if (!taken || WebPEncode(&config, &picture) == 0) {
        throw_encoder_failed(sink, FileFormat::webp,
                             "the encoder gave up with code " + std::to_string(picture.error_code));
    }
}

void write_with_profile(const WrittenBytes& written, std::span<const std::byte> profile, ByteSink& sink) {
    const Mux mux(WebPMuxNew());
    const WebPData image{written.mem, written.size};
    const WebPData chunk{as_bytes_of_webp(profile), profile.size()};
    AssembledBytes assembled;
    if (!mux || WebPMuxSetImage(mux.get(), &image, 0) != WEBP_MUX_OK ||
        WebPMuxSetChunk(mux.get(), "ICCP", &chunk, 0) != WEBP_MUX_OK ||
        WebPMuxAssemble(mux.get(), &assembled) != WEBP_MUX_OK) {
        throw_encoder_failed(sink, FileFormat::webp, "its profile cannot be put in");
    }
    if (!sink.write(std::as_bytes(std::span(assembled.bytes, assembled.size)))) {
        throw_encoder_failed(sink, FileFormat::webp, "");
    }
}

} // namespace

void encode_webp(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& options) {
    const Size size = picture.size();
    if (std::max(size.width, size.height) > WEBP_MAX_DIMENSION) {
        throw Error(ErrorCode::invalid_argument,
                    "A WebP file ends at " + std::to_string(WEBP_MAX_DIMENSION) + " pixels a side.");
    }
    Image image(size, picture.format());
    picture.read_rows(0, image.view());
    WrittenBytes written;
    compress(image, std::clamp(options.quality, 1, 100), sink, written);
    if (const std::span<const std::byte> profile = picture.icc_profile(); !profile.empty()) {
        write_with_profile(written, profile, sink);
    } else if (!sink.write(std::as_bytes(std::span(written.mem, written.size)))) {
        throw_encoder_failed(sink, FileFormat::webp, "");
    }
}

} // namespace kontext
