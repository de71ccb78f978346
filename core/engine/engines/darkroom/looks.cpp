// Looks are recipes of other operations: amounts are those of a look at 100.
#include "core/engine/engines/darkroom/develop_steps.h"
#include "core/engine/engines/darkroom/operations.h"

#include <algorithm>
#include <array>

namespace kontext::darkroom {
namespace {

using enum Operation;

struct Ingredient {
    Operation look;
    Adjustment adjustment;
};

// clang-format off
constexpr auto recipes = std::to_array<Ingredient>({
    {golden_hour, {temperature, 62}}, {golden_hour, {tint, 14}}, {golden_hour, {shadows, 20}}, {golden_hour, {highlights, -8}},
    {golden_hour, {split_tone, 32, Hue::none, Hue::orange}}, {golden_hour, {vibrance, 18}}, {golden_hour, {glow, 18}},

    {sunset, {exposure, -0.3}}, {sunset, {temperature, 66}}, {sunset, {tint, 34}}, {sunset, {contrast, 14}},
    {sunset, {split_tone, 48, Hue::purple, Hue::orange}}, {sunset, {vibrance, 24}}, {sunset, {glow, 15}},

    {blue_hour, {exposure, -0.75}}, {blue_hour, {temperature, -62}}, {blue_hour, {tint, 12}},
    {blue_hour, {split_tone, 40, Hue::blue, Hue::magenta}}, {blue_hour, {contrast, 10}}, {blue_hour, {vibrance, 15}},

    {night, {exposure, -2.4}}, {night, {saturation, -50}}, {night, {temperature, -50}}, {night, {contrast, 16}},
    {night, {split_tone, 45, Hue::blue, Hue::teal}}, {night, {highlights, -20}},

    {moonlight, {exposure, -1.5}}, {moonlight, {saturation, -68}}, {moonlight, {temperature, -62}}, {moonlight, {contrast, 26}},
    {moonlight, {split_tone, 45, Hue::blue, Hue::teal}}, {moonlight, {glow, 22}},

    {faded_film, {contrast, -10}}, {faded_film, {matte, 80}}, {faded_film, {saturation, -24}},
    {faded_film, {split_tone, 26, Hue::teal, Hue::yellow}}, {faded_film, {highlights, -15}},

    {vintage, {temperature, 26}}, {vintage, {saturation, -32}}, {vintage, {contrast, 10}}, {vintage, {matte, 65}},
    {vintage, {split_tone, 42, Hue::red, Hue::yellow}},

    {cinematic, {contrast, 22}}, {cinematic, {highlights, -22}}, {cinematic, {saturation, -12}}, {cinematic, {shadows, -8}},
    {cinematic, {split_tone, 60, Hue::teal, Hue::orange}}, {cinematic, {matte, 18}},

    {bleach_bypass, {saturation, -68}}, {bleach_bypass, {contrast, 58}}, {bleach_bypass, {clarity, 25}}, {bleach_bypass, {highlights, -12}},

    {high_key, {exposure, 1.0}}, {high_key, {shadows, 55}}, {high_key, {contrast, -12}}, {high_key, {saturation, -8}},

    {low_key, {exposure, -0.85}}, {low_key, {contrast, 34}}, {low_key, {shadows, -40}}, {low_key, {blacks, -18}}, {low_key, {whites, 12}},

    {hdr, {shadows, 55}}, {hdr, {highlights, -65}}, {hdr, {clarity, 85}}, {hdr, {texture, 30}}, {hdr, {vibrance, 35}},

    {neon, {exposure, -0.8}}, {neon, {contrast, 48}}, {neon, {split_tone, 100, Hue::purple, Hue::teal}}, {neon, {saturation, 60}},
    {neon, {glow, 55}},

    {moody, {brightness, -22}}, {moody, {contrast, 18}}, {moody, {saturation, -32}}, {moody, {highlights, -30}},
    {moody, {split_tone, 24, Hue::teal, Hue::none}}, {moody, {matte, 24}},

    {dramatic, {clarity, 70}}, {dramatic, {contrast, 42}}, {dramatic, {highlights, -35}}, {dramatic, {blacks, -18}}, {dramatic, {saturation, -12}},

    {punchy, {contrast, 34}}, {punchy, {vibrance, 50}}, {punchy, {clarity, 30}}, {punchy, {blacks, -8}},

    {pastel, {brightness, 60}}, {pastel, {contrast, -15}}, {pastel, {saturation, -18}}, {pastel, {matte, 30}},
    {pastel, {split_tone, 18, Hue::purple, Hue::orange}},
});
// clang-format on

} // namespace

// A grey layer takes the tonal part alone; a look the other way round takes what has an opposite.
void add_look(Chain& chain, const Adjustment& adjustment) {
    for (const auto& [look, part] : recipes) {
        if (look != adjustment.operation) {
            continue;
        }
        const OperationInfo& info = info_of(part.operation);
        Adjustment scaled = part;
        scaled.amount *= adjustment.amount / 100;
        const bool colorless = chain.is_gray() && info.colors == Colors::needed;
        if (!colorless && scaled.amount >= info.least) {
            add_operation(chain, scaled);
        }
    }
}

} // namespace kontext::darkroom
