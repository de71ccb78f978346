// Tone: curves that are the same for all channels.
#include "core/engine/engines/darkroom/curves.h"
#include "core/engine/engines/darkroom/develop_steps.h"

namespace kontext::darkroom {
namespace {

float share_of(const Adjustment& adjustment) {
    return static_cast<float>(adjustment.amount / 100);
}

template <typename Curve>
void add_curve(Chain& chain, Curve curve) {
    chain.add(per_sample([curve](float x, int) { return unbounded(x, curve); }));
}

} // namespace

// Exact in linear light: +1 EV is twice the light, and a float layer keeps what goes beyond white.
void add_exposure(Chain& chain, const Adjustment& adjustment) {
    const auto gain = static_cast<float>(std::exp2(adjustment.amount));
    chain.add(per_sample([gain](float x, int) { return linear_to_srgb(srgb_to_linear(x) * gain); }));
}

void add_brightness(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    add_curve(chain, [amount](float x) { return bias(x, amount); });
}

void add_contrast(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    add_curve(chain, [amount](float x) { return s_curve(x, amount); });
}

// Recovering may bend much more than brightening before the curve would turn back.
void add_highlights(Chain& chain, const Adjustment& adjustment) {
    const float bend = share_of(adjustment) * (adjustment.amount < 0 ? 2.4F : 0.95F);
    const float white = std::min(0.0F, share_of(adjustment)) * 0.06F;
    add_curve(chain, [bend, white](float x) {
        const float high = x * x * x;
        return x + bend * high * (1 - x) + white * high;
    });
}

void add_shadows(Chain& chain, const Adjustment& adjustment) {
    const float bend = share_of(adjustment) * (adjustment.amount > 0 ? 2.6F : 0.95F);
    add_curve(chain, [bend](float x) { return x + bend * x * (1 - x) * (1 - x) * (1 - x); });
}

void add_whites(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment) * 0.18F;
    add_curve(chain, [amount](float x) { return x + amount * x * x * x; });
}

void add_blacks(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment) * 0.14F;
    add_curve(chain, [amount](float x) { return x + amount * (1 - x) * (1 - x) * (1 - x); });
}

void add_midtones(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment) * 0.9F;
    add_curve(chain, [amount](float x) { return x + amount * x * (1 - x); });
}

// Blacks become a soft grey and whites lose their glare, as on matte paper.
void add_matte(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    add_curve(chain, [amount](float x) {
        const float toe = (1 - x) * (1 - x);
        return x + amount * (0.16F * toe * (1 - x) - 0.05F * x * x);
    });
}

void add_posterize(Chain& chain, const Adjustment& adjustment) {
    const auto steps = static_cast<float>(std::clamp(std::lround(13 - adjustment.amount / 9), 2L, 12L) - 1);
    add_curve(chain, [steps](float x) { return std::round(x * steps) / steps; });
}

void add_solarize(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    add_curve(chain, [amount](float x) {
        const float folded = 3.3F * x * (1 - x); // bright parts turn back to dark
        return mix(x, folded, amount);
    });
}

void add_invert(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    chain.add(per_sample([amount](float x, int) { return mix(x, 1 - x, amount); }));
}

void add_threshold(Chain& chain, const Adjustment& adjustment) {
    const float level = share_of(adjustment);
    const auto weights = chain.luminance();
    chain.add(per_pixel(weights, [level, weights](Rgb c) {
        const float luma = weights[0] * c.r + weights[1] * c.g + weights[2] * c.b;
        const float ink = smooth_step(level - 0.015F, level + 0.015F, luma);
        return Rgb{ink, ink, ink};
    }));
}

} // namespace kontext::darkroom
