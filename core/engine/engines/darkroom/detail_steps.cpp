// Detail: brightness alone is touched, so that nothing grows coloured fringes.
#include "core/engine/engines/darkroom/curves.h"
#include "core/engine/engines/darkroom/develop_steps.h"
#include "core/engine/engines/darkroom/filters.h"

#include <memory>

namespace kontext::darkroom {
namespace {

float share_of(const Adjustment& adjustment) {
    return static_cast<float>(adjustment.amount / 100);
}

Step area(int reach, std::function<void(Tile&)> apply) {
    return {Step::Kind::area, reach, false, std::move(apply)};
}

// Full in the middle, less towards black and white, where there is no room.
float middle_weight(float y) {
    return std::clamp(0.3F + 2.8F * y * (1 - y), 0.3F, 1.0F);
}

} // namespace

// Contrast of large neighbourhoods that ends at edges, so that no halo shows against the sky.
void add_clarity(Chain& chain, const Adjustment& adjustment) {
    const auto weights = chain.luminance();
    const Tile& proxy = chain.proxy();
    const Plane luma = luma_of(proxy, weights);
    const auto base = std::make_shared<const EdgeKeepingBase>(
        edge_keeping_base(proxy, luma, luma, chain.side() * 0.012, 0.16F));
    const float amount = share_of(adjustment) * (adjustment.amount < 0 ? 0.75F : 1.1F);
    chain.add({Step::Kind::pixel, 0, false, [=](Tile& tile) {
                   const Plane y = luma_of(tile, weights);
                   Plane delta = sample_base(*base, tile, y);
                   for (std::size_t i = 0; i < delta.samples.size(); ++i) {
                       const float detail = y.samples[i] - delta.samples[i];
                       delta.samples[i] = amount * limited(detail, 0.25F) * middle_weight(y.samples[i]);
                   }
                   add_to_all(tile, delta);
               }});
}

void add_texture(Chain& chain, const Adjustment& adjustment) {
    const auto weights = chain.luminance();
    const double fine = std::max(0.4, chain.side() * 0.00022);
    const double coarse = std::clamp(chain.side() * 0.0013, 1.6, 9.0);
    const float amount = share_of(adjustment) * (adjustment.amount < 0 ? 0.9F : 1.5F);
    chain.add(area(reach_of(coarse), [=](Tile& tile) {
        const Plane y = luma_of(tile, weights);
        const Plane low = smooth(tile, y, coarse);
        Plane delta = smooth(tile, y, fine);
        for (std::size_t i = 0; i < delta.samples.size(); ++i) {
            delta.samples[i] = amount * limited(delta.samples[i] - low.samples[i], 0.07F);
        }
        add_to_all(tile, delta);
    }));
}

namespace {

// How much of each pixel's light is haze, from the darkest channel around it; and the haze's own colour.
struct Haze {
    EdgeKeepingBase density;
    Rgb color;
};

Haze measure_haze(Chain& chain) {
    const Tile& proxy = chain.proxy();
    Plane darkest = proxy.planes[0];
    for (int channel = 1; channel < proxy.channels; ++channel) {
        const auto& samples = proxy.planes[static_cast<std::size_t>(channel)].samples;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            darkest.samples[i] = std::min(darkest.samples[i], samples[i]);
        }
    }
    const double scale = std::max(proxy.scale_x, proxy.scale_y);
    const int radius = std::max(1, static_cast<int>(chain.side() * 0.006 / scale));
    darkest = darkest_around(darkest, radius);
    std::vector<float> sorted = darkest.samples;
    std::ranges::sort(sorted);
    const float level = sorted[static_cast<std::size_t>(0.995 * static_cast<double>(sorted.size() - 1))];
    std::array<double, 3> sum{};
    double count = 0;
    for (std::size_t i = 0; i < darkest.samples.size(); ++i) {
        if (darkest.samples[i] >= level) {
            for (std::size_t c = 0; c < static_cast<std::size_t>(proxy.channels); ++c) {
                sum[c] += proxy.planes[c].samples[i];
            }
            count += 1;
        }
    }
    const auto mean = [&](std::size_t c) {
        return std::clamp(static_cast<float>(sum[proxy.channels == 1 ? 0 : c] / count), 0.4F, 1.0F);
    };
    const Rgb color{mean(0), mean(1), mean(2)};
    for (float& value : darkest.samples) {
        value = std::clamp(value / std::max({color.r, color.g, color.b}), 0.0F, 1.0F);
    }
    const Plane luma = luma_of(proxy, chain.luminance());
    return {edge_keeping_base(proxy, luma, darkest, chain.side() * 0.012, 0.05F), color};
}

} // namespace

void add_dehaze(Chain& chain, const Adjustment& adjustment) {
    const auto weights = chain.luminance();
    if (adjustment.amount < 0) {
        const float veil = -share_of(adjustment) * 0.6F;
        chain.add(
            per_sample([veil](float x, int) { return mix(x, 0.82F, x > 1 ? 0 : veil * (1 - 0.25F * x)); }));
        return;
    }
    const auto haze = std::make_shared<const Haze>(measure_haze(chain));
    const float amount = share_of(adjustment) * 0.9F;
    chain.add({Step::Kind::pixel, 0, false, [=](Tile& tile) {
                   const Plane y = luma_of(tile, weights);
                   const Plane density = sample_base(haze->density, tile, y);
                   const std::array<float, 3> air{haze->color.r, haze->color.g, haze->color.b};
                   for (int channel = 0; channel < tile.channels; ++channel) {
                       const auto c = static_cast<std::size_t>(channel);
                       auto& samples = tile.planes[c].samples;
                       for (std::size_t i = 0; i < samples.size(); ++i) {
                           const float clear =
                               std::max(1 - amount * std::clamp(density.samples[i], 0.0F, 1.0F), 0.3F);
                           samples[i] = (samples[i] - air[c] * (1 - clear)) / clear;
                       }
                   }
               }});
    // what haze hid was dark: give some of the brightness back
    add_operation(chain, {Operation::brightness, adjustment.amount * 0.15});
}

void add_sharpen(Chain& chain, const Adjustment& adjustment) {
    const auto weights = chain.luminance();
    const double sigma = std::clamp(chain.side() * 0.0002, 0.6, 2.5);
    const float amount = share_of(adjustment) * 2.2F;
    chain.add(area(reach_of(sigma), [=](Tile& tile) {
        const Plane y = luma_of(tile, weights);
        Plane delta = smooth(tile, y, sigma);
        for (std::size_t i = 0; i < delta.samples.size(); ++i) {
            const float detail = y.samples[i] - delta.samples[i];
            // what is barely there is noise
            const float known = detail * detail / (detail * detail + 0.003F * 0.003F);
            delta.samples[i] = limited(amount * detail * known, 0.12F);
        }
        add_to_all(tile, delta);
    }));
}

// Smooths within what a small neighbourhood varies by noise alone; colour noise is the coarser one.
void add_denoise(Chain& chain, const Adjustment& adjustment) {
    const auto weights = chain.luminance();
    const double fine = std::clamp(chain.side() * 0.0004, 1.0, 3.0);
    const float amount = share_of(adjustment);
    const float noise_level = 0.015F + 0.07F * amount;
    chain.add(area(4 * reach_of(fine), [=](Tile& tile) {
        const Plane y = luma_of(tile, weights);
        const auto calmed = [&](const Plane& values, double sigma, float level) {
            // the guide is the picture itself, tile by tile; its coefficients are smoothed like it
            Tile here;
            here.alpha = tile.alpha;
            here.scale_x = tile.scale_x;
            here.scale_y = tile.scale_y;
            const EdgeKeepingBase base = edge_keeping_base(here, y, values, sigma, level);
            Plane result = base.offset.plane;
            for (std::size_t i = 0; i < result.samples.size(); ++i) {
                result.samples[i] += base.scale.plane.samples[i] * y.samples[i];
            }
            return result;
        };
        const float strength = std::min(1.0F, 0.35F + amount);
        const Plane calm_luma = calmed(y, fine, noise_level);
        for (int channel = 0; channel < tile.channels; ++channel) {
            Plane& plane = tile.planes[static_cast<std::size_t>(channel)];
            Plane difference = plane;
            for (std::size_t i = 0; i < plane.samples.size(); ++i) {
                difference.samples[i] -= y.samples[i];
            }
            const Plane calm_color =
                tile.channels == 1 ? difference : calmed(difference, 2 * fine, 1.5F * noise_level);
            for (std::size_t i = 0; i < plane.samples.size(); ++i) {
                const float clean = calm_luma.samples[i] + calm_color.samples[i];
                plane.samples[i] = mix(plane.samples[i], clean, strength);
            }
        }
    }));
}

} // namespace kontext::darkroom
