#pragma once

#include "core/fidelity/detail.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace kontext {

// Sums of products of the noise in red, green and blue: rr, gg, bb, rg, rb, gb.
using NoiseSums = std::array<double, 6>;

// What a square of a photo varies by, and how much of that new pixels laid over it lack. In work values.
struct GrainSample {
    static constexpr int side = 16;
    static constexpr int pixels = side * side;
    float luma = 0;
    double variance = 0; // of the photo
    NoiseSums missing{}; // covariances, mean of the square
    std::array<double, 3>
        product{};         // means of a pixel's noise times that of itself and of those 1 and 2 away
    bool is_noise = false; // rather than structure, which goes on over several pixels
};

// Both: GrainSample::pixels, row by row.
GrainSample sample_grain(std::span<const Float4> photo, std::span<const Float4> fresh);

// A photo's grain, to be made anew: normal noise, as strong as the photo's is at each brightness, as much
// alike from pixel to pixel and from channel to channel.
struct Grain {
    static constexpr int levels = 9; // of brightness, evenly from 0 to 1
    struct Level {
        Float4 red;   // what red, green and blue take of a first noise, …
        Float4 green; // … what green and blue take of a second, …
        Float4 blue;  // … and blue of a third
    };
    std::array<Level, levels> strength{};
    std::array<float, 3> kernel{1, 0, 0}; // shares of a pixel's own noise and of those 1 and 2 away, each way
};

// From the flattest squares of each brightness; no noise where there are none.
Grain fit_grain(std::vector<GrainSample> samples);

// Noise of a layer's pixels, the same for the same place however a layer is worked through.
class GrainRows {
public:
    GrainRows(const Grain& grain, int x, int width);

    // Goes to row `y` of the layer.
    void move_to(int y);

    // To be added at column x + i to a pixel of this brightness.
    Float4 at(int i, float luma) const;

private:
    const std::vector<Float4>& white_row(int y);

    const Grain& grain_;
    int x_;
    struct White {
        int y = 0;
        std::vector<Float4> noise; // none yet: of no row
    };
    std::array<White, 5> white_;
    std::vector<Float4> down_; // correlated downwards
    std::vector<Float4> noise_;
};

} // namespace kontext
