#include "core/framing/frame_picture.h"

#include "core/error.h"
#include "core/framing/taps.h"
#include "core/framing/to_srgb.h"
#include "core/image/samples.h"
#include "core/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kontext {

namespace {

constexpr float neutral = 0.5F;
constexpr float solid = 0.9999F; // weights sum to 1 but for rounding
constexpr std::int64_t band_bytes = 1 << 20;
constexpr int rows_at_once = 16; // canvas rows per item of work

// Adds rows of a picture up, colour weighted by alpha, as floats; whole-range integers stay whole until the
// end.
template <typename Sample>
void add_row(const Sample* row, int pixels, PixelFormat format, float weight, float* sums) {
    const int channels = format.channels;
    if (!format.has_alpha()) {
        const std::ptrdiff_t count = std::ptrdiff_t{pixels} * channels;
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            if constexpr (std::is_floating_point_v<Sample>) {
                sums[i] += std::isfinite(row[i]) ? weight * row[i] : 0;
            } else {
                sums[i] += weight * static_cast<float>(row[i]);
            }
        }
        return;
    }
    constexpr float top =
        std::is_floating_point_v<Sample> ? 1.0F : static_cast<float>(std::numeric_limits<Sample>::max());
    for (int x = 0; x < pixels; ++x, row += channels, sums += channels) {
        const auto alpha = static_cast<float>(row[channels - 1]);
        const float share = std::isfinite(alpha) ? weight * std::clamp(alpha / top, 0.0F, 1.0F) : 0;
        for (int c = 0; c + 1 < channels; ++c) {
            const auto value = static_cast<float>(row[c]);
            sums[c] += std::isfinite(value) ? share * value : 0;
        }
        sums[channels - 1] += share * top;
    }
}

float full_scale(SampleType sample) {
    switch (sample) {
    case SampleType::u8: return 255;
    case SampleType::u16: return 65535;
    case SampleType::f32: return 1;
    }
    return 1;
}

// Resamples a layer row by row: first down the columns, where most of the work is one addition per sample,
// then along the row.
class RowShrinker {
public:
    RowShrinker(const Raster& layer, const TapLine& columns, const TapLine& rows)
        : layer_(layer), columns_(columns), rows_(rows), channels_(layer.format().channels) {}

    // Canvas row `y`: premultiplied colours and, last, coverage (alpha and being there at all), 0..1.
    void make_row(int y, std::vector<float>& row) {
        const auto begin =
            rows_.taps.begin() + static_cast<std::ptrdiff_t>(rows_.starts[static_cast<std::size_t>(y)]);
        const auto end =
            rows_.taps.begin() + static_cast<std::ptrdiff_t>(rows_.starts[static_cast<std::size_t>(y) + 1]);
        const int used = columns_.last - columns_.first + 1;
        sums_.assign(static_cast<std::size_t>(std::max(0, used)) * static_cast<std::size_t>(channels_), 0);
        float present = 0;
        for (auto tap = begin; tap != end; ++tap) {
            add(tap->at, tap->weight, used);
            present += tap->weight;
        }
        shrink_along(row, present);
    }

private:
    void add(int y, float weight, int used) {
        const ImageView row = read(y);
        const std::ptrdiff_t skipped = std::ptrdiff_t{columns_.first} * channels_;
        const PixelFormat format = layer_.format();
        switch (format.sample) {
        case SampleType::u8:
            add_row(row.samples<std::uint8_t>(0) + skipped, used, format, weight, sums_.data());
            break;
        case SampleType::u16:
            add_row(row.samples<std::uint16_t>(0) + skipped, used, format, weight, sums_.data());
            break;
        case SampleType::f32:
            add_row(row.samples<float>(0) + skipped, used, format, weight, sums_.data());
            break;
        }
    }

    // Rows are wanted in order, and in small steps backwards where the layer is mirrored.
    ImageView read(int y) {
        if (y < band_start_ || y >= band_start_ + band_.size().height) {
            const int count = rows_per_band(layer_.size(), layer_.format(), band_bytes);
            const bool is_backwards = y < band_start_;
            band_start_ = std::clamp(is_backwards ? y - count / 2 : y, 0, layer_.size().height - count);
            if (band_.empty()) {
                band_ = Image({layer_.size().width, count}, layer_.format());
            }
            layer_.read_rows(band_start_, band_.view());
        }
        return rows_of(band_.view(), y - band_start_, 1);
    }

    void shrink_along(std::vector<float>& row, float present) {
        const bool has_alpha = layer_.format().has_alpha();
        const int colors = layer_.format().color_channels();
        const float scale = 1 / full_scale(layer_.format().sample);
        float* to = row.data();
        for (std::size_t x = 0; x + 1 < columns_.starts.size(); ++x, to += colors + 1) {
            std::fill_n(to, colors + 1, 0.0F);
            for (std::size_t i = columns_.starts[x]; i < columns_.starts[x + 1]; ++i) {
                const Tap& tap = columns_.taps[i];
                const float* from = sums_.data() + std::ptrdiff_t{tap.at - columns_.first} * channels_;
                for (int c = 0; c < colors; ++c) {
                    to[c] += tap.weight * scale * from[c];
                }
                to[colors] += tap.weight * (has_alpha ? scale * from[colors] : present);
            }
        }
    }

    const Raster& layer_;
    const TapLine& columns_;
    const TapLine& rows_;
    const int channels_;
    std::vector<float> sums_;
    Image band_;
    int band_start_ = -1;
};

struct CanvasTaps {
    TapLine columns;
    TapLine rows;
};

CanvasTaps make_canvas_taps(const Raster& layer, const Framing& framing, Outside outside) {
    if (layer.size() != framing.layer) {
        throw Error(ErrorCode::invalid_argument, "The framing was made for a layer of another size.");
    }
    const auto& [x, y, width, height] = framing.crop;
    return {make_taps(framing.canvas.width, x, width, layer.size().width, outside),
            make_taps(framing.canvas.height, y, height, layer.size().height, outside)};
}

// Calls finish(y, row) for every canvas row, with premultiplied colours and coverage.
template <typename Finish>
void for_each_canvas_row(const Raster& layer, const Framing& framing, Outside outside,
                         const std::stop_token& stop, const Finish& finish) {
    const CanvasTaps taps = make_canvas_taps(layer, framing, outside);
    const int height = framing.canvas.height;
    const auto samples = static_cast<std::size_t>(framing.canvas.width) *
                         static_cast<std::size_t>(layer.format().color_channels() + 1);
    for_each_parallel((height + rows_at_once - 1) / rows_at_once,
                      [&](int item) {
                          RowShrinker shrinker(layer, taps.columns, taps.rows);
                          std::vector<float> row(samples);
                          for (int y = item * rows_at_once; y < std::min(height, (item + 1) * rows_at_once);
                               ++y) {
                              shrinker.make_row(y, row);
                              finish(y, row);
                          }
                      },
                      stop);
}

// Straight colours of a row, in place and packed; returns how much of each pixel is there.
std::vector<float> unpremultiply(std::vector<float>& row, int colors) {
    constexpr float invisible = 1e-4F;
    const std::size_t pixels = row.size() / static_cast<std::size_t>(colors + 1);
    std::vector<float> coverage(pixels);
    const float* from = row.data();
    float* to = row.data();
    for (std::size_t x = 0; x < pixels; ++x, from += colors + 1, to += colors) {
        coverage[x] = std::clamp(from[colors], 0.0F, 1.0F);
        const float scale = from[colors] > invisible ? 1 / from[colors] : 0;
        for (int c = 0; c < colors; ++c) {
            to[c] = from[c] * scale;
        }
    }
    return coverage;
}

} // namespace

Image frame_picture(const Raster& layer, const ColorEncoding& color, const Framing& framing,
                    const std::stop_token& stop) {
    const int colors = layer.format().color_channels();
    const ToSrgb to_srgb(color, colors);
    Image canvas(framing.canvas, {SampleType::u8, 3});
    const MutableImageView view = canvas.view();
    for_each_canvas_row(layer, framing, framing.outside, stop, [&](int y, std::vector<float>& row) {
        const std::vector<float> coverage = unpremultiply(row, colors);
        auto* to = view.samples<std::uint8_t>(y);
        to_srgb.convert(row.data(), to, framing.canvas.width);
        for (std::size_t x = 0; x < coverage.size(); ++x, to += 3) {
            for (int c = 0; coverage[x] < solid && c < 3; ++c) {
                const float shown =
                    static_cast<float>(to[c]) * coverage[x] + 255 * neutral * (1 - coverage[x]);
                to[c] = static_cast<std::uint8_t>(std::lround(shown));
            }
        }
    });
    return canvas;
}

Image frame_mask(const Raster& mask, const Framing& framing, const std::stop_token& stop) {
    if (mask.format().channels != 1) {
        throw Error(ErrorCode::invalid_argument, "A mask has one channel.");
    }
    Image canvas(framing.canvas, {SampleType::u8, 1});
    const MutableImageView view = canvas.view();
    for_each_canvas_row(mask, framing, Outside::neutral, stop, [&](int y, const std::vector<float>& row) {
        auto* to = view.samples<std::uint8_t>(y);
        for (int x = 0; x < framing.canvas.width; ++x) {
            to[x] = static_cast<std::uint8_t>(
                std::lround(255 * std::clamp(row[2 * static_cast<std::size_t>(x)], 0.0F, 1.0F)));
        }
    });
    return canvas;
}

} // namespace kontext
