#include "core/fidelity/sharpness.h"
#include "core/image/samples.h"
#include "tests/unit/fidelity/scene.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{240, 180};

Image floats_of_scene(std::uint64_t seed) {
    Image picture(size, {SampleType::f32, 3});
    const Image fine =
        test::draw(size, [seed](test::Point at) { return test::scene_at({3 * at.x, 3 * at.y}, seed); });
    convert_samples(fine.view(), picture.view());
    return picture;
}

float sample(const Image& picture, int x, int y, int c) {
    return picture.view().samples<float>(y)[3 * x + c];
}

float& sample(Image& picture, int x, int y, int c) {
    return picture.view().samples<float>(y)[3 * x + c];
}

// What a kernel of 1 2 1 both ways leaves: about a Gaussian of 0.7 pixels.
Image blurred(const Image& picture) {
    Image result(size, picture.format());
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            for (int c = 0; c < 3; ++c) {
                float sum = 0;
                for (int j = -1; j <= 1; ++j) {
                    for (int i = -1; i <= 1; ++i) {
                        const int from_x = std::clamp(x + i, 0, size.width - 1);
                        const int from_y = std::clamp(y + j, 0, size.height - 1);
                        sum += static_cast<float>((2 - std::abs(i)) * (2 - std::abs(j))) *
                               sample(picture, from_x, from_y, c);
                    }
                }
                sample(result, x, y, c) = sum / 16;
            }
        }
    }
    return result;
}

Image everywhere() {
    return test::one_channel(size, [](int, int) { return true; });
}

// Root of the mean square.
double distance(const Image& one, const Image& other) {
    double sum = 0;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            for (int c = 0; c < 3; ++c) {
                const double off = sample(one, x, y, c) - sample(other, x, y, c);
                sum += off * off;
            }
        }
    }
    return std::sqrt(sum / static_cast<double>(3 * size.pixels()));
}

TEST(Sharpness, UndoesAGoodPartOfABlur) {
    const Image canvas = floats_of_scene(1);
    const Image soft = blurred(canvas);
    const Sharpening found = fit_sharpening(canvas.view(), soft.view(), everywhere().view());
    EXPECT_LT(distance(canvas, sharpen(soft.view(), found)), 0.6 * distance(canvas, soft));
    // What was learnt holds for another picture that was made as soft.
    const Image other = floats_of_scene(7);
    const Image other_soft = blurred(other);
    EXPECT_LT(distance(other, sharpen(other_soft.view(), found)), 0.6 * distance(other, other_soft));
}

TEST(Sharpness, LeavesAPictureAsItIsThatIsAsCrisp) {
    const Image canvas = floats_of_scene(1);
    const Sharpening found = fit_sharpening(canvas.view(), canvas.view(), everywhere().view());
    EXPECT_EQ(found, Sharpening{});
    EXPECT_EQ(distance(canvas, sharpen(canvas.view(), found)), 0);
}

TEST(Sharpness, DoesNotMakeNoiseOutOfWhatHasNoDetail) {
    const Image canvas = floats_of_scene(1);
    Image noisy = floats_of_scene(1);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            for (int c = 0; c < 3; ++c) {
                const double noise = test::noise_at(x, y, 50 + static_cast<std::uint64_t>(c)) - 0.5;
                sample(noisy, x, y, c) += static_cast<float>(0.07 * noise);
            }
        }
    }
    const Sharpening found = fit_sharpening(canvas.view(), noisy.view(), everywhere().view());
    EXPECT_LE(distance(canvas, sharpen(noisy.view(), found)), distance(canvas, noisy));
}

TEST(Sharpness, LearnsNothingFromWhatIsNotToBeUsed) {
    const Image canvas = floats_of_scene(1);
    const Image nowhere = test::one_channel(size, [](int, int) { return false; });
    EXPECT_EQ(fit_sharpening(canvas.view(), blurred(canvas).view(), nowhere.view()), Sharpening{});
}

} // namespace

} // namespace kontext
