#include "core/usd.h"

#include <algorithm>
#include <cmath>

namespace kontext {

namespace {

constexpr NanoUsd dollar = 1'000'000'000;
constexpr double largest = 1e6;

} // namespace

std::optional<NanoUsd> nano_usd_from(std::optional<double> usd) {
    if (!usd || !std::isfinite(*usd) || *usd < 0) {
        return std::nullopt;
    }
    return std::llround(std::min(*usd, largest) * static_cast<double>(dollar));
}

double to_usd(NanoUsd price) {
    return static_cast<double>(price) / static_cast<double>(dollar);
}

std::string describe_usd(NanoUsd price) {
    std::string fraction = std::to_string(dollar + price % dollar).substr(1);
    while (fraction.size() > 2 && fraction.back() == '0') {
        fraction.pop_back();
    }
    return "$" + std::to_string(price / dollar) + "." + fraction;
}

} // namespace kontext
