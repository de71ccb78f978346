#pragma once

#include "core/fidelity/plan.h"

#include <vector>

namespace kontext {

// A grid of zeros that covers a canvas.
Grid make_grid(Size canvas, int step, int channels);

// The grid's values along canvas row `y` (which may lie between pixels), pixel by pixel, channels together.
// Zeros for an empty grid, whose channels are then taken to be `channels`.
std::vector<float> grid_row(const Grid& grid, double y, int width, int channels);

} // namespace kontext
