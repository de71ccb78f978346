#pragma once

#include "core/fidelity/plan.h"
#include "core/image/image.h"

namespace kontext {

struct ToneFit {
    ToneMap map;
    double agreement = 0; // share of the samples that follow the map, 0..1
};

// The map that takes most of `reply`'s colours to those of `canvas`, pixel by pixel: three-channel floats,
// 0..1, aligned, small and smooth. What was painted over does not count, where `weights` (one-channel float)
// is 0 neither; clipped colours count as bounds.
ToneFit fit_tone(const ImageView& canvas, const ImageView& reply, const ImageView& weights);

// One row of RGB pixels through the map, into memory that is not the same.
void apply_tone(const ToneMap& map, const float* from, float* to, int width);

} // namespace kontext
