#include "core/image/tiff_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace kontext {

int TiffLayout::colors_in_file() const {
    switch (colors) {
    case Colors::black_is_zero:
    case Colors::white_is_zero:
    case Colors::palette: return 1;
    case Colors::rgb: return 3;
    case Colors::inks: return 4;
    }
    return 0;
}

PixelFormat TiffLayout::format() const {
    SampleType sample = SampleType::u8;
    if (number == Number::real || bits > 16) {
        sample = SampleType::f32;
    } else if (bits == 16 && colors != Colors::palette) {
        sample = SampleType::u16;
    }
    const int color_channels = colors_in_file() == 1 && colors != Colors::palette ? 1 : 3;
    return {sample, color_channels + (alpha == Alpha::none ? 0 : 1)};
}

std::int64_t TiffLayout::bytes_per_row() const {
    return (std::int64_t{size.width} * bits * (separate_planes ? 1 : samples) + 7) / 8;
}

namespace {

float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t exponent = half >> 10 & 0x1FU;
    const std::uint32_t mantissa = half & 0x3FFU;
    if (exponent == 0) { // zero and the numbers too small for an exponent
        const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t wide_exponent = exponent == 0x1F ? 0xFF : exponent + (127 - 15);
    return std::bit_cast<float>(sign | wide_exponent << 23 | mantissa << 13);
}

template <typename From, typename To, typename Convert>
void convert_each(const std::byte* raw, int count, std::byte* samples, Convert convert) {
    for (int i = 0; i < count; ++i) {
        From value;
        std::memcpy(&value, raw + static_cast<std::ptrdiff_t>(i) * std::ptrdiff_t{sizeof value},
                    sizeof value);
        reinterpret_cast<To*>(samples)[i] = convert(value);
    }
}

// 1, 2 and 4 bits to a sample, the first one in the highest bits. Indices stay what they are; grey is
// stretched over 8 bits.
void unpack_bits(const std::byte* raw, int count, int bits, bool stretch, std::byte* samples) {
    const unsigned top = (1U << bits) - 1;
    const unsigned factor = stretch ? 255 / top : 1;
    for (int i = 0; i < count; ++i) {
        const int bit = i * bits;
        const unsigned value = std::to_integer<unsigned>(raw[bit / 8]) >> (8 - bits - bit % 8) & top;
        samples[i] = static_cast<std::byte>(value * factor);
    }
}

} // namespace

void widen_samples(const TiffLayout& layout, const std::byte* raw, int count, std::byte* samples) {
    const bool real = layout.number == TiffLayout::Number::real;
    if (layout.bits < 8) {
        unpack_bits(raw, count, layout.bits, layout.colors != TiffLayout::Colors::palette, samples);
    } else if (real && layout.bits == 16) {
        convert_each<std::uint16_t, float>(raw, count, samples, half_to_float);
    } else if (real && layout.bits == 64) {
        convert_each<double, float>(raw, count, samples, [](double value) {
            constexpr double top = std::numeric_limits<float>::max();
            return static_cast<float>(std::clamp(value, -top, top));
        });
    } else if (!real && layout.bits == 32) {
        convert_each<std::uint32_t, float>(raw, count, samples, [](std::uint32_t value) {
            return static_cast<float>(value / static_cast<double>(std::numeric_limits<std::uint32_t>::max()));
        });
    } else {
        std::memcpy(samples, raw,
                    static_cast<std::size_t>(count) * static_cast<std::size_t>(layout.bits / 8));
    }
}

namespace {

template <typename Sample>
Sample white() {
    if constexpr (std::is_same_v<Sample, float>) {
        return 1;
    } else {
        return std::numeric_limits<Sample>::max();
    }
}

// A premultiplied colour as it is without its alpha.
template <typename Sample>
Sample divide(Sample color, Sample alpha) {
    if (!(alpha > 0)) {
        return 0;
    }
    if constexpr (std::is_same_v<Sample, float>) {
        return color / alpha;
    } else {
        constexpr std::uint64_t top = std::numeric_limits<Sample>::max();
        return static_cast<Sample>(std::min(top, (color * top + alpha / 2U) / alpha));
    }
}

} // namespace

TiffArranger::TiffArranger(const TiffLayout& layout, std::span<const std::byte> icc_profile)
    : layout_(layout) {
    if (layout.colors == TiffLayout::Colors::inks) {
        inks_ = std::make_unique<CmykToRgb>(icc_profile, layout.format().sample, CmykToRgb::Ink::full_is_ink);
    }
}

template <typename Sample>
void TiffArranger::arrange_row(const Sample* samples, Sample* row) const {
    const PixelFormat format = layout_.format();
    const int colors = format.color_channels();
    const bool invert = layout_.colors == TiffLayout::Colors::white_is_zero;
    const bool divides = layout_.alpha == TiffLayout::Alpha::premultiplied;
    for (int x = 0; x < layout_.size.width; ++x, samples += layout_.samples, row += format.channels) {
        for (int channel = 0; channel < colors; ++channel) {
            const Sample color = divides ? divide(samples[channel], samples[colors]) : samples[channel];
            row[channel] = invert ? static_cast<Sample>(white<Sample>() - color) : color;
        }
        if (format.has_alpha()) {
            row[colors] = samples[colors];
        }
    }
}

// Without alpha: see the codec, which leaves out what it does not know for inks.
void TiffArranger::convert_inks(const std::byte* samples, const MutableImageView& row) const {
    const PixelFormat inks{layout_.format().sample, 4};
    Image packed({layout_.size.width, 1}, inks);
    const auto pixel_bytes = static_cast<std::size_t>(inks.bytes_per_pixel());
    const auto step = static_cast<std::size_t>(layout_.samples) * pixel_bytes / 4;
    for (std::size_t x = 0; x < static_cast<std::size_t>(layout_.size.width); ++x) {
        std::memcpy(packed.view().data + x * pixel_bytes, samples + x * step, pixel_bytes);
    }
    inks_->convert(packed.view(), row);
}

void TiffArranger::arrange(const std::byte* samples, const MutableImageView& row) const {
    if (inks_) {
        convert_inks(samples, row);
        return;
    }
    if (layout_.colors == TiffLayout::Colors::palette) {
        auto* target = row.samples<std::uint8_t>(0);
        for (std::ptrdiff_t x = 0; x < layout_.size.width; ++x) {
            const auto index = std::to_integer<std::size_t>(samples[x * layout_.samples]);
            const std::array<std::uint8_t, 3> color =
                index < layout_.palette.size() ? layout_.palette[index] : std::array<std::uint8_t, 3>{};
            std::ranges::copy(color, target + x * 3);
        }
        return;
    }
    switch (layout_.format().sample) {
    case SampleType::u8:
        arrange_row(reinterpret_cast<const std::uint8_t*>(samples), row.samples<std::uint8_t>(0));
        return;
    case SampleType::u16:
        arrange_row(reinterpret_cast<const std::uint16_t*>(samples), row.samples<std::uint16_t>(0));
        return;
    case SampleType::f32: arrange_row(reinterpret_cast<const float*>(samples), row.samples<float>(0)); return;
    }
}

} // namespace kontext
