#pragma once

#include "core/fidelity/plan.h"
#include "core/image/image.h"

namespace kontext {

// The table that takes most of `matched`'s colours to those of `canvas`, pixel by pixel: three-channel
// floats, 0..1, aligned, small and smooth. Only what `weights` (one-channel float) gives a whole weight
// counts. A colour that is seen rarely is hardly moved.
ColorTable fit_color_table(const ImageView& canvas, const ImageView& matched, const ImageView& weights);

// The same without what it adds to all three channels alike.
ColorTable without_lightness(ColorTable table);

// Adds to one row of RGB pixels what the table says.
void add_from_table(const ColorTable& table, float* rgb, int width);

} // namespace kontext
