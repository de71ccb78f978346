#pragma once

#include "core/engine/engine.h"
#include "core/engine/registry.h"

#include <stop_token>
#include <string>
#include <vector>

namespace kontext::ui {

// For engines that cost nothing, with the settings as they are now. Both block; call them on a worker thread.
// They throw Error and Cancelled.

std::vector<SetupFinding> check_engine(const EngineInfo& engine, const Model& model,
                                       const EngineSettings& settings, const std::stop_token& stop);

// Has a small made-up picture edited. Returns a sentence: how large it was and how long it took.
std::string try_edit(const EngineInfo& engine, const Model& model, const EngineSettings& settings,
                     const ProgressSink& progress, const std::stop_token& stop);

} // namespace kontext::ui
