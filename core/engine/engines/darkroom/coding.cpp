#include "core/engine/engines/darkroom/coding.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace kontext::darkroom {
namespace {

constexpr std::size_t fine_steps = 65535;
// Beyond any real light; keeps infinities out of neighbourhoods.
constexpr float largest = 1e6F;

template <typename Sample>
constexpr float maximum = 1;
template <>
constexpr float maximum<std::uint8_t> = 255;
template <>
constexpr float maximum<std::uint16_t> = 65535;

std::size_t levels_of(SampleType type) {
    switch (type) {
    case SampleType::u8: return 256;
    case SampleType::u16: return 65536;
    case SampleType::f32: return 0;
    }
    return 0;
}

float sane(float sample) {
    return std::isnan(sample) ? 0 : std::clamp(sample, -largest, largest);
}

// Fixed by the place, so that a band does not matter; the same for all channels, so that greys stay grey.
float threshold_at(int x, int y) {
    std::uint32_t h =
        static_cast<std::uint32_t>(x) * 0x9E3779B1U ^ static_cast<std::uint32_t>(y) * 0x85EBCA77U;
    h ^= h >> 15U;
    h *= 0x2C1B3C6DU;
    h ^= h >> 12U;
    return static_cast<float>(h >> 8U) / static_cast<float>(0x1000000);
}

std::vector<int> source_columns(Area area, int width) {
    std::vector<int> columns(static_cast<std::size_t>(area.width));
    for (int i = 0; i < area.width; ++i) {
        columns[static_cast<std::size_t>(i)] = reflected(area.x + i, width);
    }
    return columns;
}

template <typename Sample, typename Decode>
void load_samples(Tile& tile, const ImageView& rows, int first_row, Size size, Area area,
                  const Decode& decode) {
    const std::vector<int> columns = source_columns(area, size.width);
    const int channels = rows.format.channels;
    for (int line = 0; line < area.height; ++line) {
        const auto* from = rows.samples<Sample>(reflected(area.y + line, size.height) - first_row);
        for (int channel = 0; channel < tile.channels; ++channel) {
            float* to = tile.planes[static_cast<std::size_t>(channel)].row(line);
            for (int i = 0; i < area.width; ++i) {
                to[i] = decode(from[columns[static_cast<std::size_t>(i)] * channels + channel], channel);
            }
        }
        if (!tile.alpha.samples.empty()) {
            float* to = tile.alpha.row(line);
            for (int i = 0; i < area.width; ++i) {
                const Sample alpha = from[columns[static_cast<std::size_t>(i)] * channels + channels - 1];
                to[i] = std::clamp(sane(static_cast<float>(alpha)) / maximum<Sample>, 0.0F, 1.0F);
            }
        }
    }
}

// `encode(value, threshold)`: integers round up from the threshold on.
template <typename Sample, typename Encode>
void store_samples(const Tile& tile, Area area, const MutableImageView& rows, int first_row, bool dithered,
                   const Encode& encode) {
    const int channels = rows.format.channels;
    for (int line = 0; line < area.height; ++line) {
        const int y = area.y + line;
        auto* to = rows.samples<Sample>(y - first_row) + static_cast<std::ptrdiff_t>(area.x) * channels;
        for (int channel = 0; channel < tile.channels; ++channel) {
            const float* from =
                tile.planes[static_cast<std::size_t>(channel)].row(y - tile.y) + (area.x - tile.x);
            for (int i = 0; i < area.width; ++i) {
                to[static_cast<std::ptrdiff_t>(i) * channels + channel] =
                    encode(from[i], dithered ? threshold_at(area.x + i, y) : 0.5F);
            }
        }
    }
}

template <typename Sample>
Sample quantized(float value, float threshold) {
    const float level = value * maximum<Sample> + threshold;
    return static_cast<Sample>(level > 0 ? std::min(level, maximum<Sample>) : 0.0F); // also for NaN
}

} // namespace

int reflected(int index, int count) {
    if (count == 1) {
        return 0;
    }
    const int period = 2 * (count - 1);
    const int within = ((index % period) + period) % period;
    return within < count ? within : period - within;
}

Coding::Coding(PixelFormat format, const Transfer& transfer) : format_(format), transfer_(transfer) {
    const std::size_t levels = levels_of(format.sample);
    if (levels == 0) {
        return;
    }
    std::vector<float> table(levels);
    for (std::size_t i = 0; i < levels; ++i) {
        table[i] = decode(static_cast<float>(i) / static_cast<float>(levels - 1));
    }
    for (auto& channel : decoded_) {
        channel = table;
    }
    if (format.sample == SampleType::u8 && !transfer.is_srgb()) {
        encoded_.resize(fine_steps + 1);
        for (std::size_t i = 0; i <= fine_steps; ++i) {
            encoded_[i] = encode(static_cast<float>(i) / static_cast<float>(fine_steps));
        }
    }
}

float Coding::decode(float sample) const {
    if (transfer_.is_srgb()) {
        return sample;
    }
    return linear_to_srgb(transfer_.is_linear() ? sample : transfer_.to_linear(sample));
}

float Coding::encode(float value) const {
    if (transfer_.is_srgb()) {
        return value;
    }
    const float linear = srgb_to_linear(value);
    return transfer_.is_linear() ? linear : transfer_.from_linear(linear);
}

void Coding::fold(std::span<const Step> curves) {
    Tile tile;
    tile.channels = format_.color_channels();
    for (std::size_t c = 0; c < static_cast<std::size_t>(tile.channels); ++c) {
        tile.planes[c].width = static_cast<int>(decoded_[c].size());
        tile.planes[c].height = 1;
        tile.planes[c].samples = std::move(decoded_[c]);
    }
    for (const Step& step : curves) {
        step.apply(tile);
    }
    for (std::size_t c = 0; c < static_cast<std::size_t>(tile.channels); ++c) {
        decoded_[c] = std::move(tile.planes[c].samples);
    }
}

std::vector<std::uint16_t> Coding::table(int channel) const {
    const std::vector<float>& values = decoded_[static_cast<std::size_t>(channel)];
    std::vector<std::uint16_t> levels(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float value = encode(values[i]);
        levels[i] = format_.sample == SampleType::u8 ? quantized<std::uint8_t>(value, 0.5F)
                                                     : quantized<std::uint16_t>(value, 0.5F);
    }
    return levels;
}

Tile Coding::load(const ImageView& rows, int first_row, Size size, Area area, bool with_alpha) const {
    Tile tile;
    tile.channels = format_.color_channels();
    tile.x = area.x;
    tile.y = area.y;
    for (std::size_t c = 0; c < static_cast<std::size_t>(tile.channels); ++c) {
        tile.planes[c] = Plane(area.width, area.height);
    }
    if (with_alpha && format_.has_alpha()) {
        tile.alpha = Plane(area.width, area.height);
    }
    const auto look_up = [this](auto sample, int channel) {
        return decoded_[static_cast<std::size_t>(channel)][sample];
    };
    switch (format_.sample) {
    case SampleType::u8: load_samples<std::uint8_t>(tile, rows, first_row, size, area, look_up); break;
    case SampleType::u16: load_samples<std::uint16_t>(tile, rows, first_row, size, area, look_up); break;
    case SampleType::f32:
        load_samples<float>(tile, rows, first_row, size, area,
                            [this](float sample, int) { return decode(sane(sample)); });
        break;
    }
    return tile;
}

void Coding::store(const Tile& tile, Area area, const MutableImageView& rows, int first_row,
                   bool dithered) const {
    switch (format_.sample) {
    case SampleType::u8:
        if (transfer_.is_srgb()) {
            store_samples<std::uint8_t>(tile, area, rows, first_row, dithered, quantized<std::uint8_t>);
        } else {
            store_samples<std::uint8_t>(
                tile, area, rows, first_row, dithered, [this](float value, float threshold) {
                    const float step = std::clamp(value, 0.0F, 1.0F) * static_cast<float>(fine_steps) + 0.5F;
                    return quantized<std::uint8_t>(encoded_[static_cast<std::size_t>(step)], threshold);
                });
        }
        break;
    case SampleType::u16:
        store_samples<std::uint16_t>(tile, area, rows, first_row, false,
                                     [this](float value, float threshold) {
                                         return quantized<std::uint16_t>(encode(value), threshold);
                                     });
        break;
    case SampleType::f32:
        store_samples<float>(tile, area, rows, first_row, false,
                             [this](float value, float) { return encode(value); });
        break;
    }
}

} // namespace kontext::darkroom
