#include "core/engine/engines/darkroom/operations.h"

#include "core/engine/engines/darkroom/develop_steps.h"

#include <array>
#include <cstddef>

namespace kontext::darkroom {
namespace {

using enum Operation;
using enum Unit;
using enum Colors;

// clang-format off
constexpr auto rows = std::to_array<OperationInfo>({
    {exposure,     "exposure", "", ev, 0.5, -8, 8, any, add_exposure},
    {brightness,   "brighter", "darker", points, 20, -100, 100, any, add_brightness},
    {contrast,     "contrast", "", points, 20, -100, 100, any, add_contrast},
    {highlights,   "highlights", "", points, 25, -100, 100, any, add_highlights},
    {shadows,      "shadows", "", points, 20, -100, 100, any, add_shadows},
    {whites,       "whites", "", points, 15, -100, 100, any, add_whites},
    {blacks,       "blacks", "", points, 15, -100, 100, any, add_blacks},
    {midtones,     "midtones", "", points, 15, -100, 100, any, add_midtones},
    {temperature,  "warmer", "cooler", points, 24, -100, 100, needed, add_temperature},
    {tint,         "magenta tint", "green tint", points, 15, -100, 100, needed, add_tint},
    {saturation,   "saturation", "", points, 20, -100, 100, needed, add_saturation},
    {vibrance,     "vibrance", "", points, 25, -100, 100, needed, add_vibrance},
    {hue,          "hue", "", degrees, 20, -180, 180, needed, add_hue},
    {color_tint,   "tint", "", points, 20, -100, 100, needed, add_color_tint},
    {black_white,  "black and white", "", percent, 100, 0, 100, any, add_black_white},
    {infrared,     "infrared", "", percent, 100, 0, 100, needed, add_infrared},
    {sepia,        "sepia", "", percent, 80, 0, 100, needed, add_sepia},
    {split_tone,   "split tone", "", percent, 40, 0, 100, needed, add_split_tone},
    {duotone,      "duotone", "", percent, 100, 0, 100, needed, add_duotone},
    {golden_hour,  "golden hour", "", percent, 60, 0, 100, needed, add_look},
    {sunset,       "sunset", "", percent, 60, 0, 100, needed, add_look},
    {blue_hour,    "blue hour", "", percent, 60, 0, 100, needed, add_look},
    {night,        "night", "", percent, 70, 0, 100, needed, add_look},
    {moonlight,    "moonlight", "", percent, 70, 0, 100, needed, add_look},
    {faded_film,   "faded film", "", percent, 60, 0, 100, any, add_look},
    {vintage,      "vintage", "", percent, 60, 0, 100, any, add_look},
    {cinematic,    "cinematic", "", percent, 60, 0, 100, any, add_look},
    {bleach_bypass, "bleach bypass", "", percent, 60, 0, 100, any, add_look},
    {cross_process, "cross process", "", percent, 60, 0, 100, needed, add_cross_process},
    {high_key,     "high key", "", percent, 60, 0, 100, any, add_look},
    {low_key,      "low key", "", percent, 60, 0, 100, any, add_look},
    {matte,        "matte", "", percent, 50, 0, 100, any, add_matte},
    {hdr,          "HDR look", "", percent, 50, 0, 100, any, add_look},
    {neon,         "neon", "", percent, 70, 0, 100, needed, add_look},
    {moody,        "moodier", "less moody", points, 50, -100, 100, any, add_look},
    {dramatic,     "dramatic", "", percent, 50, 0, 100, any, add_look},
    {punchy,       "punchier", "less punchy", points, 50, -100, 100, any, add_look},
    {pastel,       "pastel", "", percent, 60, 0, 100, any, add_look},
    {auto_tone,    "auto tone", "", percent, 100, 0, 100, any, add_auto_tone},
    {auto_contrast, "auto contrast", "", percent, 100, 0, 100, any, add_auto_contrast},
    {auto_white_balance, "auto white balance", "", percent, 100, 0, 100, needed, add_auto_white_balance},
    {clarity,      "clarity", "", points, 25, -100, 100, any, add_clarity},
    {texture,      "texture", "", points, 25, -100, 100, any, add_texture},
    {dehaze,       "dehaze", "", points, 35, -100, 100, any, add_dehaze},
    {sharpen,      "sharpen", "", percent, 40, 0, 100, any, add_sharpen},
    {denoise,      "denoise", "", percent, 40, 0, 100, any, add_denoise},
    {soft_focus,   "soft focus", "", percent, 40, 0, 100, any, add_soft_focus},
    {glow,         "glow", "", percent, 40, 0, 100, any, add_glow},
    {blur,         "blur", "", percent, 30, 0, 100, any, add_blur},
    {grain,        "grain", "", percent, 30, 0, 100, any, add_grain},
    {vignette,     "vignette", "bright vignette", percent, 50, -100, 100, any, add_vignette},
    {watercolor,   "watercolour", "", percent, 100, 0, 100, any, add_watercolor},
    {oil_painting, "oil painting", "", percent, 100, 0, 100, any, add_oil_painting},
    {pencil,       "pencil sketch", "", percent, 100, 0, 100, any, add_pencil},
    {colored_pencil, "coloured pencil", "", percent, 100, 0, 100, any, add_colored_pencil},
    {cartoon,      "cartoon", "", percent, 100, 0, 100, any, add_cartoon},
    {posterize,    "posterise", "", percent, 60, 0, 100, any, add_posterize},
    {pixelate,     "pixelate", "", percent, 30, 0, 100, any, add_pixelate},
    {halftone,     "halftone", "", percent, 100, 0, 100, any, add_halftone},
    {emboss,       "emboss", "", percent, 100, 0, 100, any, add_emboss},
    {solarize,     "solarise", "", percent, 100, 0, 100, any, add_solarize},
    {threshold,    "threshold", "", percent, 50, 0, 100, any, add_threshold},
    {invert,       "invert", "", percent, 100, 0, 100, any, add_invert},
});
// clang-format on

constexpr bool in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].operation) != i) {
            return false;
        }
    }
    return rows.size() == static_cast<std::size_t>(invert) + 1;
}
static_assert(in_order());

} // namespace

std::span<const OperationInfo> operations() {
    return rows;
}

const OperationInfo& info_of(Operation operation) {
    return rows[static_cast<std::size_t>(operation)];
}

} // namespace kontext::darkroom
