#pragma once

#include "core/image/image.h"

#include <vector>

namespace kontext {

// Four floats that are calculated with at once.
using Float4 = float __attribute__((vector_size(16)));

// How a picture's colours follow from another's, place by place: new = red r + green g + blue b + rest, with
// the trust in it, 0..1, in rest[3].
struct LocalMap {
    Float4 red;
    Float4 green;
    Float4 blue;
    Float4 rest;
};

// Local maps on squares of `step` pixels: node (i, j) is the centre of square (i, j).
struct DetailTransfer {
    static constexpr int step = 4;
    Size size; // squares
    std::vector<LocalMap> maps;
};

// The share of what is wanted that the guide has to explain for a map to be trusted: not at all, and wholly.
struct DetailTrust {
    float from = 0.75F;
    float wholly = 0.92F;
};

// Finds the maps that make `wanted` of `guide` (both four-channel floats of one size, the fourth unused): a
// guided filter with a colour guide (He, Sun and Tang 2013). It looks at means of 4 x 4 pixels: finer
// structure is what a model draws anew, and would speak against a map that is right. Where the guide has no
// structure, channels are scaled one by one, or mixed where the whole picture's are (black and white).
DetailTransfer learn_detail(const ImageView& guide, const ImageView& wanted, const DetailTrust& trust);

} // namespace kontext
