#pragma once

#include "core/image/raster.h"
#include "core/job/plan_reply.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace kontext {

// One picture to insert over its source.
struct EditedLayer {
    Raster pixels; // of the source's format
    // Of its first pixel, in the source's pixels: the layer may be a part of the source, or larger than it
    // where a picture grew.
    int x = 0;
    int y = 0;
    // How much of it shows: one channel, of the pixels' size; null: all of it.
    std::shared_ptr<const Raster> mask;
    std::uint64_t seed = 0;
    std::string request_id;         // the service's; empty for local engines
    std::optional<double> cost_usd; // as billed; none: not known
    // The journal's number for it; none: it cost nothing.
    std::optional<std::int64_t> prediction;
    std::optional<Fit> fit; // none where the engine worked on the layer's own pixels
};

// Where it lies, in the source's pixels.
inline PixelBox box_of(const EditedLayer& layer) {
    return {layer.x, layer.y, layer.pixels.size().width, layer.pixels.size().height};
}

} // namespace kontext
