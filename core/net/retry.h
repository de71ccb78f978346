#pragma once

#include "core/net/http.h"

#include <chrono>
#include <optional>

namespace kontext {

// How long the server wants us to wait: seconds, or a date as seen from the answer's own Date header, so that
// a clock of ours that is wrong does no harm. At most ten minutes.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response,
                                                     std::chrono::system_clock::time_point now);

// Before trying for the `attempt`th time again (from 0): 1, 2, 4, 8, 8 … seconds, each shortened by up to a
// half by `luck` within 0..1, so that many clients do not come back all at once.
std::chrono::milliseconds backoff_delay(int attempt, double luck);

// Before asking again whether a run is ready: late enough not to hammer, soon enough that what is added after
// readiness is 5 % of the run time in the mean. `elapsed` since it was accepted; `typical` run time, if
// known; `wanted` by the server.
std::chrono::milliseconds poll_delay(std::chrono::milliseconds elapsed,
                                     std::optional<std::chrono::milliseconds> typical,
                                     std::optional<std::chrono::milliseconds> wanted);

} // namespace kontext
