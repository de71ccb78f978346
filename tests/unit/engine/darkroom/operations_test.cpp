// What each operation does to pixels.
#include "core/engine/engines/darkroom/develop.h"
#include "core/engine/engines/darkroom/operations.h"
#include "tests/unit/engine/darkroom/test_pictures.h"

#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace kontext::darkroom {
namespace {

using Rgba = std::array<float, 4>;

std::vector<float> developed(const Raster& picture, Adjustment adjustment, std::uint64_t seed = 3) {
    return floats_of(develop(picture, {}, {adjustment}, seed, {}, {}));
}

Raster flat(Rgba color, Size size = {32, 32}) {
    return filled(size, {SampleType::f32, 3}, [color](int, int) { return color; });
}

Raster ramp(PixelFormat format = {SampleType::f32, 3}) {
    return filled({256, 4}, format, [](int x, int) {
        const float v = static_cast<float>(x) / 255;
        return Rgba{v, v, v, 1};
    });
}

// Dark on the left, bright on the right, sharp between.
Raster edge(Size size = {64, 64}) {
    return filled(size, {SampleType::f32, 3}, [size](int x, int) {
        const float v = x < size.width / 2 ? 0.3F : 0.7F;
        return Rgba{v, v, v, 1};
    });
}

struct Pixel {
    float r, g, b;
    float luma() const { return 0.2126F * r + 0.7152F * g + 0.0722F * b; }
    float chroma() const { return std::max({r, g, b}) - std::min({r, g, b}); }
};

Pixel pixel_at(const std::vector<float>& samples, int width, int x, int y) {
    const auto at = static_cast<std::size_t>(y * width + x) * 3;
    return {samples[at], samples[at + 1], samples[at + 2]};
}

// A flat colour after an operation, away from borders.
Pixel colored(Rgba color, Adjustment adjustment) {
    return pixel_at(developed(flat(color), adjustment), 32, 16, 16);
}

Pixel gray(float value, Adjustment adjustment) {
    return colored({value, value, value, 1}, adjustment);
}

double deviation(const std::vector<float>& samples) {
    const double mean =
        std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
    double sum = 0;
    for (const float sample : samples) {
        sum += (sample - mean) * (sample - mean);
    }
    return std::sqrt(sum / static_cast<double>(samples.size()));
}

double mean_of(const std::vector<float>& samples) {
    return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

constexpr Rgba grass{0.3F, 0.5F, 0.2F, 1};
constexpr Rgba sky{0.35F, 0.5F, 0.8F, 1};
constexpr Rgba skin{0.8F, 0.6F, 0.5F, 1};

TEST(Exposure, DoublesLightForEachStop) {
    const float before = srgb_to_linear(0.5F);
    EXPECT_NEAR(srgb_to_linear(gray(0.5F, {Operation::exposure, 1}).r), 2 * before, 1e-5);
    EXPECT_NEAR(srgb_to_linear(gray(0.5F, {Operation::exposure, -2}).r), before / 4, 1e-5);
    EXPECT_GT(gray(0.9F, {Operation::exposure, 1}).r, 1.0F); // a float layer keeps it
}

TEST(Tone, GoesTheWayTheAmountSays) {
    struct Row {
        Operation operation;
        float tone;
    };
    for (const auto [operation, tone] :
         {Row{Operation::brightness, 0.5F}, Row{Operation::highlights, 0.75F}, Row{Operation::shadows, 0.25F},
          Row{Operation::whites, 0.9F}, Row{Operation::blacks, 0.1F}, Row{Operation::midtones, 0.5F}}) {
        EXPECT_GT(gray(tone, {operation, 50}).r, tone + 0.01F) << info_of(operation).name;
        EXPECT_LT(gray(tone, {operation, -50}).r, tone - 0.01F) << info_of(operation).name;
    }
}

TEST(Tone, TouchesItsOwnPartOfTheScaleMost) {
    EXPECT_GT(gray(0.25F, {Operation::shadows, 60}).r - 0.25F,
              4 * (gray(0.85F, {Operation::shadows, 60}).r - 0.85F));
    EXPECT_GT(0.8F - gray(0.8F, {Operation::highlights, -60}).r,
              4 * (0.2F - gray(0.2F, {Operation::highlights, -60}).r));
}

TEST(Tone, CurvesNeverTurnBack) {
    const Raster picture = ramp();
    for (const Operation operation :
         {Operation::brightness, Operation::contrast, Operation::highlights, Operation::shadows,
          Operation::whites, Operation::blacks, Operation::midtones, Operation::exposure, Operation::matte,
          Operation::temperature, Operation::posterize, Operation::cross_process}) {
        const OperationInfo& info = info_of(operation);
        for (const double amount : {info.least, info.least / 2, info.most / 5, info.most}) {
            const auto samples = developed(picture, {operation, amount});
            for (int x = 1; x < 256; ++x) {
                ASSERT_GE(pixel_at(samples, 256, x, 0).g, pixel_at(samples, 256, x - 1, 0).g - 1e-6F)
                    << info.name << " " << amount << " at " << x;
            }
        }
    }
}

TEST(Contrast, SpreadsOrGathersTonesAboutTheMiddle) {
    EXPECT_LT(gray(0.25F, {Operation::contrast, 50}).r, 0.25F);
    EXPECT_GT(gray(0.75F, {Operation::contrast, 50}).r, 0.75F);
    EXPECT_GT(gray(0.25F, {Operation::contrast, -50}).r, 0.25F);
    EXPECT_LT(gray(0.75F, {Operation::contrast, -50}).r, 0.75F);
    EXPECT_NEAR(gray(0.5F, {Operation::contrast, 50}).r, 0.5F, 1e-5);
}

TEST(Temperature, TradesBlueForRedAndKeepsLuminance) {
    const Pixel warm = gray(0.5F, {Operation::temperature, 40});
    EXPECT_GT(warm.r, warm.g);
    EXPECT_GT(warm.g, warm.b);
    const Pixel cool = gray(0.5F, {Operation::temperature, -40});
    EXPECT_LT(cool.r, cool.b);
    const float luminance = 0.2126F * srgb_to_linear(warm.r) + 0.7152F * srgb_to_linear(warm.g) +
                            0.0722F * srgb_to_linear(warm.b);
    EXPECT_NEAR(luminance, srgb_to_linear(0.5F), 1e-4);
}

TEST(Tint, RunsFromGreenToMagenta) {
    EXPECT_LT(gray(0.5F, {Operation::tint, 40}).g, gray(0.5F, {Operation::tint, 40}).r);
    EXPECT_GT(gray(0.5F, {Operation::tint, -40}).g, gray(0.5F, {Operation::tint, -40}).r);
}

TEST(Saturation, MovesColourAndLeavesGrey) {
    EXPECT_GT(colored(grass, {Operation::saturation, 40}).chroma(), 0.3F);
    EXPECT_NEAR(colored(grass, {Operation::saturation, -100}).chroma(), 0, 1e-5);
    EXPECT_NEAR(gray(0.4F, {Operation::saturation, 80}).chroma(), 0, 1e-5);
}

TEST(Vibrance, HelpsPaleColoursMore) {
    const Rgba pale{0.5F, 0.55F, 0.6F, 1};
    const Rgba strong{0.05F, 0.3F, 0.95F, 1};
    const float gain_pale = colored(pale, {Operation::vibrance, 80}).chroma() / 0.1F;
    const float gain_strong = colored(strong, {Operation::vibrance, 80}).chroma() / 0.9F;
    EXPECT_GT(gain_pale, gain_strong + 0.2F);
    EXPECT_LT(colored(grass, {Operation::vibrance, -60}).chroma(), 0.3F);
}

TEST(Hue, TurnsColoursAndComesRound) {
    const Pixel turned = colored({0.8F, 0.2F, 0.2F, 1}, {Operation::hue, 120});
    EXPECT_GT(turned.g, turned.r);
    EXPECT_NEAR(turned.luma(), 0.2126F * 0.8F + 0.7874F * 0.2F, 1e-4);
    EXPECT_NEAR(gray(0.4F, {Operation::hue, 90}).chroma(), 0, 1e-4);
}

TEST(ColorTint, LeansTowardsItsColour) {
    EXPECT_GT(gray(0.5F, {Operation::color_tint, 40, Hue::blue}).b,
              gray(0.5F, {Operation::color_tint, 40, Hue::blue}).r);
    EXPECT_GT(gray(0.5F, {Operation::color_tint, 40, Hue::red}).r,
              gray(0.5F, {Operation::color_tint, 40, Hue::red}).g);
    EXPECT_LT(gray(0.5F, {Operation::color_tint, -40, Hue::blue}).b, 0.5F);
    EXPECT_NEAR(gray(1.0F, {Operation::color_tint, 40, Hue::blue}).b, 1, 1e-5);
}

TEST(BlackWhite, HasNoColourAndHeedsTheFilter) {
    EXPECT_NEAR(colored(sky, {Operation::black_white, 100}).chroma(), 0, 1e-5);
    EXPECT_LT(colored(sky, {Operation::black_white, 100, Hue::red}).r,
              colored(sky, {Operation::black_white, 100}).r);
    EXPECT_GT(colored(sky, {Operation::black_white, 100, Hue::blue}).r,
              colored(sky, {Operation::black_white, 100}).r);
    for (const Hue hue : {Hue::red, Hue::orange, Hue::yellow, Hue::green, Hue::blue}) {
        EXPECT_NEAR(gray(0.6F, {Operation::black_white, 100, hue}).r, 0.6F, 1e-4); // greys stay
    }
}

TEST(Infrared, BrightensLeavesAndDarkensSky) {
    EXPECT_GT(colored(grass, {Operation::infrared, 100}).r, colored(sky, {Operation::infrared, 100}).r);
}

TEST(Sepia, IsBrown) {
    const Pixel brown = colored(sky, {Operation::sepia, 100});
    EXPECT_GT(brown.r, brown.g);
    EXPECT_GT(brown.g, brown.b);
}

TEST(SplitTone, ColoursShadowsAndHighlightsApart) {
    const Adjustment look{Operation::split_tone, 60, Hue::teal, Hue::orange};
    EXPECT_GT(gray(0.25F, look).b, gray(0.25F, look).r);
    EXPECT_GT(gray(0.8F, look).r, gray(0.8F, look).b);
    EXPECT_NEAR(gray(0.25F, look).luma(), 0.25F, 0.01);
}

TEST(Duotone, RunsFromOneColourToTheOther) {
    const Adjustment look{Operation::duotone, 100, Hue::blue, Hue::orange};
    EXPECT_GT(gray(0.1F, look).b, gray(0.1F, look).r);
    EXPECT_GT(gray(0.9F, look).r, gray(0.9F, look).b);
    EXPECT_LT(gray(0.2F, look).luma(), gray(0.8F, look).luma());
}

TEST(CrossProcess, YellowsHighlightsAndBluesShadows) {
    const Adjustment look{Operation::cross_process, 100};
    EXPECT_GT(gray(0.1F, look).b, gray(0.1F, look).r);
    EXPECT_LT(gray(0.9F, look).b, gray(0.9F, look).r);
}

TEST(Looks, HaveTheirCharacter) {
    const auto warmth = [](Pixel p) { return p.r - p.b; };
    for (const Operation warm : {Operation::golden_hour, Operation::sunset, Operation::vintage}) {
        EXPECT_GT(warmth(gray(0.6F, {warm, 100})), 0.05F) << info_of(warm).name;
    }
    for (const Operation cool : {Operation::blue_hour, Operation::night, Operation::moonlight}) {
        EXPECT_LT(warmth(gray(0.6F, {cool, 100})), -0.03F) << info_of(cool).name;
        EXPECT_LT(gray(0.6F, {cool, 100}).luma(), 0.6F) << info_of(cool).name;
    }
    EXPECT_GT(gray(0.02F, {Operation::faded_film, 100}).luma(), 0.08F);
    EXPECT_GT(gray(0.02F, {Operation::matte, 100}).luma(), 0.1F);
    EXPECT_LT(gray(0.2F, {Operation::cinematic, 100}).r, gray(0.2F, {Operation::cinematic, 100}).b);
    EXPECT_GT(gray(0.75F, {Operation::cinematic, 100}).r, gray(0.75F, {Operation::cinematic, 100}).b);
    EXPECT_LT(colored(grass, {Operation::bleach_bypass, 100}).chroma(), 0.2F);
    EXPECT_GT(gray(0.4F, {Operation::high_key, 100}).luma(), 0.55F);
    EXPECT_LT(gray(0.4F, {Operation::low_key, 100}).luma(), 0.3F);
    EXPECT_GT(gray(0.2F, {Operation::hdr, 100}).luma(), 0.25F);
    EXPECT_GT(colored(skin, {Operation::neon, 100}).chroma(), 0.3F);
    EXPECT_LT(gray(0.5F, {Operation::moody, 100}).luma(), 0.45F);
    EXPECT_LT(gray(0.2F, {Operation::dramatic, 100}).luma(), 0.19F);
    EXPECT_GT(colored(grass, {Operation::punchy, 100}).chroma(), 0.32F);
    EXPECT_GT(colored(grass, {Operation::pastel, 100}).luma(), 0.45F);
    EXPECT_LT(colored(grass, {Operation::pastel, 100}).chroma(), 0.3F);
}

TEST(AutoTone, UsesTheWholeScale) {
    const Raster dull = filled({64, 64}, {SampleType::f32, 3}, [](int x, int y) {
        const float v = 0.12F + 0.3F * static_cast<float>(x + y) / 126;
        return Rgba{v, v, v, 1};
    });
    EXPECT_GT(deviation(developed(dull, {Operation::auto_tone, 100})), 1.2 * deviation(floats_of(dull)));
    EXPECT_GT(mean_of(developed(dull, {Operation::auto_tone, 100})), mean_of(floats_of(dull)));
    EXPECT_GT(deviation(developed(dull, {Operation::auto_contrast, 100})), 2.5 * deviation(floats_of(dull)));
}

TEST(AutoWhiteBalance, TakesACastOut) {
    const Raster cast = filled({64, 64}, {SampleType::f32, 3}, [](int x, int) {
        const float v = 0.2F + 0.5F * static_cast<float>(x) / 63;
        return Rgba{v * 1.15F, v, v * 0.7F, 1};
    });
    const Pixel before = pixel_at(floats_of(cast), 64, 40, 20);
    const Pixel after = pixel_at(developed(cast, {Operation::auto_white_balance, 100}), 64, 40, 20);
    EXPECT_LT(after.chroma(), 0.4F * before.chroma());
}

TEST(Detail, MakesEdgesSteeperOrSofter) {
    const auto step_at_edge = [](const std::vector<float>& samples) {
        return pixel_at(samples, 64, 32, 32).g - pixel_at(samples, 64, 31, 32).g;
    };
    const float before = step_at_edge(floats_of(edge()));
    EXPECT_GT(step_at_edge(developed(edge(), {Operation::sharpen, 80})), before + 0.02F);
    EXPECT_GT(step_at_edge(developed(edge(), {Operation::texture, 80})), before + 0.005F);
    EXPECT_LT(step_at_edge(developed(edge(), {Operation::texture, -80})), before);
    for (const Operation soft : {Operation::blur, Operation::soft_focus}) {
        EXPECT_LT(step_at_edge(developed(edge(), {soft, 80})), 0.9F * before) << info_of(soft).name;
    }
}

TEST(Detail, KeepsGreysGrey) {
    for (const Operation operation : {Operation::sharpen, Operation::texture, Operation::clarity,
                                      Operation::denoise, Operation::grain, Operation::dehaze}) {
        const auto samples = developed(edge(), {operation, 70});
        for (int x = 0; x < 64; ++x) {
            ASSERT_NEAR(pixel_at(samples, 64, x, 30).chroma(), 0, 1e-4) << info_of(operation).name;
        }
    }
}

TEST(Clarity, RaisesLocalContrastWithoutHalos) {
    const Raster waves = filled({128, 128}, {SampleType::f32, 3}, [](int x, int) {
        const float v = 0.5F + 0.08F * std::sin(static_cast<float>(x) * 0.7F);
        return Rgba{v, v, v, 1};
    });
    EXPECT_GT(deviation(developed(waves, {Operation::clarity, 80})), 1.2 * deviation(floats_of(waves)));
    EXPECT_LT(deviation(developed(waves, {Operation::clarity, -80})), 0.9 * deviation(floats_of(waves)));
    const auto samples = developed(edge(), {Operation::clarity, 80});
    for (int x = 0; x < 64; ++x) {
        EXPECT_NEAR(pixel_at(samples, 64, x, 32).g, x < 32 ? 0.3F : 0.7F, 0.06F) << x;
    }
}

TEST(Dehaze, ClearsAVeilAndAddsOne) {
    const Raster veiled = filled({64, 64}, {SampleType::f32, 3}, [](int x, int y) {
        const float v = 0.55F + 0.25F * static_cast<float>((x / 8 + y / 8) % 2);
        return Rgba{v, v * 0.98F, v, 1};
    });
    EXPECT_GT(deviation(developed(veiled, {Operation::dehaze, 60})), 1.15 * deviation(floats_of(veiled)));
    EXPECT_LT(deviation(developed(veiled, {Operation::dehaze, -60})), 0.8 * deviation(floats_of(veiled)));
}

TEST(Denoise, CalmsNoiseAndKeepsEdges) {
    const Raster clean = edge();
    const Raster noisy(image_of(as_float(develop(clean, {}, {{Operation::grain, 60}}, 3, {}, {}))));
    const auto error = [&](const std::vector<float>& samples) {
        const auto wanted = floats_of(clean);
        double sum = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            sum += std::pow(samples[i] - wanted[i], 2);
        }
        return sum;
    };
    EXPECT_LT(error(developed(noisy, {Operation::denoise, 80})), 0.5 * error(floats_of(noisy)));
    const auto kept = developed(clean, {Operation::denoise, 80});
    EXPECT_GT(pixel_at(kept, 64, 33, 32).g - pixel_at(kept, 64, 30, 32).g, 0.33F);
}

TEST(Glow, SpreadsLightAndDarkensNothing) {
    const auto samples = developed(edge(), {Operation::glow, 80});
    const auto before = floats_of(edge());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        ASSERT_GE(samples[i], before[i] - 1e-5F);
    }
    EXPECT_GT(pixel_at(samples, 64, 31, 32).g, pixel_at(samples, 64, 5, 32).g);
}

TEST(Grain, IsStrongestInTheMiddleAndEven) {
    EXPECT_GT(deviation(developed(flat({0.5F, 0.5F, 0.5F, 1}), {Operation::grain, 50})), 0.01);
    EXPECT_LT(deviation(developed(flat({1, 1, 1, 1}), {Operation::grain, 50})),
              deviation(developed(flat({0.5F, 0.5F, 0.5F, 1}), {Operation::grain, 50})));
    EXPECT_NEAR(mean_of(developed(flat({0.5F, 0.5F, 0.5F, 1}, {128, 128}), {Operation::grain, 50})), 0.5,
                0.01);
}

TEST(Vignette, DarkensCornersAlone) {
    const auto samples = developed(flat({0.5F, 0.5F, 0.5F, 1}, {65, 65}), {Operation::vignette, 60});
    EXPECT_NEAR(pixel_at(samples, 65, 32, 32).g, 0.5F, 1e-5);
    EXPECT_LT(pixel_at(samples, 65, 0, 0).g, 0.4F);
    EXPECT_NEAR(pixel_at(samples, 65, 0, 0).g, pixel_at(samples, 65, 64, 64).g, 1e-5); // centred
    const auto bright = developed(flat({0.5F, 0.5F, 0.5F, 1}, {65, 65}), {Operation::vignette, -60});
    EXPECT_GT(pixel_at(bright, 65, 0, 0).g, 0.6F);
}

TEST(Paint, MakesPatches) {
    const Raster picture = test_picture({96, 96}, {SampleType::f32, 3});
    const auto roughness = [](const std::vector<float>& samples) {
        double sum = 0;
        for (std::size_t i = 3; i < samples.size(); ++i) {
            sum += std::abs(samples[i] - samples[i - 3]);
        }
        return sum;
    };
    for (const Operation operation : {Operation::oil_painting, Operation::watercolor}) {
        EXPECT_LT(roughness(developed(picture, {operation, 100})), 0.9 * roughness(floats_of(picture)))
            << info_of(operation).name;
    }
    EXPECT_GT(deviation(developed(picture, {Operation::cartoon, 100})), 0.05);
}

TEST(Pencil, DrawsDarkLinesOnPaper) {
    const Raster picture = filled({96, 96}, {SampleType::f32, 3}, [](int x, int) {
        const float v = x < 48 ? 0.75F : 0.95F;
        return Rgba{v, v, v * 0.9F, 1};
    });
    const auto drawn = developed(picture, {Operation::pencil, 100});
    EXPECT_NEAR(pixel_at(drawn, 96, 47, 48).chroma(), 0, 1e-5);
    EXPECT_LT(pixel_at(drawn, 96, 47, 48).g, pixel_at(drawn, 96, 80, 48).g - 0.1F);
    EXPECT_GT(pixel_at(drawn, 96, 80, 48).g, 0.85F);
    EXPECT_GT(pixel_at(developed(picture, {Operation::colored_pencil, 100}), 96, 20, 48).chroma(), 0.02F);
}

TEST(Posterize, LeavesFewLevels) {
    const auto samples = developed(ramp(), {Operation::posterize, 60});
    EXPECT_LE(std::set<float>(samples.begin(), samples.end()).size(), 7U);
}

TEST(Pixelate, MakesBlocksOfOneColour) {
    const auto samples =
        developed(test_picture({100, 100}, {SampleType::f32, 3}), {Operation::pixelate, 100});
    EXPECT_EQ(pixel_at(samples, 100, 0, 0).r, pixel_at(samples, 100, 4, 4).r);
    EXPECT_NE(pixel_at(samples, 100, 0, 0).r, pixel_at(samples, 100, 99, 0).r);
}

TEST(Halftone, HasMoreInkWhereItIsDarker) {
    const Size size{120, 120};
    EXPECT_LT(mean_of(developed(flat({0.2F, 0.2F, 0.2F, 1}, size), {Operation::halftone, 100})),
              mean_of(developed(flat({0.8F, 0.8F, 0.8F, 1}, size), {Operation::halftone, 100})) - 0.3);
}

TEST(Emboss, IsGreyWithLitEdges) {
    const auto samples = developed(edge(), {Operation::emboss, 100});
    EXPECT_NEAR(pixel_at(samples, 64, 8, 32).g, 0.5F, 1e-3);
    EXPECT_GT(std::abs(pixel_at(samples, 64, 32, 32).g - 0.5F), 0.1F);
}

TEST(Solarize, TurnsBrightTonesBack) {
    EXPECT_LT(gray(0.95F, {Operation::solarize, 100}).r, 0.3F);
    EXPECT_GT(gray(0.5F, {Operation::solarize, 100}).r, 0.6F);
}

TEST(Threshold, LeavesBlackAndWhite) {
    EXPECT_NEAR(colored(grass, {Operation::threshold, 70}).r, 0, 1e-5);
    EXPECT_NEAR(colored(grass, {Operation::threshold, 20}).r, 1, 1e-5);
}

TEST(Invert, IsItsOwnOpposite) {
    EXPECT_NEAR(gray(0.2F, {Operation::invert, 100}).r, 0.8F, 1e-6);
    const Raster picture = test_picture({20, 20}, {SampleType::u8, 4});
    const Adjustments invert{{Operation::invert, 100}};
    EXPECT_EQ(bytes_of(develop(develop(picture, {}, invert, 1, {}, {}), {}, invert, 1, {}, {})),
              bytes_of(picture));
}

// Radii are shares of the picture: a reduced result looks like the result of a reduced picture.
TEST(Operations, LookAlikeAtAnySize) {
    const auto scene = [](int side) {
        return filled({side, side}, {SampleType::f32, 3}, [side](int x, int y) {
            const float u = (static_cast<float>(x) + 0.5F) / static_cast<float>(side);
            const float v = (static_cast<float>(y) + 0.5F) / static_cast<float>(side);
            const float w = 0.5F + 0.3F * std::sin(u * 9) * std::cos(v * 7);
            return Rgba{w, w * 0.9F, 1 - w, 1};
        });
    };
    for (const Operation operation : {Operation::vignette, Operation::glow, Operation::soft_focus,
                                      Operation::clarity, Operation::dehaze, Operation::blur}) {
        const OperationInfo& info = info_of(operation);
        const auto small = developed(scene(200), {operation, info.usual});
        const auto large = developed(scene(800), {operation, info.usual});
        for (const auto& [x, y] : {std::pair{10, 10}, {100, 100}, {165, 45}, {30, 175}}) {
            const Pixel a = pixel_at(small, 200, x, y);
            const Pixel b = pixel_at(large, 800, x * 4 + 2, y * 4 + 2);
            EXPECT_NEAR(a.r, b.r, 0.03) << info.name;
            EXPECT_NEAR(a.b, b.b, 0.03) << info.name;
        }
    }
}

} // namespace
} // namespace kontext::darkroom
