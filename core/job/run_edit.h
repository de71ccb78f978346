#pragma once

#include "core/engine/engine.h"
#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "core/job/layer_source.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontext {

// One picture to insert: of the source's size and format.
struct EditedLayer {
    Raster pixels;
    std::uint64_t seed = 0;
};

// What came of one edit.
struct EditResult {
    EditRequest request;                // as it ran: engine and model filled in
    std::vector<EditedLayer> layers;    // one for each variation
    std::shared_ptr<const Raster> mask; // where they show; null: everywhere. Like LayerSource::selection
    std::string summary;                // the engine's words
    std::string request_id;
    std::optional<double> cost_usd;
    std::map<std::string, std::chrono::milliseconds> timings; // by stage, for reports
};

// Runs one edit from source to layers: check → [frame] → engine → [fit]. Blocks; call it on a worker thread.
// Engines that work at full resolution take the source as it is, so the two steps in brackets do nothing for
// them. `model` is one of the engine's. Throws Error or Cancelled.
EditResult run_edit(EditRequest request, const LayerSource& source, const EngineInfo& engine,
                    const Model& model, const ProgressSink& progress, const std::stop_token& stop);

} // namespace kontext
