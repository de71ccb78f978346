#include "core/error.h"
#include "core/image/cmyk.h"
#include "core/image/codec_formats.h"

#include <algorithm>
#include <array>
#include <cstdio> // jpeglib.h wants FILE without including it
#include <cstdlib>
#include <memory>
#include <vector>

#include <jerror.h>
#include <jpeglib.h>

namespace kontext {

namespace {

constexpr std::int64_t band_bytes = 1 << 20;
constexpr std::size_t buffer_bytes = 1 << 16;

// Progressive pictures are built up in about ten scans. Thousands of scans over a large picture are an
// attack.
constexpr int scans_allowed = 200;

struct JpegFailure : jpeg_error_mgr {
    std::jmp_buf jump = {};
    std::array<char, JMSG_LENGTH_MAX> reason = {};
    bool ended_early = false;
};

void on_error(j_common_ptr jpeg) noexcept {
    auto& failure = *static_cast<JpegFailure*>(jpeg->err);
    failure.format_message(jpeg, failure.reason.data());
    failure.ended_early = failure.msg_code == JERR_INPUT_EOF || failure.msg_code == JERR_INPUT_EMPTY ||
                          failure.msg_code == JWRN_HIT_MARKER || failure.msg_code == JWRN_JPEG_EOF;
    std::longjmp(failure.jump, 1);
}

// libjpeg calls it a warning when it makes pixels up: to us that is a damaged file.
void on_message(j_common_ptr jpeg, int level) noexcept {
    if (level >= 0) {
        return;
    }
    switch (jpeg->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_JPEG_EOF:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC: on_error(jpeg);
    default: break; // odd, but every pixel is there
    }
}

void on_progress(j_common_ptr jpeg) noexcept {
    if (jpeg->is_decompressor != 0 &&
        reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > scans_allowed) {
        auto& failure = *static_cast<JpegFailure*>(jpeg->err);
        std::snprintf(failure.reason.data(), failure.reason.size(), "it has too many scans");
        std::longjmp(failure.jump, 1);
    }
}

void prepare(JpegFailure& failure) {
    jpeg_std_error(&failure);
    failure.error_exit = on_error;
    failure.emit_message = on_message;
}

struct SourceManager : jpeg_source_mgr {
    ByteSource* source = nullptr;
    std::array<std::byte, buffer_bytes> buffer;
};

boolean fill_buffer(j_decompress_ptr jpeg) noexcept {
    auto& manager = *static_cast<SourceManager*>(jpeg->src);
    const std::size_t count = manager.source->read(manager.buffer);
    if (count == 0) {
        jpeg->err->msg_code = JERR_INPUT_EOF;
        jpeg->err->error_exit(reinterpret_cast<j_common_ptr>(jpeg));
    }
    manager.next_input_byte = reinterpret_cast<const JOCTET*>(manager.buffer.data());
    manager.bytes_in_buffer = count;
    return TRUE;
}

void skip_bytes(j_decompress_ptr jpeg, long count) noexcept {
    auto& manager = *static_cast<SourceManager*>(jpeg->src);
    while (count > static_cast<long>(manager.bytes_in_buffer)) {
        count -= static_cast<long>(manager.bytes_in_buffer);
        fill_buffer(jpeg);
    }
    if (count > 0) {
        manager.next_input_byte += count;
        manager.bytes_in_buffer -= static_cast<std::size_t>(count);
    }
}

class JpegReader {
public:
    explicit JpegReader(ByteSource& source) {
        prepare(failure_);
        jpeg_.err = &failure_;
        run([&] { jpeg_create_decompress(&jpeg_); });
        manager_.source = &source;
        manager_.init_source = [](j_decompress_ptr) noexcept {};
        manager_.fill_input_buffer = fill_buffer;
        manager_.skip_input_data = skip_bytes;
        manager_.resync_to_restart = jpeg_resync_to_restart;
        manager_.term_source = [](j_decompress_ptr) noexcept {};
        manager_.bytes_in_buffer = 0;
        progress_.progress_monitor = on_progress;
        jpeg_.src = &manager_;
        jpeg_.progress = &progress_;
    }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;
    ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }

    // Throws Error(bad_input) when libjpeg gives up.
    template <typename Work>
    void run(const Work& work) {
        if (!returns_normally(failure_.jump, work)) {
            if (failure_.ended_early) {
                throw_truncated(FileFormat::jpeg);
            }
            throw_damaged(FileFormat::jpeg, failure_.reason.data());
        }
    }

    jpeg_decompress_struct& jpeg() { return jpeg_; }

private:
    JpegFailure failure_;
    SourceManager manager_ = {};
    jpeg_progress_mgr progress_ = {};
    jpeg_decompress_struct jpeg_ = {};
};

// Each block of coefficients takes at least a bit: a file that is smaller cannot hold its picture. Found
// before any room is taken, as a progressive picture's coefficients stay in memory until the last scan.
void check_file_holds(const jpeg_decompress_struct& jpeg, std::int64_t file_size) {
    const std::int64_t blocks =
        ((std::int64_t{jpeg.image_width} + 7) / 8) * ((std::int64_t{jpeg.image_height} + 7) / 8);
    if (blocks / 8 > file_size) {
        throw_truncated(FileFormat::jpeg);
    }
}

J_COLOR_SPACE choose_color_space(const jpeg_decompress_struct& jpeg) {
    switch (jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE: return JCS_GRAYSCALE;
    case JCS_RGB:
    case JCS_YCbCr: return JCS_RGB;
    case JCS_CMYK:
    case JCS_YCCK: return JCS_CMYK;
    default: throw_not_read(FileFormat::jpeg, "has an unknown kind of colours");
    }
}

std::vector<std::byte> read_profile(JpegReader& reader) {
    JOCTET* bytes = nullptr;
    unsigned size = 0;
    reader.run([&] { jpeg_read_icc_profile(&reader.jpeg(), &bytes, &size); });
    const std::unique_ptr<JOCTET, decltype(&std::free)> owned(bytes, std::free);
    const auto profile = std::as_bytes(std::span(bytes, bytes != nullptr ? size : 0));
    return {profile.begin(), profile.end()};
}

void read_rows(JpegReader& reader, const MutableImageView& rows) {
    reader.run([&] {
        for (int y = 0; y < rows.size.height; ++y) {
            auto* row = reinterpret_cast<JSAMPROW>(rows.row(y));
            jpeg_read_scanlines(&reader.jpeg(), &row, 1);
        }
    });
}

void read_pixels(JpegReader& reader, const CmykToRgb* inks, Raster& pixels) {
    const Size size = pixels.size();
    const int band_height = rows_per_band(size, pixels.format(), band_bytes);
    Image band({size.width, band_height}, pixels.format());
    Image ink_band({size.width, inks != nullptr ? band_height : 0}, {SampleType::u8, 4});
    for (int y = 0; y < size.height; y += band_height) {
        const int count = std::min(band_height, size.height - y);
        const MutableImageView rows = rows_of(band.view(), 0, count);
        if (inks != nullptr) {
            const MutableImageView ink_rows = rows_of(ink_band.view(), 0, count);
            read_rows(reader, ink_rows);
            inks->convert(ink_rows, rows);
        } else {
            read_rows(reader, rows);
        }
        pixels.write_rows(y, rows);
    }
    reader.run([&] { jpeg_finish_decompress(&reader.jpeg()); });
}

} // namespace

DecodedPicture decode_jpeg(ByteSource& source, const DecodeLimits& limits) {
    const auto reader = std::make_unique<JpegReader>(source); // its buffer is large for a stack
    jpeg_decompress_struct& jpeg = reader->jpeg();
    reader->run([&] {
        jpeg_save_markers(&jpeg, JPEG_APP0 + 2, 0xFFFF);
        jpeg_read_header(&jpeg, TRUE);
    });
    check_size(FileFormat::jpeg, jpeg.image_width, jpeg.image_height, limits);
    if (jpeg.arith_code != 0) {
        throw_not_read(FileFormat::jpeg, "is arithmetic-coded");
    }
    check_file_holds(jpeg, source.size());
    jpeg.out_color_space = choose_color_space(jpeg);
    const std::vector<std::byte> profile = read_profile(*reader);
    reader->run([&] { jpeg_start_decompress(&jpeg); });

    const PixelFormat format{SampleType::u8, jpeg.out_color_space == JCS_GRAYSCALE ? 1 : 3};
    DecodedPicture picture;
    picture.file_format = FileFormat::jpeg;
    picture.pixels =
        Raster({static_cast<int>(jpeg.output_width), static_cast<int>(jpeg.output_height)}, format);
    if (jpeg.out_color_space == JCS_CMYK) {
        const auto ink =
            jpeg.saw_Adobe_marker != 0 ? CmykToRgb::Ink::full_is_paper : CmykToRgb::Ink::full_is_ink;
        const CmykToRgb inks(profile, SampleType::u8, ink);
        read_pixels(*reader, &inks, picture.pixels);
    } else {
        picture.color = picture_color(profile, format.color_channels());
        read_pixels(*reader, nullptr, picture.pixels);
    }
    return picture;
}

namespace {

struct SinkManager : jpeg_destination_mgr {
    ByteSink* sink = nullptr;
    std::array<std::byte, buffer_bytes> buffer;
};

void empty_into_sink(j_compress_ptr jpeg, std::size_t count) {
    auto& manager = *static_cast<SinkManager*>(jpeg->dest);
    if (!manager.sink->write(std::span(manager.buffer).first(count))) {
        jpeg->err->msg_code = JERR_FILE_WRITE;
        jpeg->err->error_exit(reinterpret_cast<j_common_ptr>(jpeg));
    }
    manager.next_output_byte = reinterpret_cast<JOCTET*>(manager.buffer.data());
    manager.free_in_buffer = manager.buffer.size();
}

class JpegWriter {
public:
    explicit JpegWriter(ByteSink& sink) : sink_(sink) {
        prepare(failure_);
        jpeg_.err = &failure_;
        run([&] { jpeg_create_compress(&jpeg_); });
        manager_.sink = &sink;
        manager_.init_destination = [](j_compress_ptr) noexcept {};
        manager_.empty_output_buffer = [](j_compress_ptr jpeg) noexcept -> boolean {
            empty_into_sink(jpeg, buffer_bytes);
            return TRUE;
        };
        manager_.term_destination = [](j_compress_ptr jpeg) noexcept {
            empty_into_sink(jpeg, buffer_bytes - jpeg->dest->free_in_buffer);
        };
        manager_.next_output_byte = reinterpret_cast<JOCTET*>(manager_.buffer.data());
        manager_.free_in_buffer = manager_.buffer.size();
        jpeg_.dest = &manager_;
    }
    JpegWriter(const JpegWriter&) = delete;
    JpegWriter& operator=(const JpegWriter&) = delete;
    ~JpegWriter() { jpeg_destroy_compress(&jpeg_); }

    // Throws Error(cannot_write) when libjpeg gives up.
    template <typename Work>
    void run(const Work& work) {
        if (!returns_normally(failure_.jump, work)) {
            throw_encoder_failed(sink_, FileFormat::jpeg, failure_.reason.data());
        }
    }

    jpeg_compress_struct& jpeg() { return jpeg_; }

private:
    ByteSink& sink_;
    JpegFailure failure_;
    SinkManager manager_ = {};
    jpeg_compress_struct jpeg_ = {};
};

void start_writing(JpegWriter& writer, const OutgoingPicture& picture, int quality) {
    constexpr int full_chroma_quality = 90;
    jpeg_compress_struct& jpeg = writer.jpeg();
    const std::span<const std::byte> profile = picture.icc_profile();
    writer.run([&] {
        jpeg.image_width = static_cast<JDIMENSION>(picture.size().width);
        jpeg.image_height = static_cast<JDIMENSION>(picture.size().height);
        jpeg.input_components = picture.format().channels;
        jpeg.in_color_space = picture.format().channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(&jpeg);
        jpeg_set_quality(&jpeg, quality, TRUE);
        if (quality >= full_chroma_quality) {
            jpeg.comp_info[0].h_samp_factor = 1;
            jpeg.comp_info[0].v_samp_factor = 1;
        }
        jpeg_start_compress(&jpeg, TRUE);
        if (!profile.empty()) {
            jpeg_write_icc_profile(&jpeg, reinterpret_cast<const JOCTET*>(profile.data()),
                                   static_cast<unsigned>(profile.size()));
        }
    });
}

} // namespace

void encode_jpeg(ByteSink& sink, const OutgoingPicture& picture, const EncodeOptions& options) {
    const Size size = picture.size();
    if (std::max(size.width, size.height) > JPEG_MAX_DIMENSION) {
        throw Error(ErrorCode::invalid_argument,
                    "A JPEG file ends at " + std::to_string(JPEG_MAX_DIMENSION) + " pixels a side.");
    }
    const auto writer = std::make_unique<JpegWriter>(sink);
    start_writing(*writer, picture, std::clamp(options.quality, 1, 100));
    const int band_height = rows_per_band(size, picture.format(), band_bytes);
    Image band({size.width, band_height}, picture.format());
    for (int y = 0; y < size.height; y += band_height) {
        const MutableImageView rows = rows_of(band.view(), 0, std::min(band_height, size.height - y));
        picture.read_rows(y, rows);
        writer->run([&] {
            for (int row = 0; row < rows.size.height; ++row) {
                auto* samples = reinterpret_cast<JSAMPROW>(rows.row(row));
                jpeg_write_scanlines(&writer->jpeg(), &samples, 1);
            }
        });
    }
    writer->run([&] { jpeg_finish_compress(&writer->jpeg()); });
}

} // namespace kontext
