#pragma once

#include "core/image/color.h"
#include "core/image/raster.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

// Pictures to test with.
namespace kontext::test {

// Every value that integers have; floats from -0.5 to 1.5.
inline Image make_noise(Size size, PixelFormat format, unsigned seed = 1) {
    std::mt19937 random(seed);
    Image image(size, format);
    const std::ptrdiff_t count = std::ptrdiff_t{size.width} * format.channels;
    for (int y = 0; y < size.height; ++y) {
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            switch (format.sample) {
            case SampleType::u8:
                image.view().samples<std::uint8_t>(y)[i] = static_cast<std::uint8_t>(random());
                break;
            case SampleType::u16:
                image.view().samples<std::uint16_t>(y)[i] = static_cast<std::uint16_t>(random());
                break;
            case SampleType::f32:
                image.view().samples<float>(y)[i] = static_cast<float>(random() % 100'000) / 50'000.0F - 0.5F;
                break;
            }
        }
    }
    return image;
}

// Soft enough for a lossy format to come close.
inline Image make_gradient(Size size, int channels) {
    Image image(size, {SampleType::u8, channels});
    for (int y = 0; y < size.height; ++y) {
        auto* sample = image.view().samples<std::uint8_t>(y);
        for (int x = 0; x < size.width; ++x) {
            for (int channel = 0; channel < channels; ++channel) {
                const int along = channel % 2 == 0 ? x * 255 / size.width : y * 255 / size.height;
                *sample++ = static_cast<std::uint8_t>(along);
            }
        }
    }
    return image;
}

inline Image read_all(const Raster& raster) {
    Image image(raster.size(), raster.format());
    raster.read_rows(0, image.view());
    return image;
}

inline Raster to_raster(const Image& image) {
    Raster raster(image.size(), image.format());
    raster.write_rows(0, image.view());
    return raster;
}

inline bool same_bytes(const ImageView& one, const ImageView& other) {
    return one.size == other.size && one.format == other.format &&
           std::memcmp(one.data, other.data, static_cast<std::size_t>(one.stride * one.size.height)) == 0;
}

// Of 8-bit samples.
inline int largest_difference(const ImageView& one, const ImageView& other) {
    int largest = 0;
    for (int y = 0; y < one.size.height; ++y) {
        for (std::ptrdiff_t i = 0; i < one.stride; ++i) {
            largest = std::max(largest, std::abs(std::to_integer<int>(one.row(y)[i]) -
                                                 std::to_integer<int>(other.row(y)[i])));
        }
    }
    return largest;
}

template <typename Sample>
std::vector<Sample> samples_of(const ImageView& view) {
    std::vector<Sample> samples;
    for (int y = 0; y < view.size.height; ++y) {
        const auto* row = view.samples<Sample>(y);
        samples.insert(samples.end(), row, row + std::ptrdiff_t{view.size.width} * view.format.channels);
    }
    return samples;
}

template <typename Sample>
Image make_image(Size size, PixelFormat format, const std::vector<Sample>& samples) {
    Image image(size, format);
    std::memcpy(image.view().data, samples.data(), samples.size() * sizeof(Sample));
    return image;
}

} // namespace kontext::test
