#pragma once

#include "core/engine/models.h"
#include "core/job/edited_layer.h"
#include "core/job/layer_source.h"
#include "core/job/stopwatch.h"

#include <cstddef>
#include <span>
#include <stop_token>

namespace kontext {

// What a model is shown of a layer. Points to the source's masks.
struct SentPicture {
    Framing framing;
    Image canvas;
    const Raster* selection = nullptr; // null: all of it
    const Raster* protection = nullptr;
};

// Chooses what to send for a request. Throws Error(invalid_argument) where nothing is selected, and
// Cancelled.
SentPicture frame_source(const EditRequest& request, const LayerSource& source, const Model& model,
                         const std::stop_token& stop);

// Lays the encoded picture that a model returned for it onto the source. The layer covers all that was sent;
// its mask shows what belongs there. Laps "plan" and "place". Throws Error(bad_reply) for what is no picture,
// Error(out_of_space) and Cancelled.
EditedLayer fit_reply(const EditRequest& request, const LayerSource& source, const SentPicture& sent,
                      std::span<const std::byte> reply, Stopwatch& watch, const std::stop_token& stop);

} // namespace kontext
