#pragma once

#include "core/engine/engines/darkroom/adjustment.h"
#include "core/engine/engines/darkroom/tile.h"
#include "core/image/color.h"
#include "core/image/raster.h"

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

namespace kontext::darkroom {

// The steps that adjustments come to for one picture, in order. Operations add to it; some look at the
// picture first, through a small copy of it.
class Chain {
public:
    // The picture and its encoding must outlive the chain.
    Chain(const Raster& picture, const ColorEncoding& color, std::uint64_t seed);

    void add(Step step) { steps_.push_back(std::move(step)); }

    // The picture at no more than about half a megapixel, as it is after the steps so far.
    // The reference is good until the next step is added.
    const Tile& proxy();

    Size size() const { return picture_.size(); }
    // The longer side in pixels: what radii are a share of, so that effects look alike at any size.
    double side() const;
    bool is_gray() const { return picture_.format().color_channels() == 1; }
    const std::array<float, 3>& luminance() const { return color_.luminance; }
    // A different one for each use, the same for the same request.
    std::uint64_t next_seed() { return seed_ += 0x9E3779B97F4A7C15U; }

    std::span<const Step> steps() const { return steps_; }

private:
    const Raster& picture_;
    const ColorEncoding& color_;
    std::uint64_t seed_;
    std::vector<Step> steps_;
    std::unique_ptr<Tile> proxy_;
    std::size_t proxy_steps_ = 0; // how many steps it has gone through
};

// Adds an operation's steps; nothing for an amount of 0.
void add_operation(Chain& chain, const Adjustment& adjustment);

} // namespace kontext::darkroom
