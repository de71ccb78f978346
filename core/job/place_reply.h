#pragma once

#include "core/fidelity/apply.h"
#include "core/framing/framing.h"
#include "core/image/color.h"
#include "core/image/raster.h"
#include "core/image/samples.h"

#include <stop_token>

namespace kontext {

struct PlacedReply {
    // The visible picture, in the layer's format: the layer's size, or its region where it grew.
    Raster picture;
    Raster
        mask; // how much of the reply shows; one channel of 8 bits, the picture's size; empty if not wanted
    // Of the picture's pixels within the layer, against the layer.
    EqualCounts equal;
};

enum class WantMask { no, yes };

// Lays a reply onto the whole layer, band by band on all processors. `selection` and `protection` have one
// channel and the layer's size; null: everything, nothing. `framing` is the one that `placement` was made
// with. Throws Error(out_of_space) and Cancelled.
PlacedReply place_reply(const Raster& layer, const ColorEncoding& color, const Placement& placement,
                        const Framing& framing, const Raster* selection, const Raster* protection,
                        WantMask want_mask, const std::stop_token& stop = {});

struct FilledReply {
    Raster pixels; // the framing's region, in the layer's format, filled throughout
    Raster mask;   // how much of it shows; one channel, of the same size
};

// What becomes a layer over the original: the reply on all of the framing's region, and a mask of that sample
// type (8 or 16 bits) that shows what belongs there, so that it can be painted on. As place_reply() else.
FilledReply fill_reply(const Raster& layer, const ColorEncoding& color, const Placement& placement,
                       const Framing& framing, const Raster* selection, const Raster* protection,
                       SampleType mask_sample, const std::stop_token& stop = {});

} // namespace kontext
