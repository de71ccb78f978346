#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kontext {

// US dollars as whole billionths, so that sums and comparisons are exact: 25 times 0.04 is 1.
using NanoUsd = std::int64_t;

// None for what is no price: negative, infinite, not a number. At most a million dollars.
std::optional<NanoUsd> nano_usd_from(std::optional<double> usd);
double to_usd(NanoUsd price);
std::string describe_usd(NanoUsd price); // exactly: "$0.04", "$1.00", "$0.0025"

} // namespace kontext
