#pragma once

#include "core/engine/engine.h"
#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "core/job/edited_layer.h"
#include "core/job/layer_source.h"
#include "core/job/stopwatch.h"

#include <optional>
#include <string>
#include <vector>

namespace kontext {

// What came of one edit.
struct EditResult {
    EditRequest request;             // as it ran: engine and model filled in
    std::vector<EditedLayer> layers; // one for each variation
    std::string summary;             // the engine's words
    std::string request_id;
    std::optional<double> cost_usd;
    Timings timings; // by stage, of all variations
};

// Around all of a result's layers, in the source's pixels.
PixelBox box_of(const EditResult& result);

// Runs one edit from source to layers: check → frame → engine → fit. Blocks; call it on a worker thread.
// Engines that work at full resolution take the source as it is: nothing is framed or fitted, and what is
// selected shows. `model` is one of the engine's. Throws Error or Cancelled.
EditResult run_edit(EditRequest request, const LayerSource& source, const EngineInfo& engine,
                    const Model& model, const ProgressSink& progress, const std::stop_token& stop);

} // namespace kontext
