#pragma once

#include "core/fidelity/plan.h"
#include "core/framing/framing.h"
#include "core/image/codec.h"

#include <array>
#include <cstddef>
#include <span>
#include <stop_token>

namespace kontext {

// How a reply was laid onto its layer: for records and reports.
struct Fit {
    Framing framing;
    FitPlan plan; // for the reply at the canvas's size
    Size reply;   // as it came
};

// Layer pixel -> pixel of the reply as it came, row by row, integers being pixel centres in both: the best
// affine map.
std::array<double, 9> layer_to_reply(const Fit& fit);

// A reply as plan_fit() and Placement want it: 8-bit sRGB of the canvas's size, its profile honoured,
// flattened over a neutral grey where it is transparent.
Image reply_on_canvas(const DecodedPicture& reply, Size canvas, const std::stop_token& stop = {});

// plan_fit() for a reply of the canvas's size, which may show more than there is of the layer: where a
// picture grew there is nothing to compare with, all that came shows, and colours go on as they are within
// the layer. A reply that is not recognised shows as it is, whatever mode was asked for. Throws as plan_fit()
// does.
FitPlan plan_reply(const FitInput& input, const Framing& framing, const std::stop_token& stop = {});

} // namespace kontext
