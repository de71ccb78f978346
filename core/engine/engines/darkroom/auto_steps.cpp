// What the picture itself asks for: measured on the proxy, done as curves.
#include "core/engine/engines/darkroom/curves.h"
#include "core/engine/engines/darkroom/develop_steps.h"

#include <array>

namespace kontext::darkroom {
namespace {

bool is_visible(const Tile& tile, std::size_t i) {
    return tile.alpha.samples.empty() || tile.alpha.samples[i] > 0.5F;
}

struct Levels {
    float black = 0;
    float middle = 0.5F;
    float white = 1;
    bool usable = false; // not one flat colour
};

// `cut`: the share of pixels that may become black or white.
Levels measure_levels(const Tile& proxy, const std::array<float, 3>& luminance, double cut) {
    const Plane luma = luma_of(proxy, luminance);
    std::vector<float> values;
    values.reserve(luma.samples.size());
    for (std::size_t i = 0; i < luma.samples.size(); ++i) {
        if (is_visible(proxy, i)) {
            values.push_back(luma.samples[i]);
        }
    }
    if (values.empty()) {
        return {};
    }
    std::ranges::sort(values);
    const auto at = [&](double share) {
        return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
    };
    const Levels levels{at(cut), at(0.5), at(1 - cut), true};
    return levels.white - levels.black < 0.02F ? Levels{} : levels;
}

void add_stretch(Chain& chain, float black, float white, float amount) {
    const float gain = 1 / (white - black);
    chain.add(per_sample([=](float x, int) { return mix(x, (x - black) * gain, amount); }));
}

} // namespace

// Careful, so that a picture that is meant to be dark or misty stays so.
void add_auto_tone(Chain& chain, const Adjustment& adjustment) {
    const auto amount = static_cast<float>(adjustment.amount / 100);
    const Levels levels = measure_levels(chain.proxy(), chain.luminance(), 0.003);
    if (!levels.usable) {
        return;
    }
    const float black = std::clamp(levels.black, 0.0F, 0.15F);
    const float white = levels.white > 1 ? 1.0F : std::max(levels.white, 0.65F);
    add_stretch(chain, black, white, amount);
    const float middle = std::clamp((levels.middle - black) / (white - black), 0.02F, 0.98F);
    const float lift = std::clamp((0.46F - middle) * 1.6F, -0.4F, 0.7F) * amount;
    chain.add(per_sample([lift](float x, int) {
        return unbounded(x, [lift](float y) { return s_curve(bias(y, lift), 0.08F); });
    }));
    add_operation(chain, {Operation::vibrance, chain.is_gray() ? 0 : 12.0 * adjustment.amount / 100});
}

void add_auto_contrast(Chain& chain, const Adjustment& adjustment) {
    const Levels levels = measure_levels(chain.proxy(), chain.luminance(), 0.002);
    if (levels.usable) {
        add_stretch(chain, levels.black, std::max(levels.white, levels.black + 0.1F),
                    static_cast<float>(adjustment.amount / 100));
    }
}

// Greys of the picture become grey: a mean that heeds bright surfaces, most of the way there.
void add_auto_white_balance(Chain& chain, const Adjustment& adjustment) {
    const Tile& proxy = chain.proxy();
    std::array<double, 3> sums{};
    for (std::size_t i = 0; i < proxy.planes[0].samples.size(); ++i) {
        const float r = proxy.planes[0].samples[i];
        const float g = proxy.planes[1].samples[i];
        const float b = proxy.planes[2].samples[i];
        const bool clipped = std::max({r, g, b}) > 0.98F || std::min({r, g, b}) < 0.02F;
        if (!clipped && is_visible(proxy, i)) {
            sums[0] += std::pow(srgb_to_linear(r), 3);
            sums[1] += std::pow(srgb_to_linear(g), 3);
            sums[2] += std::pow(srgb_to_linear(b), 3);
        }
    }
    if (sums[0] <= 0 || sums[1] <= 0 || sums[2] <= 0) {
        return;
    }
    std::array<float, 3> gains{};
    float brightness = 0;
    for (std::size_t c = 0; c < 3; ++c) {
        const double full = std::clamp(std::cbrt(sums[1] / sums[c]), 0.4, 2.5);
        gains[c] = static_cast<float>(std::pow(full, 0.8 * adjustment.amount / 100));
        brightness += chain.luminance()[c] * gains[c];
    }
    for (float& gain : gains) {
        gain /= brightness;
    }
    chain.add(per_sample([gains](float x, int channel) {
        return linear_to_srgb(srgb_to_linear(x) * gains[static_cast<std::size_t>(channel)]);
    }));
}

} // namespace kontext::darkroom
