#pragma once

#include "core/image/image.h"

#include <vector>

namespace kontext {

// One level of a pair of pictures, each freed from its local mean and contrast, so that exposure and colour
// of the two do not matter. One-channel float.
struct FeatureLevel {
    Image canvas;
    Image reply;
    Image use;       // 8 bits, 0 where nothing is known; empty: it is known everywhere
    float floor = 0; // contrast under which a place counts as flat, 1 being the whole range
    int scale = 1;   // canvas pixels per pixel of this level
};

// Of two pictures of one size, one-channel float luma, 0..1. Finest first, each half the one before: four
// levels at most, none with a side under 24 pixels but the first.
std::vector<FeatureLevel> build_pyramid(const ImageView& canvas, const ImageView& reply);

// A picture as light and colour: one-channel floats.
struct Opponents {
    Image luma; // Y, 0..1
    Image red;  // R - Y, at half the size
    Image blue; // B - Y, at half the size
};

// Luma at the full size, and luma and colour at half of it, of a reply that is aligned already; `same` (8
// bits, luma's size) is 0 where the two are not known to show the same. What is there has no part in the
// features around it, nor has what is beyond the border. The faintest contrasts count: once it is known that
// these are the same picture, a sky's last clouds tell how it bends. Before that they would only hide that
// everything else agrees.
std::vector<FeatureLevel> build_pyramid_of_same(const Opponents& canvas, const Opponents& aligned,
                                                const ImageView& same);

} // namespace kontext
