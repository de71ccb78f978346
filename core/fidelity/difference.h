#pragma once

#include "core/image/image.h"

namespace kontext {

// How two aligned pictures differ, pixel by pixel; one-channel floats.
struct Difference {
    Image distance;   // ΔE of the low-passed pictures, a pixel's shift tolerated, and what the structure adds
    Image similarity; // of structure, -1..1, at half the size
    Image activity;   // how fast colours change around: what a small misfit costs, ΔE per pixel
    Image shift;      // by how much colours differ, with their signs: L*a*b*, at a quarter of the size
};

// Both three-channel floats in encoded sRGB; `covered` (one channel, 8 bits): where it is 0 the second
// picture is unknown and the distance 0. `blur`: deviation of the low pass, pixels.
Difference measure_difference(const ImageView& canvas, const ImageView& aligned, const ImageView& covered,
                              double blur);

} // namespace kontext
