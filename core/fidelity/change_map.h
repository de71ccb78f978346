#pragma once

#include "core/fidelity/difference.h"
#include "core/fidelity/plan.h"

#include <vector>

namespace kontext {

struct ChangeMap {
    Image mask; // one channel of 8 bits, 255 where it changed
    std::vector<ChangedRegion> regions;
    float noise = 0; // lower decile of the distances: what even unchanged places differ by
};

enum class Fading {
    ignored,
    followed
}; // how soft changes end: where they are clear, or where they are invisible

// Where the difference is more than the model's own round trip explains: thresholds follow the noise of
// places as busy as this one, faint neighbours of clear changes belong to them, specks and small holes do not
// count. `known` (8 bits; no data: nowhere) is not 0 where it is known to have changed.
ChangeMap find_changes(const Difference& difference, const ImageView& covered, double sensitivity,
                       Fading fading, const ImageView& known = {});

// 255 on the mask, falling smoothly to 0 over `feather` pixels around it.
std::vector<std::uint8_t> feather_outside(const ImageView& mask, double feather);

// 0 outside, rising smoothly to 255 over `feather` pixels inside, or less where the shape is too narrow for
// it. The picture's border is no edge.
std::vector<std::uint8_t> feather_inside(const ImageView& mask, double feather);

} // namespace kontext
