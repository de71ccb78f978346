#pragma once

#include "core/framing/framing.h"
#include "core/image/color.h"
#include "core/image/raster.h"

#include <stop_token>

namespace kontext {

// The canvas as a model gets it: 8-bit RGB in sRGB, without alpha. Read and shrunk by bands, so that the
// layer's size costs no memory. Pixels are averaged as they are encoded, which is what every tool that feeds
// models does (and in linear light where the layer is linear); colours are converted from the layer's profile
// after that. Where the layer is transparent, or is to grow, a neutral grey shows. Throws
// Error(invalid_argument) when the framing is not for a layer of this size, and Cancelled.
Image frame_picture(const Raster& layer, const ColorEncoding& color, const Framing& framing,
                    const std::stop_token& stop = {});

// The same for coverage, such as a selection: one channel of 8 bits; 0 where there is no layer.
Image frame_mask(const Raster& mask, const Framing& framing, const std::stop_token& stop = {});

} // namespace kontext
