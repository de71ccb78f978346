#pragma once

#include "core/fidelity/plan.h"
#include "core/image/image.h"

namespace kontext {

// How much crisper `matched` has to be made to come closest to `canvas` (three-channel floats, 0..1, aligned,
// colours matched): least squares over the pixels where `use` (8 bits) is not 0.
Sharpening fit_sharpening(const ImageView& canvas, const ImageView& matched, const ImageView& use);

// A three-channel float picture made crisper.
Image sharpen(const ImageView& picture, const Sharpening& sharpening);

} // namespace kontext
