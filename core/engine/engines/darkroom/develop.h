#pragma once

#include "core/engine/engine.h"
#include "core/engine/engines/darkroom/adjustment.h"

#include <cstdint>
#include <stop_token>

namespace kontext::darkroom {

// Does the adjustments to a picture, band by band: memory does not depend on its height. The result has the
// picture's size and format and its alpha bit for bit; the same bytes for the same seed, whatever the number
// of threads. `band_rows`: height of the bands, 0 to choose one; it does not change the result either.
// Throws Cancelled, or Error(out_of_space).
Raster develop(const Raster& picture, const ColorEncoding& color, const Adjustments& adjustments,
               std::uint64_t seed, const ProgressSink& progress, const std::stop_token& stop,
               int band_rows = 0);

} // namespace kontext::darkroom
