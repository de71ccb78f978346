#pragma once

#include "core/fidelity/aligned.h"

namespace kontext {

// How much what unchanged places still differ by varies over the picture, 1 being a channel's whole range; a
// robust deviation, and all of the range where too little is unchanged to say. Where a reply is off by the
// same everywhere, whatever else differs in a soft way is the edit's.
struct DriftSpread {
    float light = 1; // of what all channels have in common
    float color = 1; // of what they have not

    bool is_light_even() const { return light < even; }
    bool is_color_even() const { return is_light_even() || color < even; }

    static constexpr float even = 0.003F; // under a ΔE of 0.3
};

// `residuals`: of a reply whose tones are matched, summed where nothing changed.
DriftSpread measure_spread(const Residuals& residuals);

// The field of additions that takes the drift away: smooth where that is even, else following it closely.
Grid fit_drift(const Residuals& residuals, const DriftSpread& spread);

} // namespace kontext
