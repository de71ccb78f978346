#pragma once

#include <chrono>
#include <stop_token>

namespace kontext {

// Waits until something can be read from an open file, or its other side is gone. False: the time is over.
// Throws Cancelled as soon as a stop is requested.
bool wait_for_input(int file, std::chrono::milliseconds time, const std::stop_token& stop);

} // namespace kontext
