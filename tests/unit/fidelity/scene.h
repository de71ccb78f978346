#pragma once

#include "core/image/image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>

namespace kontext::test {

using Color = std::array<double, 3>; // encoded sRGB, 0..1
struct Point {
    double x = 0;
    double y = 0;
};

// A value of 0..1 that belongs to a whole-numbered place.
inline double noise_at(std::int64_t x, std::int64_t y, std::uint64_t layer) {
    auto bits = static_cast<std::uint64_t>(x) * 0x9E3779B97F4A7C15U ^
                static_cast<std::uint64_t>(y) * 0xC2B2AE3D27D4EB4FU ^ layer * 0x165667B19E3779F9U;
    bits = (bits ^ bits >> 29) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ bits >> 32) * 0x94D049BB133111EBU;
    return static_cast<double>(bits >> 11) / 9007199254740992.0;
}

// Smooth noise with structures of `length` pixels, known at any point.
inline double smooth_noise(Point at, double length, std::uint64_t layer) {
    const double x = at.x / length;
    const double y = at.y / length;
    const auto ix = static_cast<std::int64_t>(std::floor(x));
    const auto iy = static_cast<std::int64_t>(std::floor(y));
    const auto ease = [](double t) { return t * t * (3 - 2 * t); };
    const double fx = ease(x - std::floor(x));
    const double fy = ease(y - std::floor(y));
    const double top = noise_at(ix, iy, layer) * (1 - fx) + noise_at(ix + 1, iy, layer) * fx;
    const double bottom = noise_at(ix, iy + 1, layer) * (1 - fx) + noise_at(ix + 1, iy + 1, layer) * fx;
    return top * (1 - fy) + bottom * fy;
}

// A made-up landscape without end: known between pixels, so that it can be bent exactly. Other seeds, other
// places.
inline Color scene_at(Point at, std::uint64_t seed = 1) {
    const double form = smooth_noise(at, 90, 10 * seed);
    const double texture = smooth_noise(at, 19, 10 * seed + 1);
    const double grain = smooth_noise(at, 6, 10 * seed + 2);
    const double light = 0.5 * form + 0.3 * texture + 0.2 * grain;
    const double hue = smooth_noise(at, 140, 10 * seed + 3);
    return {0.1 + 0.75 * light * (0.6 + 0.4 * hue), 0.1 + 0.7 * light, 0.12 + 0.7 * light * (1 - 0.4 * hue)};
}

// Samples of 8 bits, RGB, of what `color` says at every pixel's centre.
inline Image draw(Size size, const std::function<Color(Point)>& color) {
    Image picture(size, {SampleType::u8, 3});
    for (int y = 0; y < size.height; ++y) {
        auto* row = picture.view().samples<std::uint8_t>(y);
        for (int x = 0; x < size.width; ++x) {
            for (const double value : color({static_cast<double>(x), static_cast<double>(y)})) {
                *row++ = static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
            }
        }
    }
    return picture;
}

inline Image draw_scene(Size size, std::uint64_t seed = 1) {
    return draw(size, [seed](Point at) { return scene_at(at, seed); });
}

inline Image one_channel(Size size, const std::function<bool(int, int)>& is_set) {
    Image mask(size, {SampleType::u8, 1});
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            mask.view().samples<std::uint8_t>(y)[x] = is_set(x, y) ? 255 : 0;
        }
    }
    return mask;
}

// What models do: a shift, a zoom, a bend and other colours.
struct ModelDrift {
    double shift_x = 7.3;
    double shift_y = -4.6;
    double zoom = 1.012;
    double bend = 1.2;
    Point center{256, 192};

    // Reply pixel -> canvas pixel.
    Point to_canvas(Point at) const {
        return {center.x + (at.x - center.x - shift_x) / zoom + bend * std::sin(at.y / 45),
                center.y + (at.y - center.y - shift_y) / zoom + bend * std::sin(at.x / 50)};
    }
    static Color recolor(Color c) { return {0.96 * c[0] + 0.02, 0.93 * c[1] + 0.03, std::pow(c[2], 1.06)}; }

    Point to_reply(Point at) const {
        Point guess = at;
        for (int i = 0; i < 30; ++i) {
            const Point back = to_canvas(guess);
            guess = {guess.x + (at.x - back.x), guess.y + (at.y - back.y)};
        }
        return guess;
    }
};

} // namespace kontext::test
