#pragma once

#include "core/fidelity/affine.h"
#include "core/fidelity/plan.h"

#include <vector>

namespace kontext {

// Canvas pixel -> reply pixel, the reply being of the canvas's size.
struct Alignment {
    AffineShift affine{};
    Grid displacement; // pixels, on top of the affine shift
};

// Where a canvas's pixels lie in the reply: x and y of row `y`, together for each pixel.
std::vector<float> reply_positions(const Alignment& alignment, Size canvas, int y);

// The alignment that first moves a canvas pixel by `after` (canvas pixels) and then tells where that place
// lies in the reply.
Alignment move_after(const Alignment& alignment, const Grid& after);

// The same alignment with as much of it as possible in its affine part, `weights` telling the nodes'
// importance.
Alignment normalise(const Alignment& alignment, Size canvas, const std::vector<float>& weights);

} // namespace kontext
