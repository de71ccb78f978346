#pragma once

#include "core/fidelity/band.h"
#include "core/image/raster.h"

#include <cstdint>
#include <span>

namespace kontext {

// What the picture lacks of a layer's grain, from places where `changed` (of the canvas's pixels) is 0.
Grain measure_grain(const BandSource& source, const Raster& layer, std::span<const std::uint8_t> changed);

} // namespace kontext
