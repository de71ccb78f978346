#pragma once

#include "core/fidelity/affine.h"
#include "core/fidelity/plan.h"
#include "core/fidelity/pyramid.h"
#include "core/image/image.h"

#include <vector>

namespace kontext {

// Canvas pixel -> reply pixel, the reply being of the canvas's size.
struct Alignment {
    AffineShift affine{};
    Grid displacement; // pixels, on top of the affine shift
};

// Where a canvas's pixels lie in the reply: x and y of row `y`, together for each pixel.
std::vector<float> reply_positions(const Alignment& alignment, Size canvas, int y);

struct Registration {
    Alignment alignment;
    double confidence = 0; // 0..1; below 0.25 it must not be trusted
};

// Finds where the parts of a canvas lie in a reply of the same size.
Registration register_pictures(const std::vector<FeatureLevel>& pyramid, Size canvas);

// Sharpens an alignment by the levels of the reply as it aligns it (build_pyramid_of_same()).
Alignment refine_alignment(const std::vector<FeatureLevel>& pyramid, Size canvas, const Alignment& start);

} // namespace kontext
