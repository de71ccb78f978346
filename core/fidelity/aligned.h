#pragma once

#include "core/fidelity/pyramid.h"
#include "core/fidelity/register.h"
#include "core/image/image.h"

#include <vector>

namespace kontext {

// The reply on the canvas's pixels.
struct AlignedReply {
    Image picture; // three-channel 8 bits; mirrored beyond the reply's border
    Image covered; // one channel, 255 where the reply has something
};

// The reply at the canvas's size, RGB of 8 bits.
Image fit_size(const ImageView& reply, Size canvas);

// Both three-channel 8 bits of one size.
AlignedReply align_reply(const ImageView& reply, const Alignment& alignment);

Image make_luma(const ImageView& picture); // one-channel float, 0..1

// Of a picture of three-channel 8 bits.
Opponents split_color(const ImageView& picture);

// The same on the canvas's pixels, of a reply; repeated beyond the reply's border.
Opponents align_color(const Opponents& reply, const Alignment& alignment);

// Area mean of `factor` x `factor` pixels as floats 0..1 (at least one pixel either way); any channels.
Image reduce(const ImageView& picture, int factor);

// Means over the squares of a grid's nodes of what `difference` still has to be added to the aligned colours.
struct Residuals {
    Grid sums; // four channels: r, g, b, pixels
    Size canvas;
};

// Sums up canvas - aligned (three-channel floats) where `use` (8 bits) is not 0.
Residuals sum_residuals(const ImageView& canvas, const ImageView& aligned, const ImageView& use);

// A smooth field through the residuals: their mean over a Gaussian of `near` pixels where there are any, else
// over one of `far` pixels; at most 0.08.
Grid smooth_residuals(const Residuals& residuals, double near, double far);

} // namespace kontext
