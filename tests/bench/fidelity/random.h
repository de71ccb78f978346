#pragma once

#include <cmath>
#include <cstdint>

namespace kontext::bench {

// The same numbers for the same seed, with every compiler and library (SplitMix64).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t draw() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    double uniform(double low, double high) {
        return low + (high - low) * static_cast<double>(draw() >> 11U) * 0x1p-53;
    }
    double around_zero(double reach) { return uniform(-reach, reach); }
    int below(int count) { return static_cast<int>(draw() % static_cast<std::uint64_t>(count)); }
    bool chance(double probability) { return uniform(0, 1) < probability; }
    double normal() {
        return std::sqrt(-2 * std::log(uniform(1e-12, 1))) * std::cos(uniform(0, 6.283185307179586));
    }

private:
    std::uint64_t state_;
};

} // namespace kontext::bench
