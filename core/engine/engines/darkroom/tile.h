#pragma once

#include "core/image/image.h"

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace kontext::darkroom {

// One channel of a rectangle of samples.
struct Plane {
    int width = 0;
    int height = 0;
    std::vector<float> samples;

    Plane() = default;
    Plane(int w, int h, float value = 0)
        : width(w), height(h), samples(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), value) {}

    float* row(int y) { return samples.data() + static_cast<std::ptrdiff_t>(y) * width; }
    const float* row(int y) const { return samples.data() + static_cast<std::ptrdiff_t>(y) * width; }
};

// A rectangle of a picture in work: channels apart, encoded like sRGB (and beyond 0..1) whatever the layer's
// own encoding is, so that every operation means the same on every layer.
struct Tile {
    std::array<Plane, 3> planes; // one is used on a grey layer
    int channels = 3;
    Plane alpha; // empty where everything is opaque
    int x = 0;   // of the first sample, in samples; a margin may lie outside of the picture
    int y = 0;
    double scale_x = 1; // picture's pixels per sample: 1 but for the proxy
    double scale_y = 1;

    int width() const { return planes[0].width; }
    int height() const { return planes[0].height; }
    double picture_x(int column) const { return (x + column + 0.5) * scale_x - 0.5; }
    double picture_y(int line) const { return (y + line + 0.5) * scale_y - 0.5; }
};

// A part of an operation, done to a tile in place.
struct Step {
    enum class Kind {
        curve, // of each sample alone: fused into tables for integers
        pixel, // of each pixel and its place
        area,  // of a neighbourhood: `reach` samples around a pixel decide on it
    };
    Kind kind = Kind::curve;
    int reach = 0;
    bool dithers = false; // makes gradients that would show bands in 8 bits
    std::function<void(Tile&)> apply;
};

struct Rgb {
    float r = 0;
    float g = 0;
    float b = 0;
};

// `curve(sample, channel)` for each sample.
template <typename Curve>
Step per_sample(Curve curve) {
    return {Step::Kind::curve, 0, false, [curve](Tile& tile) {
                for (int channel = 0; channel < tile.channels; ++channel) {
                    for (float& sample : tile.planes[static_cast<std::size_t>(channel)].samples) {
                        sample = curve(sample, channel);
                    }
                }
            }};
}

// Calls `change(Rgb, column, line)` for each pixel; a grey one goes through as a colour without chroma.
template <typename Change>
void change_pixels(Tile& tile, const std::array<float, 3>& luminance, Change change) {
    const int width = tile.width();
    for (int line = 0; line < tile.height(); ++line) {
        float* r = tile.planes[0].row(line);
        if (tile.channels == 1) {
            for (int i = 0; i < width; ++i) {
                const Rgb out = change(Rgb{r[i], r[i], r[i]}, i, line);
                r[i] = luminance[0] * out.r + luminance[1] * out.g + luminance[2] * out.b;
            }
            continue;
        }
        float* g = tile.planes[1].row(line);
        float* b = tile.planes[2].row(line);
        for (int i = 0; i < width; ++i) {
            const Rgb out = change(Rgb{r[i], g[i], b[i]}, i, line);
            r[i] = out.r;
            g[i] = out.g;
            b[i] = out.b;
        }
    }
}

template <typename Change>
Step per_pixel(const std::array<float, 3>& luminance, Change change) {
    return {Step::Kind::pixel, 0, false, [luminance, change](Tile& tile) {
                change_pixels(tile, luminance, [&](Rgb c, int, int) { return change(c); });
            }};
}

// Brightness of each pixel as the eye ranks them.
Plane luma_of(const Tile& tile, const std::array<float, 3>& luminance);

// Adds the same to all channels, which changes brightness and leaves the colour.
void add_to_all(Tile& tile, const Plane& delta);

} // namespace kontext::darkroom
