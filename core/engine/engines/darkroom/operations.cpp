#include "core/engine/engines/darkroom/operations.h"

#include <array>
#include <cstddef>

namespace kontext::darkroom {
namespace {

using enum Operation;
using enum Unit;
using enum Colors;

// clang-format off
constexpr auto rows = std::to_array<OperationInfo>({
    {exposure,     "exposure", "", ev, 0.5, -8, 8, any},
    {brightness,   "brighter", "darker", points, 20, -100, 100, any},
    {contrast,     "contrast", "", points, 20, -100, 100, any},
    {highlights,   "highlights", "", points, 25, -100, 100, any},
    {shadows,      "shadows", "", points, 20, -100, 100, any},
    {whites,       "whites", "", points, 15, -100, 100, any},
    {blacks,       "blacks", "", points, 15, -100, 100, any},
    {midtones,     "midtones", "", points, 15, -100, 100, any},
    {temperature,  "warmer", "cooler", points, 24, -100, 100, needed},
    {tint,         "magenta tint", "green tint", points, 15, -100, 100, needed},
    {saturation,   "saturation", "", points, 20, -100, 100, needed},
    {vibrance,     "vibrance", "", points, 25, -100, 100, needed},
    {hue,          "hue", "", degrees, 20, -180, 180, needed},
    {color_tint,   "tint", "", points, 20, -100, 100, needed},
    {black_white,  "black and white", "", percent, 100, 0, 100, any},
    {infrared,     "infrared", "", percent, 100, 0, 100, needed},
    {sepia,        "sepia", "", percent, 80, 0, 100, needed},
    {split_tone,   "split tone", "", percent, 40, 0, 100, needed},
    {duotone,      "duotone", "", percent, 100, 0, 100, needed},
    {golden_hour,  "golden hour", "", percent, 60, 0, 100, needed},
    {sunset,       "sunset", "", percent, 60, 0, 100, needed},
    {blue_hour,    "blue hour", "", percent, 60, 0, 100, needed},
    {night,        "night", "", percent, 70, 0, 100, needed},
    {moonlight,    "moonlight", "", percent, 70, 0, 100, needed},
    {faded_film,   "faded film", "", percent, 60, 0, 100, any},
    {vintage,      "vintage", "", percent, 60, 0, 100, any},
    {cinematic,    "cinematic", "", percent, 60, 0, 100, any},
    {bleach_bypass, "bleach bypass", "", percent, 60, 0, 100, any},
    {cross_process, "cross process", "", percent, 60, 0, 100, needed},
    {high_key,     "high key", "", percent, 60, 0, 100, any},
    {low_key,      "low key", "", percent, 60, 0, 100, any},
    {matte,        "matte", "", percent, 50, 0, 100, any},
    {hdr,          "HDR look", "", percent, 50, 0, 100, any},
    {neon,         "neon", "", percent, 70, 0, 100, needed},
    {moody,        "moodier", "less moody", points, 50, -100, 100, any},
    {dramatic,     "dramatic", "", percent, 50, 0, 100, any},
    {punchy,       "punchier", "less punchy", points, 50, -100, 100, any},
    {pastel,       "pastel", "", percent, 60, 0, 100, any},
    {auto_tone,    "auto tone", "", percent, 100, 0, 100, any},
    {auto_contrast, "auto contrast", "", percent, 100, 0, 100, any},
    {auto_white_balance, "auto white balance", "", percent, 100, 0, 100, needed},
    {clarity,      "clarity", "", points, 25, -100, 100, any},
    {texture,      "texture", "", points, 25, -100, 100, any},
    {dehaze,       "dehaze", "", points, 35, -100, 100, any},
    {sharpen,      "sharpen", "", percent, 40, 0, 100, any},
    {denoise,      "denoise", "", percent, 40, 0, 100, any},
    {soft_focus,   "soft focus", "", percent, 40, 0, 100, any},
    {glow,         "glow", "", percent, 40, 0, 100, any},
    {blur,         "blur", "", percent, 30, 0, 100, any},
    {grain,        "grain", "", percent, 30, 0, 100, any},
    {vignette,     "vignette", "bright vignette", percent, 50, -100, 100, any},
    {watercolor,   "watercolour", "", percent, 100, 0, 100, any},
    {oil_painting, "oil painting", "", percent, 100, 0, 100, any},
    {pencil,       "pencil sketch", "", percent, 100, 0, 100, any},
    {colored_pencil, "coloured pencil", "", percent, 100, 0, 100, any},
    {cartoon,      "cartoon", "", percent, 100, 0, 100, any},
    {posterize,    "posterise", "", percent, 60, 0, 100, any},
    {pixelate,     "pixelate", "", percent, 40, 0, 100, any},
    {halftone,     "halftone", "", percent, 100, 0, 100, any},
    {emboss,       "emboss", "", percent, 100, 0, 100, any},
    {solarize,     "solarise", "", percent, 100, 0, 100, any},
    {threshold,    "threshold", "", percent, 50, 0, 100, any},
    {invert,       "invert", "", percent, 100, 0, 100, any},
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

std::span<const OperationInfo> operations() { return rows; }

const OperationInfo& info_of(Operation operation) { return rows[static_cast<std::size_t>(operation)]; }

} // namespace kontext::darkroom
