#include "core/image/samples.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>

namespace kontext {

namespace {

// Calls `call` with a value of the C++ type that holds such samples.
template <typename Call>
void with_sample_type(SampleType type, Call call) {
    switch (type) {
    case SampleType::u8: call(std::uint8_t{}); return;
    case SampleType::u16: call(std::uint16_t{}); return;
    case SampleType::f32: call(float{}); return;
    }
}

template <typename Sample>
float to_float(Sample value) {
    if constexpr (std::same_as<Sample, float>) {
        return value;
    } else {
        return static_cast<float>(value) / static_cast<float>(std::numeric_limits<Sample>::max());
    }
}

template <typename Sample>
Sample from_float(float value) {
    if constexpr (std::same_as<Sample, float>) {
        return value;
    } else {
        constexpr auto top = static_cast<float>(std::numeric_limits<Sample>::max());
        const float scaled = value * top;
        // Written so that NaN falls to 0.
        return static_cast<Sample>(scaled > 0 ? std::min(scaled, top) + 0.5F : 0.5F);
    }
}

template <typename From, typename To>
To convert(From value) {
    if constexpr (std::same_as<From, To>) {
        return value;
    } else if constexpr (std::same_as<From, std::uint8_t> && std::same_as<To, std::uint16_t>) {
        return static_cast<std::uint16_t>(value * 257);
    } else if constexpr (std::same_as<From, std::uint16_t> && std::same_as<To, std::uint8_t>) {
        return static_cast<std::uint8_t>((value + 128) / 257);
    } else {
        return from_float<To>(to_float(value));
    }
}

// One pixel of a partly covered place: straight alpha, so colours count by how much of each is there.
template <typename Sample>
void blend_pixel(const Sample* original, const Sample* edited, float coverage, PixelFormat format,
                 Sample* result) {
    float weight_original = 1 - coverage;
    float weight_edited = coverage;
    const int colors = format.color_channels();
    if (format.has_alpha()) {
        weight_original *= to_float(original[colors]);
        weight_edited *= to_float(edited[colors]);
        const float alpha = weight_original + weight_edited;
        if (alpha > 0) {
            weight_original /= alpha;
            weight_edited /= alpha;
        } else { // nothing shows; keep the colours continuous all the same
            weight_original = 1 - coverage;
            weight_edited = coverage;
        }
        result[colors] = from_float<Sample>(alpha);
    }
    for (int channel = 0; channel < colors; ++channel) {
        result[channel] = from_float<Sample>(to_float(original[channel]) * weight_original +
                                             to_float(edited[channel]) * weight_edited);
    }
}

template <typename Sample>
void composite_row(const Sample* original, const Sample* edited, const float* coverage, int width,
                   PixelFormat format, Sample* result) {
    const int channels = format.channels;
    const auto pixel_bytes = static_cast<std::size_t>(format.bytes_per_pixel());
    for (int x = 0; x < width; ++x) {
        const std::ptrdiff_t at = std::ptrdiff_t{x} * channels;
        if (coverage[x] <= 0) {
            std::memmove(result + at, original + at, pixel_bytes);
        } else if (coverage[x] >= 1) {
            std::memmove(result + at, edited + at, pixel_bytes);
        } else {
            blend_pixel(original + at, edited + at, coverage[x], format, result + at);
        }
    }
}

} // namespace

void convert_samples(const ImageView& from, const MutableImageView& to) {
    assert(from.size == to.size && from.format.channels == to.format.channels);
    const std::ptrdiff_t count = std::ptrdiff_t{from.size.width} * from.format.channels;
    with_sample_type(from.format.sample, [&](auto from_sample) {
        with_sample_type(to.format.sample, [&](auto to_sample) {
            using From = decltype(from_sample);
            using To = decltype(to_sample);
            for (int y = 0; y < from.size.height; ++y) {
                const From* source = from.samples<From>(y);
                std::transform(source, source + count, to.samples<To>(y), convert<From, To>);
            }
        });
    });
}

void composite(const ImageView& original, const ImageView& edited, const ImageView& mask,
               const MutableImageView& result) {
    assert(original.size == edited.size && original.size == mask.size && original.size == result.size);
    assert(original.format == edited.format && original.format == result.format && mask.format.channels == 1);
    Image coverage({mask.size.width, 1}, {SampleType::f32, 1});
    for (int y = 0; y < mask.size.height; ++y) {
        convert_samples(rows_of(mask, y, 1), coverage.view());
        with_sample_type(original.format.sample, [&](auto sample) {
            using Sample = decltype(sample);
            composite_row(original.samples<Sample>(y), edited.samples<Sample>(y),
                          coverage.view().samples<float>(0), mask.size.width, original.format,
                          result.samples<Sample>(y));
        });
    }
}

EqualCounts count_equal(const ImageView& one, const ImageView& other) {
    assert(one.size == other.size && one.format == other.format);
    const int channels = one.format.channels;
    EqualCounts equal;
    const auto count_row = [&](auto bits, int y) {
        using Bits = decltype(bits); // as integers, so that a float's NaN equals itself
        const Bits* left = one.samples<Bits>(y);
        const Bits* right = other.samples<Bits>(y);
        for (int x = 0; x < one.size.width; ++x, left += channels, right += channels) {
            int same = 0;
            for (int channel = 0; channel < channels; ++channel) {
                same += left[channel] == right[channel] ? 1 : 0;
            }
            equal.samples += same;
            equal.pixels += same == channels ? 1 : 0;
        }
    };
    for (int y = 0; y < one.size.height; ++y) {
        switch (one.format.sample) {
        case SampleType::u8: count_row(std::uint8_t{}, y); break;
        case SampleType::u16: count_row(std::uint16_t{}, y); break;
        case SampleType::f32: count_row(std::uint32_t{}, y); break;
        }
    }
    return equal;
}

} // namespace kontext
