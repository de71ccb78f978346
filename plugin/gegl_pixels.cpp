#include "plugin/gegl_pixels.h"

#include "core/error.h"
#include "core/framing/boxes.h"
#include "ui/text/text.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <utility>

namespace kontext::plugin {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto step_time = std::chrono::milliseconds(10);
constexpr const char* nowhere = "/nonexistent";
constexpr int tile_rows = 128; // GIMP's tiles are 128 x 128 in all generations
constexpr int tile_columns = 128;
constexpr std::int64_t band_bytes = std::int64_t{4} << 20; // and of wide layers fewer rows at once
constexpr std::int64_t tile_cache_bytes = std::int64_t{8} << 20;

int band_height(Size size, PixelFormat format) {
    return std::clamp(rows_per_band(size, format, band_bytes), 1, tile_rows);
}

SampleType sample_type_of(std::string_view babl_type) {
    if (babl_type == "u8") {
        return SampleType::u8;
    }
    return babl_type == "u16" ? SampleType::u16 : SampleType::f32;
}

const char* babl_name(SampleType sample) {
    switch (sample) {
    case SampleType::u8: return "u8";
    case SampleType::u16: return "u16";
    case SampleType::f32: return "float";
    }
    return "";
}

// "R'G'B'A u8" without the space's name.
std::string_view model_of(const Babl* format) {
    const std::string_view encoding = babl_format_get_encoding(format);
    return encoding.substr(0, encoding.rfind(' '));
}

Encoding::Tone tone_of(std::string_view model) {
    if (model.find('~') != std::string_view::npos) {
        return Encoding::Tone::srgb;
    }
    return model.find('\'') != std::string_view::npos ? Encoding::Tone::profile : Encoding::Tone::linear;
}

bool has_samples_other_than_zero(const ImageView& band) {
    const std::size_t bytes =
        static_cast<std::size_t>(band.size.width) * static_cast<std::size_t>(band.format.bytes_per_pixel());
    for (int y = 0; y < band.size.height; ++y) {
        const std::byte* row = band.row(y);
        if (std::any_of(row, row + bytes, [](std::byte byte) { return byte != std::byte{0}; })) {
            return true;
        }
    }
    return false;
}

// The columns [first, second) of the next tiles from `column` on that hold anything but zero.
std::pair<int, int> find_filled_tiles(const ImageView& band, int column) {
    const int width = band.size.width;
    const auto is_filled = [&](int x) {
        const PixelBox tile{x, 0, std::min(tile_columns, width - x), band.size.height};
        return has_samples_other_than_zero(part_of(band, box_of(band.size), tile));
    };
    while (column < width && !is_filled(column)) {
        column += tile_columns;
    }
    int end = std::min(column, width);
    while (end < width && is_filled(end)) {
        end = std::min(end + tile_columns, width);
    }
    return {std::min(column, width), end};
}

[[noreturn]] void throw_nothing_selected() {
    throw Error(ErrorCode::invalid_argument,
                _("The selection misses the layer. Select a part of the layer, or nothing for all of it."));
}

// Reads a part of a buffer into a raster, a band at each step.
class PartReader {
public:
    PartReader(const BufferPart& part, Size size, PixelFormat pixels, const Babl* format)
        : part_(&part), format_(format), raster_(size, pixels),
          band_({size.width, band_height(size, pixels)}, pixels) {}

    bool done() const { return y_ >= raster_.size().height; }
    int rows_done() const { return y_; }
    bool found_samples() const { return found_samples_; }
    Raster take() { return std::move(raster_); }

    void read_band() {
        const Size size = raster_.size();
        const MutableImageView rows =
            rows_of(band_.view(), 0, std::min(band_.size().height, size.height - y_));
        const GeglRectangle area{
            .x = part_->x, .y = part_->y + y_, .width = size.width, .height = rows.size.height};
        gegl_buffer_get(part_->buffer.get(), &area, 1.0, format_, rows.data, static_cast<int>(rows.stride),
                        GEGL_ABYSS_NONE);
        raster_.write_rows(y_, rows);
        found_samples_ = found_samples_ || has_samples_other_than_zero(rows);
        y_ += rows.size.height;
    }

private:
    const BufferPart* part_;
    const Babl* format_;
    Raster raster_;
    Image band_;
    int y_ = 0;
    bool found_samples_ = false;
};

class BufferReader final : public LayerReader {
public:
    BufferReader(LayerPixels pixels, std::function<void()> check_alive)
        : pixels_(std::move(pixels)), check_alive_(std::move(check_alive)),
          layer_(pixels_.layer, pixels_.size, pixels_.encoding.pixels, pixels_.encoding.format) {
        if (pixels_.selection) {
            const SampleType sample = pixels_.encoding.pixels.sample;
            selection_.emplace(*pixels_.selection, pixels_.size, PixelFormat{.sample = sample, .channels = 1},
                               mask_format(sample));
        }
    }

    // The selection first: it is quick to read, and quick to change.
    double read_some() override {
        check_alive_();
        for (const auto start = Clock::now(); !layer_.done() && Clock::now() - start < step_time;) {
            if (selection_ && !selection_->done()) {
                selection_->read_band();
                refuse_an_empty_selection();
            } else {
                layer_.read_band();
            }
        }
        const int parts = selection_ ? 2 : 1;
        const int rows = layer_.rows_done() + (selection_ ? selection_->rows_done() : 0);
        return static_cast<double>(rows) / (static_cast<double>(parts) * pixels_.size.height);
    }

    LayerSource take() override {
        LayerSource source{.name = pixels_.name,
                           .pixels = layer_.take(),
                           .color = std::move(pixels_.color),
                           .selection = nullptr};
        if (selection_) {
            source.selection = std::make_shared<const Raster>(selection_->take());
        }
        return source;
    }

private:
    void refuse_an_empty_selection() const {
        if (selection_->done() && !selection_->found_samples()) {
            throw_nothing_selected();
        }
    }

    LayerPixels pixels_;
    std::function<void()> check_alive_;
    PartReader layer_;
    std::optional<PartReader> selection_;
};

} // namespace

void keep_gegl_small() {
    setenv("GEGL_PATH", nowhere, 1); // a bundled GIMP sets it to its own operations
    // So that start_babl(), with threads about, only exchanges a value that is there.
    if (const char* home = std::getenv("HOME")) {
        setenv("XDG_CACHE_HOME", (std::string(home) + "/.cache").c_str(), 0);
    }
}

void start_babl() {
    static const bool started = [] {
        const char* cache = std::getenv("XDG_CACHE_HOME");
        const std::string before = cache != nullptr ? cache : "";
        setenv("XDG_CACHE_HOME", nowhere, 1);
        babl_init();
        before.empty() ? unsetenv("XDG_CACHE_HOME") : setenv("XDG_CACHE_HOME", before.c_str(), 1);
        return true;
    }();
    static_cast<void>(started);
}

void start_gegl() {
    static const bool started = [] {
        start_babl();
        gegl_init(nullptr, nullptr);
        g_object_set(gegl_config(), "tile-cache-size", tile_cache_bytes, "use-opencl", FALSE, nullptr);
        return true;
    }();
    static_cast<void>(started);
}

Encoding encoding_of(const Babl* layer_format) {
    Encoding encoding;
    if (babl_format_is_palette(layer_format) != 0) {
        const bool alpha = babl_format_has_alpha(layer_format) != 0;
        encoding.format = babl_format_with_space(alpha ? "R'G'B'A u8" : "R'G'B' u8", layer_format);
        encoding.pixels = {.sample = SampleType::u8, .channels = alpha ? 4 : 3};
        return encoding;
    }
    const std::string model(model_of(layer_format));
    const std::string_view type = babl_get_name(babl_format_get_type(layer_format, 0));
    const SampleType sample = sample_type_of(type);
    encoding.pixels = {.sample = sample, .channels = babl_format_get_n_components(layer_format)};
    encoding.tone = tone_of(model);
    encoding.format = type == babl_name(sample)
                          ? layer_format
                          : babl_format_with_space((model + " " + babl_name(sample)).c_str(), layer_format);
    return encoding;
}

const Babl* mask_format(SampleType sample) {
    switch (sample) {
    case SampleType::u8: return babl_format("Y u8");
    case SampleType::u16: return babl_format("Y u16");
    case SampleType::f32: return babl_format("Y float");
    }
    return nullptr;
}

std::string describe_samples(int gimp_precision, bool grey) {
    const char* const type = [&] {
        switch (gimp_precision / 100) {
        case 1: return _("8-bit");
        case 2: return _("16-bit");
        case 3: return _("32-bit");
        case 5: return _("16-bit float");
        case 6: return _("32-bit float");
        default: return _("64-bit float");
        }
    }();
    return std::string(type) + " " + (grey ? _("grey") : _("RGB"));
}

ColorEncoding color_of(const Encoding& encoding, std::vector<std::byte> icc_profile) {
    ColorEncoding color = color_encoding_from_icc(icc_profile);
    color.icc_profile = std::move(icc_profile);
    switch (encoding.tone) {
    case Encoding::Tone::linear: color.transfer = Transfer::linear(); break;
    case Encoding::Tone::srgb: color.transfer = Transfer(); break;
    case Encoding::Tone::profile: break;
    }
    return color;
}

void refuse_disjoint(const GeglRectangle& selection, const GeglRectangle& layer) {
    if (gegl_rectangle_intersect(nullptr, &selection, &layer) == FALSE) {
        throw_nothing_selected();
    }
}

std::unique_ptr<LayerReader> read_layer(LayerPixels pixels, std::function<void()> check_alive) {
    return std::make_unique<BufferReader>(std::move(pixels), std::move(check_alive));
}

void write_mask(GeglBuffer* buffer, const Raster& mask) {
    const Size size = mask.size();
    const Babl* format = mask_format(mask.format().sample);
    Image band({size.width, band_height(size, mask.format())}, mask.format());
    for (int y = 0; y < size.height;) {
        const MutableImageView rows = rows_of(band.view(), 0, std::min(band.size().height, size.height - y));
        mask.read_rows(y, rows);
        for (auto [left, right] = find_filled_tiles(rows, 0); left < right;
             std::tie(left, right) = find_filled_tiles(rows, right)) {
            const GeglRectangle area{.x = left, .y = y, .width = right - left, .height = rows.size.height};
            const std::byte* first = rows.data + std::ptrdiff_t{left} * rows.format.bytes_per_pixel();
            gegl_buffer_set(buffer, &area, 0, format, first, static_cast<int>(rows.stride));
        }
        y += rows.size.height;
    }
}

void write_pixels(GeglBuffer* buffer, const Raster& picture, const Babl* format) {
    const Size size = picture.size();
    Image band({size.width, band_height(size, picture.format())}, picture.format());
    for (int y = 0; y < size.height;) {
        const MutableImageView rows = rows_of(band.view(), 0, std::min(band.size().height, size.height - y));
        picture.read_rows(y, rows);
        const GeglRectangle area{.x = 0, .y = y, .width = size.width, .height = rows.size.height};
        gegl_buffer_set(buffer, &area, 0, format, rows.data, static_cast<int>(rows.stride));
        y += rows.size.height;
    }
}

} // namespace kontext::plugin
