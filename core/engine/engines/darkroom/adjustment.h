#pragma once

#include <vector>

namespace kontext::darkroom {

// What the darkroom can do. Names, units and the functions that do it: operations.cpp.
enum class Operation {
    // tone
    exposure,
    brightness,
    contrast,
    highlights,
    shadows,
    whites,
    blacks,
    midtones,
    // colour
    temperature,
    tint,
    saturation,
    vibrance,
    hue,
    color_tint,
    black_white,
    infrared,
    sepia,
    split_tone,
    duotone,
    // looks
    golden_hour,
    sunset,
    blue_hour,
    night,
    moonlight,
    faded_film,
    vintage,
    cinematic,
    bleach_bypass,
    cross_process,
    high_key,
    low_key,
    matte,
    hdr,
    neon,
    moody,
    dramatic,
    punchy,
    pastel,
    // what the picture itself asks for
    auto_tone,
    auto_contrast,
    auto_white_balance,
    // detail
    clarity,
    texture,
    dehaze,
    sharpen,
    denoise,
    soft_focus,
    glow,
    blur,
    grain,
    vignette,
    // pictures that are no longer photographs
    watercolor,
    oil_painting,
    pencil,
    colored_pencil,
    cartoon,
    posterize,
    pixelate,
    halftone,
    emboss,
    solarize,
    threshold,
    invert,
};

enum class Hue { none, red, orange, yellow, green, teal, blue, purple, magenta };

// One thing to do to the whole layer.
struct Adjustment {
    Operation operation = Operation::exposure;
    double amount = 0;      // in the operation's unit; 0 does nothing
    Hue hue = Hue::none;    // filter, tint, or the colour of the shadows
    Hue second = Hue::none; // the colour of the highlights

    bool operator==(const Adjustment&) const = default;
};

using Adjustments = std::vector<Adjustment>; // in the order in which they are done

} // namespace kontext::darkroom
