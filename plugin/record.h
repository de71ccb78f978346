#pragma once

#include "core/job/run_edit.h"
#include "plugin/host.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kontext::plugin {

enum class PromptInImage { keep, leave_out };

// The prompt's start in whole words, about forty characters, then the engine's name.
std::string layer_name(std::string_view prompt, std::string_view engine_name);

// One for each of the result's layers: its name, and how it was made as JSON; what was fitted onto the photo
// has its framing and the whole plan, so that mask and mode can be chosen anew without asking again. With
// leave_out neither holds the prompt, nor the engine's summary, which is the prompt in other words.
std::vector<LayerLabel> label_layers(const EditResult& result, PromptInImage prompt,
                                     std::chrono::system_clock::time_point time);

} // namespace kontext::plugin
