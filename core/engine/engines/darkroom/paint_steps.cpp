// Pictures that are no longer photographs.
#include "core/engine/engines/darkroom/curves.h"
#include "core/engine/engines/darkroom/develop_steps.h"
#include "core/engine/engines/darkroom/filters.h"

#include <cmath>
#include <memory>
#include <numbers>

namespace kontext::darkroom {
namespace {

using Weights = std::array<float, 3>;

float share_of(const Adjustment& adjustment) {
    return static_cast<float>(adjustment.amount / 100);
}

// Does `paint` and blends it with what was there before.
Step area(int reach, float amount, std::function<void(Tile&)> paint) {
    return {Step::Kind::area, reach, false, [amount, paint = std::move(paint)](Tile& tile) {
                if (amount >= 1) {
                    paint(tile);
                    return;
                }
                const std::array<Plane, 3> before = tile.planes;
                paint(tile);
                for (std::size_t c = 0; c < static_cast<std::size_t>(tile.channels); ++c) {
                    auto& samples = tile.planes[c].samples;
                    for (std::size_t i = 0; i < samples.size(); ++i) {
                        samples[i] = mix(before[c].samples[i], samples[i], amount);
                    }
                }
            }};
}

template <typename Change>
void for_each_sample(Tile& tile, Change change) {
    for (int channel = 0; channel < tile.channels; ++channel) {
        auto& samples = tile.planes[static_cast<std::size_t>(channel)].samples;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            samples[i] = change(samples[i], i);
        }
    }
}

void set_all(Tile& tile, const Plane& plane) {
    for (int channel = 0; channel < tile.channels; ++channel) {
        tile.planes[static_cast<std::size_t>(channel)].samples = plane.samples;
    }
}

void saturate(Tile& tile, const Weights& weights, float factor) {
    const Plane y = luma_of(tile, weights);
    for_each_sample(tile, [&](float x, std::size_t i) { return y.samples[i] + (x - y.samples[i]) * factor; });
}

// 0 on flat paper, up to 1 along outlines; what a pencil would draw.
Plane outlines(const Tile& tile, const Plane& y, double sigma) {
    Plane lines = smooth(tile, y, sigma * 2.2);
    const Plane fine = smooth(tile, y, sigma * 0.6);
    for (std::size_t i = 0; i < lines.samples.size(); ++i) {
        const float around = std::max(lines.samples[i], 0.04F);
        lines.samples[i] = std::clamp((around - fine.samples[i]) / (around + 0.12F), 0.0F, 1.0F);
    }
    return lines;
}

double clamp_side(const Chain& chain, double share, double least, double most) {
    return std::clamp(chain.side() * share, least, most);
}

} // namespace

void add_watercolor(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const double radius = clamp_side(chain, 0.0026, 1.5, 14);
    const double cell = clamp_side(chain, 0.0009, 1, 12);
    const std::uint64_t seed = chain.next_seed();
    const int reach = reach_of_patches(radius) + reach_of(radius * 0.5);
    chain.add(area(reach, share_of(adjustment), [=](Tile& tile) {
        paint_patches(tile, weights, radius);
        const Plane y = luma_of(tile, weights);
        const Plane near = smooth(tile, y, radius * 0.5); // pigment gathers where a wash ends
        const Plane paper = noise(tile, cell, seed);
        const Plane pools = noise(tile, cell * 40, seed + 1);
        for_each_sample(tile, [&](float x, std::size_t i) {
            const float rim = std::abs(y.samples[i] - near.samples[i]);
            const float wash = 1 - (1 - x) * (0.88F + 0.025F * pools.samples[i]);
            return wash - 0.9F * limited(rim, 0.15F) + 0.012F * paper.samples[i] * (1.2F - x);
        });
        saturate(tile, weights, 1.18F);
    }));
}

void add_oil_painting(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const double radius = clamp_side(chain, 0.0028, 1.5, 15);
    const double relief = std::max(1.0, radius * 0.3);
    const int step = static_cast<int>(std::lround(relief));
    const std::uint64_t seed = chain.next_seed();
    chain.add(area(reach_of_patches(radius) + step, share_of(adjustment), [=](Tile& tile) {
        paint_patches(tile, weights, radius);
        saturate(tile, weights, 1.2F);
        // bristles leave ridges in thick paint, lit from the upper left
        Plane y = luma_of(tile, weights);
        const Plane bristles = noise(tile, relief * 1.6, seed);
        for (std::size_t i = 0; i < y.samples.size(); ++i) {
            y.samples[i] += 0.016F * bristles.samples[i];
        }
        const int own = std::max(1, static_cast<int>(std::lround(step / tile.scale_x)));
        const Plane lit = shifted(y, own, own);
        const Plane shaded = shifted(y, -own, -own);
        for_each_sample(tile, [&](float x, std::size_t i) {
            return x + 0.55F * limited(lit.samples[i] - shaded.samples[i], 0.09F);
        });
    }));
}

void add_pencil(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const double sigma = clamp_side(chain, 0.0007, 0.8, 4.5);
    const double cell = clamp_side(chain, 0.0006, 1, 6);
    const std::uint64_t seed = chain.next_seed();
    chain.add(area(reach_of(sigma * 3), share_of(adjustment), [=](Tile& tile) {
        const Plane y = luma_of(tile, weights);
        Plane drawn = outlines(tile, y, sigma);
        const Plane tones = smooth(tile, y, sigma * 3);
        const Plane tooth = noise(tile, cell, seed); // the paper's, which breaks the strokes
        for (std::size_t i = 0; i < drawn.samples.size(); ++i) {
            const float line = std::min(1.0F, 3.2F * drawn.samples[i]);
            const float dark = 1 - std::clamp(tones.samples[i], 0.0F, 1.0F);
            const float shade = 0.55F * dark * dark * (1 + 0.22F * tooth.samples[i]);
            drawn.samples[i] = 0.975F - 0.85F * std::min(1.0F, line * (1 + 0.1F * tooth.samples[i]) + shade);
        }
        set_all(tile, drawn);
    }));
}

void add_colored_pencil(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const double sigma = clamp_side(chain, 0.0007, 0.8, 4.5);
    const double cell = clamp_side(chain, 0.0006, 1, 6);
    const std::uint64_t seed = chain.next_seed();
    chain.add(area(reach_of(sigma * 2.2), share_of(adjustment), [=](Tile& tile) {
        const Plane y = luma_of(tile, weights);
        const Plane lines = outlines(tile, y, sigma);
        const Plane tooth = noise(tile, cell, seed);
        saturate(tile, weights, 1.25F);
        for_each_sample(tile, [&](float x, std::size_t i) {
            const float lead = std::clamp(0.8F + 0.09F * tooth.samples[i], 0.0F, 1.0F);
            const float color = 1 - (1 - x) * lead;
            return std::max(0.0F, color * (1 - std::min(0.8F, 2.2F * lines.samples[i])));
        });
    }));
}

void add_cartoon(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const double radius = clamp_side(chain, 0.0022, 1.5, 13);
    const double sigma = clamp_side(chain, 0.0006, 0.7, 3.5);
    const int reach = std::max(reach_of_patches(radius), 0) + reach_of(sigma * 2.2);
    chain.add(area(reach, share_of(adjustment), [=](Tile& tile) {
        paint_patches(tile, weights, radius);
        const Plane y = luma_of(tile, weights);
        const Plane lines = outlines(tile, y, sigma);
        saturate(tile, weights, 1.35F);
        constexpr float levels = 7;
        for_each_sample(tile, [&](float x, std::size_t i) {
            // flat tones with soft borders
            const float tone = std::clamp(y.samples[i], 0.0F, 1.0F) * levels;
            const float whole = std::floor(tone);
            const float flat = (whole + smooth_step(0.35F, 0.65F, tone - whole)) / levels;
            const float ink = smooth_step(0.07F, 0.16F, lines.samples[i]);
            return (x + flat - y.samples[i]) * (1 - 0.9F * ink);
        });
    }));
}

// One colour for each block: the mean of what it covers.
void add_pixelate(Chain& chain, const Adjustment& adjustment) {
    const Tile& proxy = chain.proxy();
    const double block =
        std::max(2.0, chain.side() * (0.004 + 0.05 * std::pow(adjustment.amount / 100, 1.3)));
    const int across = std::max(1, static_cast<int>(std::ceil(chain.size().width / block)));
    const int down = std::max(1, static_cast<int>(std::ceil(chain.size().height / block)));
    auto blocks = std::make_shared<std::vector<Plane>>();
    Plane count(across, down);
    for (int channel = 0; channel < proxy.channels; ++channel) {
        Plane sum(across, down);
        std::ranges::fill(count.samples, 0.0F);
        for (int line = 0; line < proxy.height(); ++line) {
            const int row = std::clamp(static_cast<int>((proxy.picture_y(line) + 0.5) / block), 0, down - 1);
            for (int i = 0; i < proxy.width(); ++i) {
                const int column =
                    std::clamp(static_cast<int>((proxy.picture_x(i) + 0.5) / block), 0, across - 1);
                const float weight = 1e-6F + (proxy.alpha.samples.empty() ? 1.0F : proxy.alpha.row(line)[i]);
                sum.row(row)[column] += weight * proxy.planes[static_cast<std::size_t>(channel)].row(line)[i];
                count.row(row)[column] += weight;
            }
        }
        for (std::size_t i = 0; i < sum.samples.size(); ++i) {
            sum.samples[i] /= std::max(count.samples[i], 1e-9F);
        }
        blocks->push_back(std::move(sum));
    }
    chain.add({Step::Kind::pixel, 0, false, [=](Tile& tile) {
                   for (int line = 0; line < tile.height(); ++line) {
                       const int row =
                           std::clamp(static_cast<int>((tile.picture_y(line) + 0.5) / block), 0, down - 1);
                       for (int i = 0; i < tile.width(); ++i) {
                           const int column =
                               std::clamp(static_cast<int>((tile.picture_x(i) + 0.5) / block), 0, across - 1);
                           for (std::size_t c = 0; c < static_cast<std::size_t>(tile.channels); ++c) {
                               tile.planes[c].row(line)[i] = (*blocks)[c].row(row)[column];
                           }
                       }
                   }
               }});
}

// A printer's screen at 45°: dots that grow with darkness.
void add_halftone(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const double cell = std::max(4.0, chain.side() / 170);
    const Tile& proxy = chain.proxy();
    const auto tones =
        std::make_shared<const ProxyMap>(map_of(proxy, smooth(proxy, luma_of(proxy, weights), cell * 0.22)));
    const float amount = share_of(adjustment);
    chain.add({Step::Kind::pixel, 0, false, [=](Tile& tile) {
                   const Plane tone = sample_map(*tones, tile);
                   const double turn = std::numbers::pi / cell * std::numbers::sqrt2;
                   const auto edge = static_cast<float>(1.1 / cell);
                   for (int line = 0; line < tile.height(); ++line) {
                       const double y = tile.picture_y(line);
                       for (int i = 0; i < tile.width(); ++i) {
                           const double x = tile.picture_x(i);
                           const auto wave = static_cast<float>(std::cos(x * turn) * std::cos(y * turn));
                           const float level = s_curve(std::clamp(tone.row(line)[i], 0.0F, 1.0F), 0.2F);
                           const float paper = smooth_step(-edge, edge, level - (0.5F + 0.48F * wave));
                           for (std::size_t c = 0; c < static_cast<std::size_t>(tile.channels); ++c) {
                               float& sample = tile.planes[c].row(line)[i];
                               sample = mix(sample, 0.06F + 0.9F * paper, amount);
                           }
                       }
                   }
               }});
}

void add_emboss(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const double sigma = clamp_side(chain, 0.0003, 0.5, 2);
    const int step = std::max(1, static_cast<int>(std::lround(chain.side() * 0.0005)));
    chain.add(area(reach_of(sigma) + step, share_of(adjustment), [=](Tile& tile) {
        const Plane y = smooth(tile, luma_of(tile, weights), sigma);
        const int own = std::max(1, static_cast<int>(std::lround(step / tile.scale_x)));
        Plane relief = shifted(y, own, own);
        const Plane other = shifted(y, -own, -own);
        for (std::size_t i = 0; i < relief.samples.size(); ++i) {
            relief.samples[i] = 0.5F + 1.8F * limited(relief.samples[i] - other.samples[i], 0.5F);
        }
        set_all(tile, relief);
    }));
}

} // namespace kontext::darkroom
