#pragma once

#include "core/image/image.h"

#include <cstdint>

namespace kontext {

// Converts samples between types, value 1.0 being an integer's maximum; to integers they are rounded to
// nearest and clamped, NaN becomes 0. Going u8 or u16 -> f32 -> back gives the same integers.
// Size and channels must agree.
void convert_samples(const ImageView& from, const MutableImageView& to);

// original where mask is 0 and edited where it is full, both bit for bit; between them blended linearly in
// the samples as they are, colour weighted by alpha. All views have one size; `mask` has one channel, of any
// sample type. `result` may be one of the inputs.
void composite(const ImageView& original, const ImageView& edited, const ImageView& mask,
               const MutableImageView& result);

struct EqualCounts {
    std::int64_t samples = 0;
    std::int64_t pixels = 0; // all of whose samples are equal
};

// How much of two pictures of one size and format is equal bit for bit.
EqualCounts count_equal(const ImageView& one, const ImageView& other);

} // namespace kontext
