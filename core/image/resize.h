#pragma once

#include "core/image/image.h"
#include "core/image/raster.h"

namespace kontext {

enum class Filter {
    area,    // mean over the covered area: the right one for shrinking
    lanczos, // Lanczos-3, widened when shrinking so that it does not alias
};

// Alpha is taken into account (colour is weighted by it), floats stay unbounded, integers are rounded.
// Sample positions are pixel centres: x' = (x + 0.5) * new / old - 0.5.
Image resize(const ImageView& picture, Size size, Filter filter);

// Shrinks a picture of any size band by band to a float image with the same channels and encoding,
// without holding more of it than a band. `size` must not exceed the picture's in either direction.
Image shrink(const Raster& picture, Size size);

} // namespace kontext
