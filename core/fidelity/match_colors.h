#pragma once

#include "core/fidelity/color_table.h"
#include "core/fidelity/plan.h"
#include "core/image/image.h"

namespace kontext {

// How a reply's colours are taken to the canvas's.
struct ColorMatch {
    ToneMap tone;
    ColorTable table;
};

// A three-channel float copy of an aligned reply (RGB, 8 bits or floats) with its colours matched.
Image match_colors(const ImageView& aligned, const ColorMatch& match);

// Adds a field of three channels to a picture of three-channel floats.
void add_field(const Grid& field, const MutableImageView& picture);

// What a reply's clipped channel was is not known, but for the side it lies on: there it may have been what
// the canvas has. Takes such differences out of `matched`; `reply` is what it was matched from, as the canvas
// a float picture.
void forgive_clipping(const ImageView& canvas, const ImageView& reply, const MutableImageView& matched);

} // namespace kontext
