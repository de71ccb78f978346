#include "core/engine/engines/darkroom/chain.h"

#include "core/engine/engines/darkroom/coding.h"
#include "core/engine/engines/darkroom/operations.h"
#include "core/image/resize.h"

#include <algorithm>
#include <cmath>

namespace kontext::darkroom {
namespace {

constexpr double proxy_pixels = 500'000;

Size proxy_size(Size size) {
    const double shrinkage = std::max(1.0, std::sqrt(static_cast<double>(size.pixels()) / proxy_pixels));
    const auto side = [&](int length) {
        return std::clamp(static_cast<int>(std::lround(length / shrinkage)), 1, length);
    };
    return {side(size.width), side(size.height)};
}

} // namespace

Chain::Chain(const Raster& picture, const ColorEncoding& color, std::uint64_t seed)
    : picture_(picture), color_(color), seed_(seed) {}

double Chain::side() const {
    return std::max(size().width, size().height);
}

const Tile& Chain::proxy() {
    if (!proxy_) {
        const Size small = proxy_size(size());
        const Image image = shrink(picture_, small);
        const Coding coding(image.format(), color_.transfer);
        proxy_ = std::make_unique<Tile>(
            coding.load(image.view(), 0, small, {0, 0, small.width, small.height}, true));
        proxy_->scale_x = static_cast<double>(size().width) / small.width;
        proxy_->scale_y = static_cast<double>(size().height) / small.height;
    }
    for (; proxy_steps_ < steps_.size(); ++proxy_steps_) {
        steps_[proxy_steps_].apply(*proxy_);
    }
    return *proxy_;
}

void add_operation(Chain& chain, const Adjustment& adjustment) {
    if (adjustment.amount != 0 && chain.size().pixels() > 0) {
        info_of(adjustment.operation).add(chain, adjustment);
    }
}

} // namespace kontext::darkroom
