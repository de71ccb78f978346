#pragma once

#include "core/fidelity/affine.h"
#include "core/fidelity/pyramid.h"

#include <vector>

namespace kontext {

struct PatchSearch {
    int side = 31;  // of a patch, odd, in the level's pixels
    int step = 10;  // from patch to patch
    int reach = 13; // how far to look, either way
};

// Where the canvas's patches are found in the reply, starting from `start`: best normalised correlation,
// refined below the pixel. Flat patches, poor fits and finds on the rim are left out; those that are found
// elsewhere almost as well (a pattern that repeats) weigh little.
std::vector<Match> match_patches(const FeatureLevel& level, Size canvas, const AffineShift& start,
                                 const PatchSearch& search);

} // namespace kontext
