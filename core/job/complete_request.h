#pragma once

#include "core/engine/request.h"
#include "core/store/settings.h"

namespace kontext {

// Fills in what the request leaves open and the person's settings say: the engine and the engine's options;
// and what the settings alone say: whether to crop.
EditRequest complete_request(EditRequest request, const Settings& settings);

} // namespace kontext
