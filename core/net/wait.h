#pragma once

#include <chrono>
#include <stop_token>

namespace kontext {

// Waits, or throws Cancelled as soon as a stop is requested.
void wait_for(std::chrono::milliseconds time, const std::stop_token& stop);

} // namespace kontext
