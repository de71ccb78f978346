#pragma once

#include "core/image/image.h"

#include <vector>

namespace kontext {

// One level of a pair of pictures, each freed from its local mean and contrast, so that exposure and colour
// of the two do not matter. One-channel float.
struct FeatureLevel {
    Image canvas;
    Image reply;
    int scale = 1; // canvas pixels per pixel of this level
};

// Of two pictures of one size, one-channel float luma, 0..1. Finest first, each half the one before: four
// levels at most, none with a side under 24 pixels but the first.
std::vector<FeatureLevel> build_pyramid(const ImageView& canvas, const ImageView& reply);

// The same levels, all but the finest made anew so that the faintest contrasts count, too: once it is known
// that these are the same picture, a sky's last clouds tell how it bends. Before that they would only hide
// that everything else agrees.
std::vector<FeatureLevel> count_faint_contrasts(std::vector<FeatureLevel> pyramid, const ImageView& canvas,
                                                const ImageView& reply);

} // namespace kontext
