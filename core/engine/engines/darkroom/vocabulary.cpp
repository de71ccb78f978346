#include "core/engine/engines/darkroom/vocabulary.h"

#include <array>

namespace kontext::darkroom {
namespace {

using enum Operation;
using enum Role;

constexpr Meaning effect_of(Operation operation, double share = 1, Hue hue = Hue::none,
                            Hue second = Hue::none) {
    return {effect, operation, share, hue, second, Direction::none};
}
constexpr Meaning quality_of(Operation operation) {
    return {quality, operation};
}
constexpr Meaning change_of(Operation operation, double share = 1, Hue hue = Hue::none) {
    return {change, operation, share, hue};
}
constexpr Meaning blemish_of(Operation operation, Hue hue = Hue::none) {
    return {blemish, operation, 1, hue};
}

// clang-format off
constexpr auto rows = std::to_array<VocabularyRow>({
    // tone
    {"exposure|exposures", quality_of(exposure)},
    {"expose|overexpose|over expose", change_of(exposure)},
    {"underexpose|under expose", change_of(exposure, -1)},
    {"underexposed|under exposed", change_of(exposure, -1)},
    {"overexposed|over exposed|blown out", change_of(exposure)},
    {"brightness|luminosity|lightness|luminance", quality_of(brightness)},
    {"brighter|bright|brighten|brightened|brightening|brightens|lightens|lighter|lighten|lightened|lightening|lighten up|"
     "brighten up|light up|luminous|airy|airier|sunnier|sunny|brightest", change_of(brightness)},
    {"darker|dark|darken|darkened|darkening|darkens|dim|dimmer|dimmed|gloomy|gloomier|darkest|murky", change_of(brightness, -1)},
    {"darkness", {quality, brightness, -1}},
    {"contrast|contrasts|contrasty|contrastier|tonal contrast", quality_of(contrast)},
    {"flat|flatter|flatten|flattened|low contrast|washed out", change_of(contrast, -1)},
    {"high contrast|higher contrast|strong contrast|hard contrast|harsh contrast", change_of(contrast, 1.25)},
    {"harsh|harsher", change_of(contrast)},
    {"highlight|highlights|lights|bright parts|bright areas|bright tones|brights|highlight detail|highlight details|"
     "detail in highlights|details in highlights", quality_of(highlights)},
    {"shadow|shadows|dark parts|dark areas|dark tones|darks|fill light|shadow detail|shadow details|detail in shadows|"
     "details in shadows", quality_of(shadows)},
    {"white|whites|white point|white level|white levels", quality_of(whites)},
    {"black|blacks|black point|black level|black levels", quality_of(blacks)},
    {"midtone|midtones|mid tone|mid tones|gamma|middle tones|mids", quality_of(midtones)},
    // colour
    {"temperature|color temperature|warmth", quality_of(temperature)},
    {"warmer|warm|warmed|warming|warms|warm up|warm it up|warmest|cosy|cozy|cozier|cosier", change_of(temperature)},
    {"cooler|cool|cooled|cooling|cools|cool down|cool it down|colder|cold|chilly|chillier|icy|icier|frosty|frostier|coolness|wintry",
     change_of(temperature, -1)},
    {"tint", quality_of(tint)},
    {"saturation|color saturation|color intensity|chroma|colorfulness|color strength", quality_of(saturation)},
    {"saturate|saturated|more colorful|colorful|intense colors|bold colors|rich colors|richer colors|deeper colors|deep colors|"
     "colorfull|bolder colors|stronger colors|strong colors|color pop|colors pop|pop colors|make colors pop", change_of(saturation)},
    {"desaturate|desaturated|desaturating|muted|mute|muted colors|mute colors|subdued|paler|pale|washed out colors|dull|duller|"
     "drab|softer colors|soft colors|muted tones|washed colors|faded colors|fade colors", change_of(saturation, -1)},
    {"oversaturated|over saturated|gaudy|garish", change_of(saturation)},
    {"vibrance|vibrancy|vividness", quality_of(vibrance)},
    {"vibrant|vivid|vivider|lively|livelier|vibrant colors|vivid colors|brighter colors|bright colors", change_of(vibrance)},
    {"hue|hues|hue shift|shift hue|rotate hue|rotate colors|shift colors", quality_of(hue)},
    {"redder|reddish|red tint|red tone|red tones|red cast|redness|reds|ruddy", change_of(color_tint, 1, Hue::red)},
    {"more orange|orange tint|orange tone|orange tones|orangey|orange cast|amber|amber tint", change_of(color_tint, 1, Hue::orange)},
    {"yellower|yellowish|yellow tint|yellow tone|yellow tones|yellow cast|yellows", change_of(color_tint, 1, Hue::yellow)},
    {"greener|greenish|green tint|green tone|green tones|green cast|greens", change_of(color_tint, 1, Hue::green)},
    {"teal tint|teal tone|cyan tint|cyan tone|cyan cast|turquoise tint|more cyan|more teal", change_of(color_tint, 1, Hue::teal)},
    {"bluer|bluish|blueish|blue tint|blue tone|blue tones|blue cast|blues", change_of(color_tint, 1, Hue::blue)},
    {"purple tint|purple tone|violet tint|purplish|purple cast|more purple|purpler", change_of(color_tint, 1, Hue::purple)},
    {"magenta tint|pinker|pinkish|pink tint|pink tone|magenta cast|pink cast|more pink|more magenta", change_of(color_tint, 1, Hue::magenta)},
    {"black and white|bw|black white|monochrome|monochromatic|mono|grayscale|gray scale|greyscale|b and w|remove color|"
     "remove all color|remove colors|drain color|no color|without color|noir|black n white", effect_of(black_white)},
    {"red filter", effect_of(black_white, 1, Hue::red)},
    {"orange filter", effect_of(black_white, 1, Hue::orange)},
    {"yellow filter", effect_of(black_white, 1, Hue::yellow)},
    {"green filter", effect_of(black_white, 1, Hue::green)},
    {"blue filter", effect_of(black_white, 1, Hue::blue)},
    {"infrared|infra red|infrared film", effect_of(infrared)},
    {"sepia|sepia tone|sepia toned|sepia tint", effect_of(sepia)},
    {"split tone|split toning|split toned|split tones|color grade|color grading", effect_of(split_tone, 1, Hue::teal, Hue::orange)},
    {"teal and orange|orange and teal|teal orange|orange teal", effect_of(split_tone, 1, Hue::teal, Hue::orange)},
    {"duotone|duo tone|duotones|two tone", effect_of(duotone, 1, Hue::blue, Hue::orange)},
    {"cyanotype", effect_of(duotone, 1, Hue::blue, Hue::teal)},
    // looks
    {"golden hour|golden light|golden glow|golden|golden tones|golden hour light", effect_of(golden_hour)},
    {"sunset|sunset light|sunset colors|sunset glow|sunset tones|sundown", effect_of(sunset)},
    {"blue hour|dusk|twilight", effect_of(blue_hour)},
    {"night|nighttime|night time|day for night|day into night|day to night|at night|midnight|night scene", effect_of(night)},
    {"moonlight|moonlit|moon light", effect_of(moonlight)},
    {"faded film|faded|fade|film look|film|analog|analogue|analog film|faded look|film emulation|kodak|washed film|filmic", effect_of(faded_film)},
    {"vintage|retro|old photo|old photograph|aged|nostalgic|old fashioned|antique|polaroid|lomo|1970s|seventies", effect_of(vintage)},
    {"cinematic|cinema|movie look|film still|hollywood|blockbuster|cinematic look", effect_of(cinematic)},
    {"bleach bypass|bleach|bleached|silver retention", effect_of(bleach_bypass)},
    {"cross process|cross processed|cross processing|crossprocess|xpro", effect_of(cross_process)},
    {"high key|highkey", effect_of(high_key)},
    {"low key|lowkey", effect_of(low_key)},
    {"matte|matt|matte look|matte finish|matte film", effect_of(matte)},
    {"hdr|hdr look|hdr effect|high dynamic range|tone map|tone mapping|tone mapped|tonemap|tonemapping", effect_of(hdr)},
    {"neon|cyberpunk|neon lights|neon look|neon colors|synthwave|vaporwave", effect_of(neon)},
    {"moody|moodier|brooding|somber|sombre|melancholic|melancholy|melancholy mood", change_of(moody)},
    {"dramatic|drama|epic|gritty|grittier|intense|dramatic look", effect_of(dramatic)},
    {"punchy|punchier|punch|pop|poppy|impact|pops|pop more|snappy|snappier|zing", change_of(punchy)},
    {"pastel|pastels|pastel colors|pastel tones|pastel look", effect_of(pastel)},
    // what the picture itself asks for
    {"enhance|enhanced|enhancement|auto|auto tone|autotone|auto enhance|auto levels|improve|improved|better|auto fix|fix|fix it|"
     "auto tones|look better|nicer|fix lighting|fix light|fix tones|auto correct|autocorrect|optimize|optimise|beautiful|pretty|"
     "prettier|auto adjust|retouch|perfect|fix exposure|correct exposure|auto exposure|auto brightness|balance exposure|"
     "even out exposure|fix brightness",
     effect_of(auto_tone)},
    {"auto contrast|autocontrast|fix contrast|normalize|stretch contrast|stretch histogram|stretch levels|normalize contrast", effect_of(auto_contrast)},
    {"white balance|auto white balance|fix white balance|correct white balance|auto color|fix colors|fix color|correct colors|"
     "color correct|color correction|color cast|awb|neutral colors|balance colors|neutralize|natural colors|auto colors|"
     "correct color|fix color cast|neutral white balance|remove color cast|remove cast|correct color cast|correct cast|fix cast", effect_of(auto_white_balance)},
    // detail
    {"clarity|local contrast|definition|midtone contrast|micro contrast|structure", quality_of(clarity)},
    {"texture|textures|fine detail|detail|details|surface detail", quality_of(texture)},
    {"dehaze|defog|de haze|dehazing|clear up|clearer|dehazed|clear air|clear haze|clear fog|clear mist|cut haze|cut through haze|"
     "cut fog", change_of(dehaze)},
    {"haze|fog|mist|smog|hazy|foggy|misty|hazier|foggier|mistier", blemish_of(dehaze)},
    {"sharpness|acutance", quality_of(sharpen)},
    {"sharpen|sharper|sharp|sharpening|sharpened|sharpens|crisper|crisp|crispness|crispy|unsharp mask|crispen|tack sharp", change_of(sharpen)},
    {"denoise|denoised|denoising|noise reduction|reduce noise|less noisy|clean up|cleaner|de noise|noise removal|clean|despeckle|"
     "remove grain|reduce grain|less grain|less grainy",
     change_of(denoise)},
    {"noise|noisy|iso noise|color noise|speckles", blemish_of(denoise)},
    {"soft focus|soft|softer|soften|softened|softening|softens|orton|orton effect|softness|diffusion|diffuse", change_of(soft_focus)},
    {"glow|bloom|dreamy|dreamier|dreamlike|glowing|ethereal|halation|dreamy glow|dreamy look|radiant|magical|glowy|hazy glow", effect_of(glow)},
    {"blur|blurred|blurry|blurrier|defocus|out of focus|gaussian blur|blurring|unsharp", change_of(blur)},
    {"grain|film grain|grainy|grainier|graininess|grains", effect_of(grain)},
    {"vignette|vignettes|vignetting|vignetted|dark vignette|black vignette|dark edges|dark corners|darken corners|darken edges|"
     "darker corners|darker edges|vignet|darken borders|dark borders|shade corners", effect_of(vignette)},
    {"white vignette|bright vignette|lighten corners|lighten edges|brighten corners|brighten edges|lighter corners|lighter edges|"
     "light edges|bright edges|bright corners|remove vignette|remove vignetting|fix vignetting|reduce vignetting|brighter corners|"
     "brighter edges", effect_of(vignette, -1)},
    // pictures that are no longer photographs
    {"watercolor|water color|watercolors|watercolor painting|aquarelle", effect_of(watercolor)},
    {"oil painting|oil paint|in oil|in oils|painterly|painting|oil painted|oil on canvas|painted|impressionist", effect_of(oil_painting)},
    {"pencil sketch|pencil|sketch|pencil drawing|line drawing|charcoal|graphite|drawing|sketchy|charcoal drawing|sketched", effect_of(pencil)},
    {"colored pencil|color pencil|color sketch|colored sketch|colored pencils|color pencils|colored pencil sketch|colored drawing|"
     "colored pencil drawing|color pencil sketch", effect_of(colored_pencil)},
    {"cartoon|comic|comic book|cartoonish|cartoonize|cartoony|comics|toon|cel shaded|comic book style|cartoon style|cartoons", effect_of(cartoon)},
    {"posterize|posterized|posterization|posterizing|pop art|poster effect", effect_of(posterize)},
    {"pixelate|pixelated|mosaic|pixelation|pixelize|pixel art|8 bit|pixelized|pixellate|pixellated|blocky", effect_of(pixelate)},
    {"halftone|half tone|newsprint|halftones|halftone dots|newspaper print|dot pattern|newspaper style|screen print", effect_of(halftone)},
    {"emboss|embossed|relief|embossing|bas relief", effect_of(emboss)},
    {"solarize|solarized|solarization|solarizing|sabattier", effect_of(solarize)},
    {"threshold|thresholded|two level|pure black and white|lith|lithograph", effect_of(threshold)},
    {"invert|inverted|negative|negate|film negative|invert colors|inverse|inverting|color negative|inverted colors|photo negative", effect_of(invert)},
});
// clang-format on

} // namespace

std::span<const VocabularyRow> operation_words() {
    return rows;
}

} // namespace kontext::darkroom
