#include "core/fidelity/apply.h"
#include "core/fidelity/grain.h"
#include "core/image/raster.h"
#include "tests/unit/fidelity/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace kontext {

namespace {

using test::Color;
using test::Point;

// Of deviation 1, another one in every layer.
double white_noise(int x, int y, std::uint64_t layer) {
    double sum = 0;
    for (std::uint64_t k = 0; k < 12; ++k) {
        sum += test::noise_at(x, y, 100 * layer + k);
    }
    return sum - 6;
}

// Of deviation 1, each pixel like its neighbours.
double soft_noise(int x, int y, std::uint64_t layer) {
    constexpr std::array<double, 3> kernel{0.5, 1, 0.5};
    double sum = 0;
    for (int j = -1; j <= 1; ++j) {
        for (int i = -1; i <= 1; ++i) {
            sum += kernel[static_cast<std::size_t>(i + 1)] * kernel[static_cast<std::size_t>(j + 1)] *
                   white_noise(x + i, y + j, layer);
        }
    }
    return sum / 1.5;
}

// How strong the noise of a made-up photo is: more where it is dark, less in green, blue half like red.
Color noise_of(int x, int y, double light) {
    const double strength = 0.03 - 0.02 * light;
    const double red = soft_noise(x, y, 1);
    return {strength * red, 0.5 * strength * soft_noise(x, y, 2),
            strength * (0.6 * red + 0.8 * soft_noise(x, y, 3))};
}

using Square = std::array<Float4, GrainSample::pixels>;

Square square_at(int left, int top, const std::function<Color(int, int)>& color) {
    Square square{};
    for (int y = 0; y < GrainSample::side; ++y) {
        for (int x = 0; x < GrainSample::side; ++x) {
            const Color c = color(left + x, top + y);
            square[static_cast<std::size_t>(y * GrainSample::side + x)] =
                Float4{static_cast<float>(c[0]), static_cast<float>(c[1]), static_cast<float>(c[2]), 1};
        }
    }
    return square;
}

// Squares of a photo as `photo` says, laid over with what `fresh` says.
Grain fit(const std::function<Color(int, int)>& photo, const std::function<Color(int, int)>& fresh) {
    std::vector<GrainSample> samples;
    for (int y = 0; y < 40; ++y) {
        for (int x = 0; x < 40; ++x) {
            const int left = GrainSample::side * x;
            const int top = GrainSample::side * y;
            samples.push_back(sample_grain(square_at(left, top, photo), square_at(left, top, fresh)));
        }
    }
    return fit_grain(std::move(samples));
}

double light_at(int x) {
    return x / 640.0;
}

Color noisy(int x, int y) {
    const double light = light_at(x);
    const Color noise = noise_of(x, y, light);
    return {light + noise[0], light + noise[1], light + noise[2]};
}

Color smooth(int x, int) {
    return {light_at(x), light_at(x), light_at(x)};
}

struct Statistics {
    std::array<double, 3> deviation{};
    double red_with_blue = 0; // correlations
    double next = 0;          // of red with its neighbour's
    double far = 0;           // and 4 pixels away
};

Statistics measure(const Grain& grain, float light) {
    constexpr int width = 400;
    constexpr int height = 300;
    std::vector<Float4> noise;
    GrainRows rows(grain, 0, width);
    for (int y = 0; y < height; ++y) {
        rows.move_to(y);
        for (int x = 0; x < width; ++x) {
            noise.push_back(rows.at(x, light));
        }
    }
    const auto mean = [&](int one, int other, std::size_t away) {
        double sum = 0;
        for (std::size_t i = 0; i + away < noise.size(); ++i) {
            sum += noise[i][one] * noise[i + away][other];
        }
        return sum / static_cast<double>(noise.size() - away);
    };
    Statistics statistics;
    for (int c = 0; c < 3; ++c) {
        statistics.deviation[static_cast<std::size_t>(c)] = std::sqrt(mean(c, c, 0));
    }
    statistics.red_with_blue = mean(0, 2, 0) / (statistics.deviation[0] * statistics.deviation[2]);
    statistics.next = mean(0, 0, 1) / mean(0, 0, 0);
    statistics.far = mean(0, 0, 4) / mean(0, 0, 0);
    return statistics;
}

TEST(Grain, IsLikeThePhotosInStrengthColorAndSize) {
    const Grain grain = fit(noisy, smooth);
    for (const float light : {0.15F, 0.5F, 0.85F}) {
        const double strength = 0.03 - 0.02 * light;
        const Statistics found = measure(grain, light);
        EXPECT_NEAR(found.deviation[0], strength, 0.12 * strength) << light;
        EXPECT_NEAR(found.deviation[1], 0.5 * strength, 0.12 * 0.5 * strength) << light;
        EXPECT_NEAR(found.deviation[2], strength, 0.12 * strength) << light;
        EXPECT_NEAR(found.red_with_blue, 0.6, 0.06);
        EXPECT_NEAR(found.next, 2.0 / 3, 0.06); // of the kernel 0.5 1 0.5
        EXPECT_NEAR(found.far, 0, 0.03);
    }
}

TEST(Grain, IsOnlyWhatIsMissing) {
    const auto half_as_noisy = [](int x, int y) {
        const double light = light_at(x);
        const Color noise = noise_of(x + 5000, y, light);
        return Color{light + noise[0] / 2, light + noise[1] / 2, light + noise[2] / 2};
    };
    const Statistics found = measure(fit(noisy, half_as_noisy), 0.5F);
    EXPECT_NEAR(found.deviation[0], 0.02 * std::sqrt(0.75), 0.003);
    const Statistics none = measure(fit(smooth, noisy), 0.5F);
    EXPECT_EQ(none.deviation[0], 0);
}

TEST(Grain, IsNotLearntFromStructure) {
    const auto striped = [](int x, int y) {
        const double light = light_at(x) + 0.05 * std::sin((x + y) / 3.0);
        return Color{light, light, light};
    };
    EXPECT_EQ(measure(fit(striped, smooth), 0.5F).deviation[0], 0);
}

// A grey sky with a red square painted into it, a layer of twice the canvas's size with noise.
constexpr Size canvas_size{320, 240};
constexpr Size layer_size{640, 480};
constexpr CanvasMap half{0.5, 0, -0.25, 0, 0.5, -0.25};

bool is_painted(Point canvas) {
    return canvas.x >= 100 && canvas.x < 200 && canvas.y >= 60 && canvas.y < 180;
}

struct Painted {
    Image layer = test::draw(layer_size, [](Point at) {
        const Color scene = test::scene_at({at.x / 10, at.y / 10});
        const Color noise =
            noise_of(static_cast<int>(at.x), static_cast<int>(at.y), (scene[0] + scene[1] + scene[2]) / 3);
        return Color{scene[0] + noise[0], scene[1] + noise[1], scene[2] + noise[2]};
    });
    Image canvas = test::draw(canvas_size, [](Point at) { return test::scene_at({at.x / 5, at.y / 5}); });
    Image reply = test::draw(canvas_size, [](Point at) {
        return is_painted(at) ? Color{0.6, 0.3, 0.35} : test::scene_at({at.x / 5, at.y / 5});
    });
    // As a fit would find it.
    FitPlan plan{.canvas = canvas_size,
                 .reply = canvas_size,
                 .decision = Decision::local,
                 .mode = FidelityMode::keep,
                 .mask = std::vector<std::uint8_t>(static_cast<std::size_t>(canvas_size.pixels()))};

    Painted() {
        for (int y = 0; y < canvas_size.height; ++y) {
            for (int x = 0; x < canvas_size.width; ++x) {
                plan.mask[static_cast<std::size_t>(y * canvas_size.width + x)] =
                    is_painted({static_cast<double>(x), static_cast<double>(y)}) ? 255 : 0;
            }
        }
    }

    Image blend(bool with_grain, int band_height) const {
        Image copy(layer_size, layer.format());
        std::memcpy(copy.view().data, layer.view().data,
                    static_cast<std::size_t>(layer.stride() * layer_size.height));
        const Raster raster(std::move(copy));
        const Placement placement(plan, canvas.view(), reply.view(), {}, half,
                                  {.grain_of = with_grain ? &raster : nullptr});
        Image result(layer_size, layer.format());
        for (int y = 0; y < layer_size.height; y += band_height) {
            const int rows = std::min(band_height, layer_size.height - y);
            placement.blend({.y = y, .original = rows_of(layer.view(), y, rows)},
                            rows_of(result.view(), y, rows));
        }
        return result;
    }
};

// Deviation of red within the painted square, where the reply is of one colour.
double deviation_of_red(const Image& picture) {
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (int y = 140; y < 340; ++y) {
        for (int x = 220; x < 380; ++x) {
            const double red = ImageView(picture.view()).samples<std::uint8_t>(y)[3 * x] / 255.0;
            sum += red;
            squares += red * red;
            ++count;
        }
    }
    return std::sqrt(squares / count - sum / count * sum / count);
}

TEST(Grain, IsGivenToWhatIsNewAndToNothingElse) {
    const Painted painted;
    const Image plain = painted.blend(false, 480);
    const Image grainy = painted.blend(true, 480);
    EXPECT_LT(deviation_of_red(plain), 0.003);
    EXPECT_NEAR(deviation_of_red(grainy), 0.03 - 0.02 * 0.37, 0.004);
    for (int y = 0; y < layer_size.height; ++y) {
        for (int x = 0; x < layer_size.width; ++x) {
            if (x >= 198 && x < 402 && y >= 118 && y < 362) {
                continue;
            }
            for (int i = 3 * x; i < 3 * x + 3; ++i) {
                ASSERT_EQ(ImageView(grainy.view()).samples<std::uint8_t>(y)[i],
                          ImageView(painted.layer.view()).samples<std::uint8_t>(y)[i]);
            }
        }
    }
}

TEST(Grain, IsMeasuredInTheSmallPartOfALargeLayerThatWasSent) {
    const Painted painted;
    constexpr Size large{4000, 3000};
    Image flat(large, painted.layer.format()); // black, but for the part
    std::memset(flat.view().data, 0, static_cast<std::size_t>(flat.stride() * large.height));
    constexpr int left = 2900;
    constexpr int top = 1700;
    for (int y = 0; y < layer_size.height; ++y) {
        std::memcpy(flat.view().row(top + y) + std::ptrdiff_t{3} * left, painted.layer.view().row(y),
                    std::size_t{3} * static_cast<std::size_t>(layer_size.width));
    }
    const Raster raster(std::move(flat));
    const CanvasMap map{half[0], 0, half[2] - half[0] * left, 0, half[4], half[5] - half[4] * top};
    const Placement placement(painted.plan, painted.canvas.view(), painted.reply.view(), {}, map,
                              {.grain_of = &raster});
    Image result(layer_size, painted.layer.format());
    placement.blend({.x = left, .y = top, .original = painted.layer.view()}, result.view());
    EXPECT_NEAR(deviation_of_red(result), 0.03 - 0.02 * 0.37, 0.004);
}

TEST(Grain, IsTheSameForBandsOfAnyHeightAndAnyNumberOfThreads) {
    const Painted painted;
    const Image whole = painted.blend(true, 480);
    for (const char* threads : {"1", "5"}) {
        setenv("KONTEXT_THREADS", threads, 1);
        for (const int height : {1, 7, 64}) {
            const Image bands = painted.blend(true, height);
            EXPECT_EQ(std::memcmp(bands.view().data, whole.view().data,
                                  static_cast<std::size_t>(whole.stride() * layer_size.height)),
                      0)
                << height;
        }
    }
    unsetenv("KONTEXT_THREADS");
}

} // namespace

} // namespace kontext
