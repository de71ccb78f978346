#pragma once

#include "core/fidelity/band.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

namespace kontext {

// Where a layer's column lies among the canvas's columns, and how much its four neighbours count.
struct Column {
    int pixel = 0; // of the padded row: the first of the four
    Float4 cubic{};
    int square = 0; // of the padded row of local maps: the first of two
    float map_share = 0;
    int alpha = 0; // the first of two
    float alpha_share = 0;
    bool inside = false;
    int index = 0; // among the columns
};

// The columns of a layer from `x` on.
std::vector<Column> locate_columns(const BandSource& source, int x, int width);

// One row of the layer's height, still at the canvas's width: interpolated downwards.
class Row {
public:
    // `x` and `width` are the layer's columns.
    Row(const BandSource& source, int x, int width);

    // Returns false where the row is outside of the canvas.
    bool move_to(int layer_y);

    // Returns false when alpha is 0 all over.
    bool load_alpha();

    void load_colors();

    float alpha(const Column& column) const {
        const float* at = alpha_.data() + column.alpha;
        return at[0] + column.alpha_share * (at[1] - at[0]);
    }

    // The picture's own work value.
    Float4 plain(const Column& column) const {
        const Float4* at = picture_.data() + column.pixel;
        return column.cubic[0] * at[0] + column.cubic[1] * at[1] + column.cubic[2] * at[2] +
               column.cubic[3] * at[3];
    }

    // The layer's new work value where `original` is its old one.
    Float4 color(const Column& column, Float4 original) const {
        const Float4 fresh = grain_ ? with_grain(column, plain(column)) : plain(column);
        if (maps_.empty()) {
            return fresh;
        }
        const LocalMap& one = maps_[static_cast<std::size_t>(column.square)];
        const LocalMap& other = maps_[static_cast<std::size_t>(column.square + 1)];
        const float share = column.map_share;
        const Float4 rest = one.rest + share * (other.rest - one.rest);
        const Float4 detailed = (one.red + share * (other.red - one.red)) * original[0] +
                                (one.green + share * (other.green - one.green)) * original[1] +
                                (one.blue + share * (other.blue - one.blue)) * original[2] + rest;
        return fresh + rest[3] * (detailed - fresh);
    }

private:
    Float4 with_grain(const Column& column, Float4 value) const {
        const float luma = 0.2126F * value[0] + 0.7152F * value[1] + 0.0722F * value[2];
        return value + grain_->at(column.index, luma);
    }

    const float* alpha_row(int y) const;

    void load_maps();

    const BandSource& source_;
    int layer_y_ = 0;
    double y_ = 0;
    std::optional<GrainRows> grain_;
    std::vector<Float4> picture_;
    std::vector<LocalMap> maps_;
    std::vector<float> alpha_;
};

template <typename Sample>
constexpr float full_scale() {
    if constexpr (std::is_integral_v<Sample>) {
        return static_cast<float>(std::numeric_limits<Sample>::max());
    } else {
        return 1;
    }
}

template <typename Sample>
Sample to_sample(float value) {
    if constexpr (std::is_integral_v<Sample>) {
        const float scaled = value * full_scale<Sample>();
        return static_cast<Sample>(scaled > 0 ? std::min(scaled, full_scale<Sample>()) + 0.5F : 0.5F);
    } else {
        return value;
    }
}

// Reads and writes the colours of one pixel; an original of NaN is taken for black.
template <typename Sample, int channels, bool roots>
struct Pixel {
    static constexpr int colors = channels >= 3 ? 3 : 1;

    static Float4 load(const Sample* from) {
        Float4 value{};
        for (int c = 0; c < 3; ++c) {
            value[c] = static_cast<float>(from[colors == 3 ? c : 0]) * (1 / full_scale<Sample>());
            if constexpr (std::is_floating_point_v<Sample>) {
                value[c] = std::isfinite(value[c]) ? value[c] : 0;
            }
        }
        return value;
    }

    static Float4 to_work(Float4 value) {
        for (int c = 0; roots && c < 3; ++c) {
            value[c] = std::copysign(std::sqrt(std::abs(value[c])), value[c]);
        }
        return value;
    }

    static Float4 from_work(Float4 value) {
        for (int c = 0; roots && c < 3; ++c) {
            value[c] *= std::abs(value[c]);
        }
        if constexpr (colors == 1) { // Rec. 709 luma
            value[0] = 0.2126F * value[0] + 0.7152F * value[1] + 0.0722F * value[2];
        }
        return value;
    }

    static void store(Float4 value, Sample* to) {
        for (int c = 0; c < colors; ++c) {
            to[c] = to_sample<Sample>(value[c]);
        }
    }
};

// Calls `call` with a function object's template arguments for the format: sample, channels, roots.
template <typename Call>
void with_format(PixelFormat format, bool roots, Call call) {
    const auto with_channels = [&](auto sample, auto is_root) {
        switch (format.channels) {
        case 1: call(sample, std::integral_constant<int, 1>{}, is_root); return;
        case 2: call(sample, std::integral_constant<int, 2>{}, is_root); return;
        case 3: call(sample, std::integral_constant<int, 3>{}, is_root); return;
        default: call(sample, std::integral_constant<int, 4>{}, is_root); return;
        }
    };
    const auto with_roots = [&](auto sample) {
        roots ? with_channels(sample, std::true_type{}) : with_channels(sample, std::false_type{});
    };
    switch (format.sample) {
    case SampleType::u8: with_roots(std::uint8_t{}); return;
    case SampleType::u16: with_roots(std::uint16_t{}); return;
    case SampleType::f32: with_roots(float{}); return;
    }
}

} // namespace kontext
