#pragma once

#include "core/fidelity/color_drift.h"
#include "core/fidelity/difference.h"
#include "core/fidelity/plan.h"

#include <vector>

namespace kontext {

struct ChangeMap {
    Image mask; // one channel of 8 bits, 255 where it changed
    std::vector<ChangedRegion> regions;
    float noise = 0; // lower decile of the distances: what even unchanged places differ by
};

// How changes are looked for.
struct ChangeSearch {
    double sensitivity = 1;      // see FitInput
    bool follows_fading = false; // soft changes to where they are invisible, not just where they are clear
    DriftSpread spread;          // of the drift that was taken away
    ImageView known;             // 8 bits; not 0 where it is known to have changed; no data: nowhere, …
    ImageView looked_at;         // … and where soft changes are all known
};

// Where the difference is more than the model's own round trip explains: thresholds follow the noise of
// places as busy as this one, faint neighbours of clear changes belong to them, specks and small holes do not
// count.
ChangeMap find_changes(const Difference& difference, const ImageView& covered, const ChangeSearch& search);

} // namespace kontext
