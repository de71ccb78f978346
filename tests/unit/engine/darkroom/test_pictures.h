#pragma once

#include "core/image/color.h"
#include "core/image/raster.h"
#include "core/image/samples.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

// Small pictures and what is in them.
namespace kontext::darkroom {

// `pixel(x, y)` gives r, g, b, a; grey takes g.
template <typename Pixel>
Raster filled(Size size, PixelFormat format, Pixel pixel) {
    Image floats(size, {SampleType::f32, format.channels});
    for (int y = 0; y < size.height; ++y) {
        float* row = floats.view().samples<float>(y);
        for (int x = 0; x < size.width; ++x) {
            const std::array<float, 4> rgba = pixel(x, y);
            for (int c = 0; c < format.channels; ++c) {
                const bool alpha = format.has_alpha() && c == format.channels - 1;
                row[x * format.channels + c] = alpha                  ? rgba[3]
                                               : format.channels <= 2 ? rgba[1]
                                                                      : rgba[static_cast<std::size_t>(c)];
            }
        }
    }
    if (format.sample == SampleType::f32) {
        return Raster(std::move(floats));
    }
    Image image(size, format);
    convert_samples(std::as_const(floats).view(), image.view());
    return Raster(std::move(image));
}

// Gradients, an edge, texture and all hues, with transparent parts.
inline Raster test_picture(Size size, PixelFormat format) {
    return filled(size, format, [size](int x, int y) {
        const float u = static_cast<float>(x) / static_cast<float>(std::max(size.width - 1, 1));
        const float v = static_cast<float>(y) / static_cast<float>(std::max(size.height - 1, 1));
        const float texture =
            0.06F * std::sin(static_cast<float>(x) * 1.7F) * std::cos(static_cast<float>(y) * 1.3F);
        const float edge = u > 0.6F ? 0.2F : 0.0F;
        const auto inside = [](float sample) { return std::clamp(sample, 0.02F, 0.98F); };
        return std::array<float, 4>{inside(0.1F + 0.7F * u + texture),
                                    inside(0.15F + 0.6F * v + edge + texture),
                                    inside(0.75F - 0.5F * u * v - edge + texture),
                                    v > 0.8F   ? 0.0F
                                    : v > 0.5F ? 0.5F
                                               : 1.0F};
    });
}

inline Image image_of(const Raster& raster) {
    Image image(raster.size(), raster.format());
    raster.read_rows(0, image.view());
    return image;
}

inline std::vector<std::byte> bytes_of(const Raster& raster) {
    const Image image = image_of(raster);
    const auto count =
        static_cast<std::size_t>(image.stride()) * static_cast<std::size_t>(image.size().height);
    std::vector<std::byte> bytes(count);
    if (count > 0) {
        std::memcpy(bytes.data(), image.view().data, count);
    }
    return bytes;
}

inline Raster as_format(const Raster& raster, SampleType type) {
    const Image from = image_of(raster);
    Image to(raster.size(), {type, raster.format().channels});
    convert_samples(from.view(), to.view());
    return Raster(std::move(to));
}

inline Raster as_float(const Raster& raster) {
    return as_format(raster, SampleType::f32);
}

inline std::vector<float> floats_of(const Raster& raster) {
    const Image image = image_of(as_float(raster));
    std::vector<float> samples(static_cast<std::size_t>(image.size().pixels() * image.format().channels));
    if (!samples.empty()) {
        std::memcpy(samples.data(), image.view().data, samples.size() * sizeof(float));
    }
    return samples;
}

inline std::vector<float> alpha_of(const Raster& raster) {
    const std::vector<float> samples = floats_of(raster);
    const auto channels = static_cast<std::size_t>(raster.format().channels);
    std::vector<float> alpha;
    for (std::size_t i = channels - 1; i < samples.size(); i += channels) {
        alpha.push_back(samples[i]);
    }
    return alpha;
}

// Float colour without alpha from one encoding to another.
inline Raster reencoded(const Raster& raster, const Transfer& from, const Transfer& to) {
    Image image = image_of(raster);
    for (int y = 0; y < image.size().height; ++y) {
        float* row = image.view().samples<float>(y);
        for (int i = 0; i < image.size().width * image.format().channels; ++i) {
            row[i] = to.from_linear(from.to_linear(row[i]));
        }
    }
    return Raster(std::move(image));
}

} // namespace kontext::darkroom
