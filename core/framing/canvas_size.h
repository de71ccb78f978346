#pragma once

#include "core/framing/framing.h"

namespace kontext {

// The size whose shape is nearest to that ratio of width to height, by the logarithm of the two.
Size nearest_canvas(const CanvasSizes& sizes, double ratio);

// How far a canvas's shape is from a ratio: the logarithm of the stretch that would fill it.
double shape_distance(Size canvas, double ratio);

} // namespace kontext
