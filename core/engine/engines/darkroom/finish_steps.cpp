// Softness, grain and edges: what is done last in a darkroom.
#include "core/engine/engines/darkroom/curves.h"
#include "core/engine/engines/darkroom/develop_steps.h"
#include "core/engine/engines/darkroom/filters.h"

#include <memory>

namespace kontext::darkroom {
namespace {

float share_of(const Adjustment& adjustment) {
    return static_cast<float>(adjustment.amount / 100);
}

using Maps = std::vector<ProxyMap>;

// The whole picture out of focus: made on the proxy, as a wide blur has no detail to lose.
std::shared_ptr<const Maps> blurred_proxy(Chain& chain, double sigma) {
    const Tile& proxy = chain.proxy();
    // scaling down and up again has blurred it already
    const double scale = std::max(proxy.scale_x, proxy.scale_y);
    const double rest = std::sqrt(std::max(sigma * sigma - (scale * scale - 1) / 4, 0.05 * sigma * sigma));
    auto maps = std::make_shared<Maps>();
    for (int channel = 0; channel < proxy.channels; ++channel) {
        maps->push_back(map_of(proxy, smooth(proxy, proxy.planes[static_cast<std::size_t>(channel)], rest)));
    }
    return maps;
}

// `change(sample, blurred sample)` for each sample of each channel.
template <typename Change>
Step with_blur(std::shared_ptr<const Maps> maps, Change change) {
    return {Step::Kind::pixel, 0, true, [maps = std::move(maps), change](Tile& tile) {
                for (int channel = 0; channel < tile.channels; ++channel) {
                    const auto c = static_cast<std::size_t>(channel);
                    const Plane blurred = sample_map((*maps)[c], tile);
                    auto& samples = tile.planes[c].samples;
                    for (std::size_t i = 0; i < samples.size(); ++i) {
                        samples[i] = change(samples[i], blurred.samples[i]);
                    }
                }
            }};
}

constexpr double widest_direct_blur = 8; // pixels; wider ones come from the proxy

} // namespace

// A sharp picture and a soft one in one exposure: skin glows and outlines stay.
void add_soft_focus(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment) * 0.75F;
    chain.add(
        with_blur(blurred_proxy(chain, std::max(chain.side() * 0.005, 0.8)), [amount](float x, float soft) {
            const float lighter = std::max(soft, x) * 0.4F + soft * 0.6F;
            return mix(x, lighter, amount);
        }));
}

// Bright places shine over what is next to them.
void add_glow(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment) * 0.9F;
    chain.add(
        with_blur(blurred_proxy(chain, std::max(chain.side() * 0.012, 1.0)), [amount](float x, float soft) {
            const float light = std::clamp(soft, 0.0F, 1.0F);
            return x + amount * light * light * std::max(0.0F, 1 - x) * 0.8F;
        }));
}

void add_blur(Chain& chain, const Adjustment& adjustment) {
    const double amount = adjustment.amount / 100;
    const double sigma = std::max(chain.side() * 0.014 * std::pow(amount, 1.5), 0.4);
    const double scale = std::max(chain.proxy().scale_x, chain.proxy().scale_y);
    if (sigma > widest_direct_blur && sigma > scale) {
        chain.add(with_blur(blurred_proxy(chain, sigma), [](float, float soft) { return soft; }));
        return;
    }
    chain.add({Step::Kind::area, reach_of(sigma), true, [sigma](Tile& tile) {
                   for (int channel = 0; channel < tile.channels; ++channel) {
                       Plane& plane = tile.planes[static_cast<std::size_t>(channel)];
                       plane = smooth(tile, plane, sigma);
                   }
               }});
}

// Silver grain: strongest in the middle tones, of the same size on the print whatever the picture's size.
void add_grain(Chain& chain, const Adjustment& adjustment) {
    const auto weights = chain.luminance();
    const float amount = share_of(adjustment) * 0.14F;
    const double cell = std::max(1.0, chain.side() / 2000);
    const std::uint64_t seed = chain.next_seed();
    chain.add({Step::Kind::pixel, 0, false, [=](Tile& tile) {
                   const Plane y = luma_of(tile, weights);
                   Plane delta = noise(tile, cell, seed);
                   const Plane coarse = noise(tile, cell * 2.3, seed + 1);
                   for (std::size_t i = 0; i < delta.samples.size(); ++i) {
                       const float tone = std::clamp(y.samples[i], 0.0F, 1.0F);
                       const float weight = 0.25F + 3 * tone * (1 - tone);
                       delta.samples[i] =
                           amount * weight * (0.75F * delta.samples[i] + 0.4F * coarse.samples[i]);
                   }
                   add_to_all(tile, delta);
               }});
}

// Falls off like a lens does: nothing in the middle third, smooth from there, most in the corners.
void add_vignette(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    const double half_width = chain.size().width / 2.0;
    const double half_height = chain.size().height / 2.0;
    chain.add({Step::Kind::pixel, 0, true, [=](Tile& tile) {
                   const int width = tile.width();
                   std::vector<float> across(static_cast<std::size_t>(width));
                   for (int i = 0; i < width; ++i) {
                       const double dx = (tile.picture_x(i) + 0.5 - half_width) / half_width;
                       across[static_cast<std::size_t>(i)] = static_cast<float>(dx * dx);
                   }
                   for (int line = 0; line < tile.height(); ++line) {
                       const double dy = (tile.picture_y(line) + 0.5 - half_height) / half_height;
                       const auto down = static_cast<float>(dy * dy);
                       for (int i = 0; i < width; ++i) {
                           const float distance = std::sqrt((across[static_cast<std::size_t>(i)] + down) / 2);
                           const float fall = smooth_step(0.3F, 1.08F, distance) * amount;
                           for (int channel = 0; channel < tile.channels; ++channel) {
                               float& x = tile.planes[static_cast<std::size_t>(channel)].row(line)[i];
                               x = fall > 0 ? x * (1 - 0.85F * fall)
                                            : x - 0.8F * fall * std::max(0.0F, 1 - x);
                           }
                       }
                   }
               }});
}

} // namespace kontext::darkroom
