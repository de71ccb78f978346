#pragma once

#include "core/image/samples.h"
#include "core/job/edited_layer.h"

#include <stop_token>

namespace kontext::cli {

struct Composed {
    Raster picture;    // of the original's size and format, or larger where the picture grew
    EqualCounts equal; // with the original
};

// Puts a layer over its original through its mask: bit for bit the original's samples where that is 0.
// Throws Cancelled.
Composed compose(const Raster& original, const EditedLayer& layer, const std::stop_token& stop);

} // namespace kontext::cli
