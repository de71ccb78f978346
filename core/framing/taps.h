#pragma once

#include "core/framing/framing.h"

#include <vector>

namespace kontext {

// One source pixel that counts for a resampled one, and how much.
struct Tap {
    int at = 0;
    float weight = 0;
};

// The taps of a line of resampled pixels, pixel by pixel.
struct TapLine {
    std::vector<Tap> taps;
    std::vector<std::size_t> starts; // one more than pixels
    int first = 0;                   // lowest and highest source pixel of all taps
    int last = -1;
};

// For `count` pixels that share `length` source pixels from `start` on (not bound to whole pixels) out of a
// line of `source` pixels. Means over the covered length where two or more pixels become one, Lanczos-3
// (widened when shrinking) otherwise. Beyond the line its pixels are mirrored, or left out: then weights sum
// to less than 1.
TapLine make_taps(int count, double start, double length, int source, Outside outside);

} // namespace kontext
