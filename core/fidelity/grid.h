#pragma once

#include "core/fidelity/plan.h"

#include <vector>

namespace kontext {

// A grid of zeros that covers a canvas.
Grid make_grid(Size canvas, int step, int channels);

// Pixels of a row: first, first + every, …
struct RowPixels {
    int count = 0;
    int first = 0;
    int every = 1;
};

// The values of a grid of two or three channels along canvas row `y` (which may lie between pixels), pixel by
// pixel, channels together. Zeros for an empty grid, whose channels are then taken to be `channels`.
std::vector<float> grid_row(const Grid& grid, double y, const RowPixels& pixels, int channels);

} // namespace kontext
