// Colour: per channel in linear light, or per pixel about its own brightness.
#include "core/engine/engines/darkroom/curves.h"
#include "core/engine/engines/darkroom/develop_steps.h"

#include <array>
#include <numbers>

namespace kontext::darkroom {
namespace {

using Weights = std::array<float, 3>;

float share_of(const Adjustment& adjustment) {
    return static_cast<float>(adjustment.amount / 100);
}

float luma(const Weights& weights, Rgb c) {
    return weights[0] * c.r + weights[1] * c.g + weights[2] * c.b;
}

Rgb rgb_of(Hue hue) {
    switch (hue) {
    case Hue::none: return {0.5F, 0.5F, 0.5F};
    case Hue::red: return {0.85F, 0.2F, 0.18F};
    case Hue::orange: return {0.95F, 0.58F, 0.22F};
    case Hue::yellow: return {0.95F, 0.85F, 0.3F};
    case Hue::green: return {0.25F, 0.7F, 0.3F};
    case Hue::teal: return {0.1F, 0.55F, 0.62F};
    case Hue::blue: return {0.18F, 0.35F, 0.85F};
    case Hue::purple: return {0.5F, 0.25F, 0.75F};
    case Hue::magenta: return {0.88F, 0.28F, 0.65F};
    }
    return {0.5F, 0.5F, 0.5F};
}

// The colour without its brightness: added to a pixel, it changes the hue alone.
Rgb chroma_of(Hue hue, const Weights& weights) {
    const Rgb color = rgb_of(hue);
    const float y = luma(weights, color);
    return {color.r - y, color.g - y, color.b - y};
}

// Gains in linear light that leave a grey's luminance as it was.
void add_gains(Chain& chain, double r, double g, double b) {
    const auto& weights = chain.luminance();
    const double sum = weights[0] * r + weights[1] * g + weights[2] * b;
    const std::array<float, 3> gains{static_cast<float>(r / sum), static_cast<float>(g / sum),
                                     static_cast<float>(b / sum)};
    chain.add(per_sample([gains](float x, int channel) {
        return linear_to_srgb(srgb_to_linear(x) * gains[static_cast<std::size_t>(channel)]);
    }));
}

Rgb about_luma(Rgb c, float y, float factor) {
    return {y + (c.r - y) * factor, y + (c.g - y) * factor, y + (c.b - y) * factor};
}

Rgb mixed(Rgb a, Rgb b, float share) {
    return {mix(a.r, b.r, share), mix(a.g, b.g, share), mix(a.b, b.b, share)};
}

Weights filter_weights(Hue hue, const Weights& plain) {
    switch (hue) {
    case Hue::none: return plain;
    case Hue::red: return {0.80F, 0.22F, -0.02F};
    case Hue::orange: return {0.62F, 0.36F, 0.02F};
    case Hue::yellow: return {0.42F, 0.54F, 0.04F};
    case Hue::green: return {0.16F, 0.74F, 0.10F};
    case Hue::teal: return {0.0F, 0.55F, 0.45F};
    case Hue::blue: return {0.05F, 0.22F, 0.73F};
    case Hue::purple: return {0.42F, 0.0F, 0.58F};
    case Hue::magenta: return {0.58F, 0.0F, 0.42F};
    }
    return plain;
}

} // namespace

void add_temperature(Chain& chain, const Adjustment& adjustment) {
    const double t = adjustment.amount / 100;
    add_gains(chain, std::exp2(0.55 * t), std::exp2(0.04 * t), std::exp2(-0.85 * t));
}

void add_tint(Chain& chain, const Adjustment& adjustment) {
    const double t = adjustment.amount / 100;
    add_gains(chain, std::exp2(0.22 * t), std::exp2(-0.4 * t), std::exp2(0.22 * t));
}

void add_saturation(Chain& chain, const Adjustment& adjustment) {
    const float factor = 1 + share_of(adjustment);
    const Weights weights = chain.luminance();
    chain.add(per_pixel(weights, [=](Rgb c) { return about_luma(c, luma(weights, c), factor); }));
}

// Saturation for what has little of it; skin, which is orange, is treated gently.
void add_vibrance(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    const Weights weights = chain.luminance();
    chain.add(per_pixel(weights, [=](Rgb c) {
        const float most = std::max({c.r, c.g, c.b});
        const float range = most - std::min({c.r, c.g, c.b});
        const float saturation = most > 1e-4F ? std::min(range / most, 1.0F) : 1.0F;
        const bool skin_order = c.r > c.g && c.g > c.b;
        const float skin =
            skin_order ? 1 - 0.4F * (1 - std::abs(2 * (c.g - c.b) / (range + 1e-4F) - 0.9F)) : 1.0F;
        const float weight =
            amount < 0 ? 1.0F : (1 - saturation) * (1 - saturation * 0.5F) * std::min(skin, 1.0F);
        return about_luma(c, luma(weights, c), 1 + (amount < 0 ? 0.85F : 1.3F) * amount * weight);
    }));
}

// Turns chroma about the grey axis: along two axes across it, then back to the brightness it had.
void add_hue(Chain& chain, const Adjustment& adjustment) {
    const double angle = adjustment.amount * std::numbers::pi / 180;
    const auto cosine = static_cast<float>(std::cos(angle));
    const auto sine = static_cast<float>(std::sin(angle) / std::numbers::sqrt3);
    const float rest = (1 - cosine) / 3;
    const Weights weights = chain.luminance();
    chain.add(per_pixel(weights, [=](Rgb c) {
        const Rgb turned{c.r * (cosine + rest) + c.g * (rest - sine) + c.b * (rest + sine),
                         c.r * (rest + sine) + c.g * (cosine + rest) + c.b * (rest - sine),
                         c.r * (rest - sine) + c.g * (rest + sine) + c.b * (cosine + rest)};
        const float back = luma(weights, c) - luma(weights, turned);
        return Rgb{turned.r + back, turned.g + back, turned.b + back};
    }));
}

// Strongest in the middle; black and white stay what they are.
void add_color_tint(Chain& chain, const Adjustment& adjustment) {
    const Rgb chroma = chroma_of(adjustment.hue, chain.luminance());
    const std::array<float, 3> push{chroma.r, chroma.g, chroma.b};
    const float amount = share_of(adjustment) * 0.55F;
    chain.add(per_sample([=](float x, int channel) {
        const float bend = amount * push[static_cast<std::size_t>(channel)];
        return unbounded(x, [bend](float y) { return y + bend * 4 * y * (1 - y) * 0.9F; });
    }));
}

void add_black_white(Chain& chain, const Adjustment& adjustment) {
    if (chain.is_gray()) {
        return;
    }
    const Weights weights = filter_weights(adjustment.hue, chain.luminance());
    const float amount = share_of(adjustment);
    chain.add(per_pixel(chain.luminance(), [=](Rgb c) {
        const float y = luma(weights, c);
        return mixed(c, {y, y, y}, amount);
    }));
}

// Leaves and grass shine, the sky goes dark.
void add_infrared(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    chain.add(per_pixel(chain.luminance(), [amount](Rgb c) {
        const float leaf = std::max(0.0F, c.g - std::max(c.b, c.r * 0.85F));
        const float sky = std::max(0.0F, c.b - c.r);
        const float y = std::max(0.0F, 0.45F * c.r + 0.55F * c.g + 1.9F * leaf - 0.75F * sky);
        return mixed(c, {y, y, y}, amount);
    }));
    add_operation(chain, {Operation::glow, adjustment.amount * 0.35});
}

void add_sepia(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    const Weights weights = chain.luminance();
    chain.add(per_pixel(weights, [=](Rgb c) {
        const float y = luma(weights, c);
        const float middle = std::max(0.0F, 4 * y * (1 - y));
        const Rgb toned{y + 0.075F * middle, y * 0.985F + 0.005F * middle, y * 0.92F - 0.085F * middle};
        return mixed(c, toned, amount);
    }));
}

void add_split_tone(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const float amount = share_of(adjustment) * 0.55F;
    const Rgb dark = adjustment.hue == Hue::none ? Rgb{} : chroma_of(adjustment.hue, weights);
    const Rgb light = adjustment.second == Hue::none ? Rgb{} : chroma_of(adjustment.second, weights);
    chain.add(per_pixel(weights, [=](Rgb c) {
        const float y = std::clamp(luma(weights, c), 0.0F, 1.0F);
        // nothing at the very ends: black stays black, paper stays paper
        const float shadow = amount * (1 - y) * (1 - y) * std::min(1.0F, y * 6 + 0.25F);
        const float high = amount * y * y * std::min(1.0F, (1 - y) * 6 + 0.25F) * 0.8F;
        return Rgb{c.r + dark.r * shadow + light.r * high, c.g + dark.g * shadow + light.g * high,
                   c.b + dark.b * shadow + light.b * high};
    }));
}

// Brightness runs from a dark tone of the one colour to a light one of the other.
void add_duotone(Chain& chain, const Adjustment& adjustment) {
    const Weights weights = chain.luminance();
    const float amount = share_of(adjustment);
    const Rgb first = rgb_of(adjustment.hue);
    const Rgb second = rgb_of(adjustment.second);
    const Rgb dark{first.r * 0.28F, first.g * 0.28F, first.b * 0.28F};
    const Rgb middle = mixed(first, second, 0.45F);
    const Rgb light = mixed(second, {1, 1, 1}, 0.55F);
    chain.add(per_pixel(weights, [=](Rgb c) {
        const float y = luma(weights, c);
        const Rgb toned = y < 0.5F ? mixed(dark, middle, y * 2) : mixed(middle, light, y * 2 - 1);
        return mixed(c, toned, amount);
    }));
}

// Slide film in the chemistry for negatives: red and green gain contrast, blue loses it.
void add_cross_process(Chain& chain, const Adjustment& adjustment) {
    const float amount = share_of(adjustment);
    chain.add(per_sample([amount](float x, int channel) {
        return unbounded(x, [=](float y) {
            const float film = channel == 0   ? s_curve(y, 0.5F)
                               : channel == 1 ? s_curve(bias(y, 0.08F), 0.35F)
                                              : 0.12F + y * 0.72F;
            return mix(y, film, amount);
        });
    }));
    add_operation(chain, {Operation::saturation, adjustment.amount * 0.15});
}

} // namespace kontext::darkroom
