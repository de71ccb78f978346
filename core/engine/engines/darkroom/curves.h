#pragma once

#include <algorithm>
#include <cmath>

// Curves over 0..1, encoded like sRGB, that go on beyond without clipping what a float layer holds there.
namespace kontext::darkroom {

// `curve` within 0..1; outside it the end is moved along, so nothing is folded or cut.
template <typename Curve>
float unbounded(float x, Curve curve) {
    if (x < 0) {
        return curve(0.0F) + x;
    }
    if (x > 1) {
        return curve(1.0F) + (x - 1);
    }
    return curve(x);
}

// Lifts (amount > 0) or lowers the middle and holds both ends; amount within -1..1.
inline float bias(float x, float amount) {
    const float a = 0.5F + 0.3F * amount;
    return x / ((1 / a - 2) * (1 - x) + 1);
}

// Steeper in the middle and flatter at the ends, or (amount < 0) all of it flatter.
inline float s_curve(float x, float amount) {
    if (amount < 0) {
        return 0.5F + (x - 0.5F) * (1 + 0.7F * amount);
    }
    return x < 0.5F ? 0.5F * bias(2 * x, -0.9F * amount) : 1 - 0.5F * bias(2 - 2 * x, -0.9F * amount);
}

inline float mix(float a, float b, float share) {
    return a + (b - a) * share;
}

inline float smooth_step(float from, float to, float x) {
    const float t = std::clamp((x - from) / (to - from), 0.0F, 1.0F);
    return t * t * (3 - 2 * t);
}

// 1 for small values, and less and less: keeps strong edges from growing halos.
inline float limited(float detail, float most) {
    return detail / (1 + std::abs(detail) / most);
}

} // namespace kontext::darkroom
