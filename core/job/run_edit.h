#pragma once

#include "core/engine/engine.h"
#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "core/error.h"
#include "core/job/account.h"
#include "core/job/delivery.h"
#include "core/job/edited_layer.h"
#include "core/job/layer_source.h"
#include "core/job/stopwatch.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontext {

// What came of one edit.
struct EditResult {
    EditRequest request;             // as it ran: engine and model filled in
    std::vector<EditedLayer> layers; // one for each variation
    std::string summary;             // the engine's words
    std::optional<double> cost_usd;  // of all of them
    Timings timings;                 // by stage, of all variations
    // Why there are fewer layers than variations; none: there are not.
    std::optional<Error> shortfall;
    // Of what was paid for; null for engines that cost nothing. confirm() it when the person has the layers.
    std::unique_ptr<Delivery> delivery;
};

// Around all of a result's layers, in the source's pixels.
PixelBox box_of(const EditResult& result);

// Runs one edit from source to layers: check → frame → engine → fit. Blocks; call it on a worker thread.
// Engines that work at full resolution take the source as it is: nothing is framed or fitted, and what is
// selected shows. `model` is one of the engine's; engines that are services take key and journal from the
// account. Throws Error or Cancelled. What fails after a first variation is there is a shortfall, no throw.
EditResult run_edit(EditRequest request, const LayerSource& source, const EngineInfo& engine,
                    const Model& model, const ProgressSink& progress, const std::stop_token& stop,
                    const Account& account = {});

} // namespace kontext
