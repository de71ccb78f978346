#pragma once

#include "core/engine/engines/darkroom/chain.h"

// One small function for each operation: adds its steps for an amount that is not 0.
namespace kontext::darkroom {

// tone_steps.cpp
void add_exposure(Chain& chain, const Adjustment& adjustment);
void add_brightness(Chain& chain, const Adjustment& adjustment);
void add_contrast(Chain& chain, const Adjustment& adjustment);
void add_highlights(Chain& chain, const Adjustment& adjustment);
void add_shadows(Chain& chain, const Adjustment& adjustment);
void add_whites(Chain& chain, const Adjustment& adjustment);
void add_blacks(Chain& chain, const Adjustment& adjustment);
void add_midtones(Chain& chain, const Adjustment& adjustment);
void add_matte(Chain& chain, const Adjustment& adjustment);
void add_posterize(Chain& chain, const Adjustment& adjustment);
void add_solarize(Chain& chain, const Adjustment& adjustment);
void add_invert(Chain& chain, const Adjustment& adjustment);
void add_threshold(Chain& chain, const Adjustment& adjustment);
// auto_steps.cpp
void add_auto_tone(Chain& chain, const Adjustment& adjustment);
void add_auto_contrast(Chain& chain, const Adjustment& adjustment);
void add_auto_white_balance(Chain& chain, const Adjustment& adjustment);
// color_steps.cpp
void add_temperature(Chain& chain, const Adjustment& adjustment);
void add_tint(Chain& chain, const Adjustment& adjustment);
void add_saturation(Chain& chain, const Adjustment& adjustment);
void add_vibrance(Chain& chain, const Adjustment& adjustment);
void add_hue(Chain& chain, const Adjustment& adjustment);
void add_color_tint(Chain& chain, const Adjustment& adjustment);
void add_black_white(Chain& chain, const Adjustment& adjustment);
void add_infrared(Chain& chain, const Adjustment& adjustment);
void add_sepia(Chain& chain, const Adjustment& adjustment);
void add_split_tone(Chain& chain, const Adjustment& adjustment);
void add_duotone(Chain& chain, const Adjustment& adjustment);
void add_cross_process(Chain& chain, const Adjustment& adjustment);
// looks.cpp: recipes made of other operations
void add_look(Chain& chain, const Adjustment& adjustment);
// detail_steps.cpp
void add_clarity(Chain& chain, const Adjustment& adjustment);
void add_texture(Chain& chain, const Adjustment& adjustment);
void add_dehaze(Chain& chain, const Adjustment& adjustment);
void add_sharpen(Chain& chain, const Adjustment& adjustment);
void add_denoise(Chain& chain, const Adjustment& adjustment);
// finish_steps.cpp
void add_soft_focus(Chain& chain, const Adjustment& adjustment);
void add_glow(Chain& chain, const Adjustment& adjustment);
void add_blur(Chain& chain, const Adjustment& adjustment);
void add_grain(Chain& chain, const Adjustment& adjustment);
void add_vignette(Chain& chain, const Adjustment& adjustment);
// paint_steps.cpp
void add_watercolor(Chain& chain, const Adjustment& adjustment);
void add_oil_painting(Chain& chain, const Adjustment& adjustment);
void add_pencil(Chain& chain, const Adjustment& adjustment);
void add_colored_pencil(Chain& chain, const Adjustment& adjustment);
void add_cartoon(Chain& chain, const Adjustment& adjustment);
void add_pixelate(Chain& chain, const Adjustment& adjustment);
void add_halftone(Chain& chain, const Adjustment& adjustment);
void add_emboss(Chain& chain, const Adjustment& adjustment);

} // namespace kontext::darkroom
