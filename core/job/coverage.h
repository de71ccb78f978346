#pragma once

#include "core/framing/framing.h"
#include "core/image/raster.h"

#include <memory>
#include <optional>
#include <stop_token>

namespace kontext {

// Masks of one channel over a whole layer: how far each pixel counts.

// The smallest box around all that is not 0; none where everything is. Throws Cancelled.
std::optional<PixelBox> covered_box(const Raster& mask, const std::stop_token& stop = {});

// The selection less the protection, in the selection's sample type (else the protection's). Either may be
// null: all, nothing; null where both are. They have one size.
std::shared_ptr<const Raster> allowed_mask(const std::shared_ptr<const Raster>& selection,
                                           const std::shared_ptr<const Raster>& protection);

// A part of a picture. `box` lies within it.
Raster crop(const Raster& picture, const PixelBox& box);

} // namespace kontext
