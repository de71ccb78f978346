// How pictures go through: formats, bands, borders, what stays as it was.
#include "core/engine/engines/darkroom/develop.h"
#include "core/engine/engines/darkroom/operations.h"
#include "core/error.h"
#include "core/image/samples.h"
#include "tests/unit/engine/darkroom/test_pictures.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace kontext::darkroom {
namespace {

ColorEncoding encoding(const Transfer& transfer) {
    ColorEncoding color;
    color.transfer = transfer;
    return color;
}

const PixelFormat formats[] = {{SampleType::u8, 1},  {SampleType::u8, 2},  {SampleType::u8, 3},
                               {SampleType::u8, 4},  {SampleType::u16, 1}, {SampleType::u16, 4},
                               {SampleType::f32, 1}, {SampleType::f32, 2}, {SampleType::f32, 3},
                               {SampleType::f32, 4}};

const Transfer transfers[] = {Transfer(), Transfer::linear(), Transfer::gamma(2.2)};

Adjustment usual(const OperationInfo& info) {
    return {info.operation, info.usual, Hue::teal, Hue::orange};
}

bool fits(const OperationInfo& info, PixelFormat format) {
    return info.colors == Colors::any || format.color_channels() == 3;
}

TEST(Develop, LeavesEverySampleWhenNothingIsToBeDone) {
    for (const PixelFormat format : formats) {
        const Raster picture = test_picture({37, 23}, format);
        for (const Transfer& transfer : transfers) {
            for (const OperationInfo& info : operations()) {
                const Adjustments nothing{{info.operation, 0, Hue::red, Hue::blue}};
                const Raster result = develop(picture, encoding(transfer), nothing, 1, {}, {});
                ASSERT_EQ(bytes_of(result), bytes_of(picture)) << info.name;
            }
        }
    }
}

TEST(Develop, GivesTheSameBytesForAnyHeightOfBands) {
    for (const PixelFormat format : {PixelFormat{SampleType::u8, 3}, PixelFormat{SampleType::f32, 4}}) {
        const Raster picture = test_picture({83, 61}, format);
        for (const OperationInfo& info : operations()) {
            const Adjustments adjustments{usual(info)};
            const auto whole = bytes_of(develop(picture, {}, adjustments, 7, {}, {}, 61));
            for (const int rows : {1, 3, 16}) {
                ASSERT_EQ(bytes_of(develop(picture, {}, adjustments, 7, {}, {}, rows)), whole)
                    << info.name << ", bands of " << rows;
            }
            ASSERT_EQ(bytes_of(develop(picture, {}, adjustments, 7, {}, {})), whole) << info.name;
        }
    }
}

TEST(Develop, DoesNotMindWhereTilesMeet) {
    const Raster picture = test_picture({1100, 24}, {SampleType::u8, 3});
    for (const Operation operation :
         {Operation::sharpen, Operation::oil_painting, Operation::texture, Operation::vignette}) {
        const Adjustments adjustments{{operation, 80}};
        EXPECT_EQ(bytes_of(develop(picture, {}, adjustments, 7, {}, {}, 24)),
                  bytes_of(develop(picture, {}, adjustments, 7, {}, {}, 5)));
    }
}

TEST(Develop, ChangesThePictureWithEveryOperation) {
    const Raster picture = test_picture({64, 48}, {SampleType::u8, 3});
    for (const OperationInfo& info : operations()) {
        EXPECT_NE(bytes_of(develop(picture, {}, {usual(info)}, 7, {}, {})), bytes_of(picture)) << info.name;
    }
}

TEST(Develop, LeavesAlphaAlone) {
    for (const PixelFormat format : formats) {
        if (!format.has_alpha()) {
            continue;
        }
        const Raster picture = test_picture({41, 29}, format);
        for (const OperationInfo& info : operations()) {
            if (fits(info, format)) {
                const Raster result = develop(picture, {}, {usual(info)}, 7, {}, {});
                ASSERT_EQ(alpha_of(result), alpha_of(picture)) << info.name;
            }
        }
    }
}

TEST(Develop, KeepsHiddenColoursOfTransparentPixelsOutOfSight) {
    // opaque grey on the left, fully transparent red on the right
    Raster picture = filled({64, 16}, {SampleType::f32, 4}, [](int x, int) {
        return x < 32 ? std::array<float, 4>{0.5F, 0.5F, 0.5F, 1} : std::array<float, 4>{1, 0, 0, 0};
    });
    for (const Operation operation : {Operation::blur, Operation::sharpen, Operation::texture,
                                      Operation::oil_painting, Operation::denoise, Operation::soft_focus}) {
        const std::vector<float> samples = floats_of(develop(picture, {}, {{operation, 60}}, 7, {}, {}));
        const std::size_t edge = (8 * 64 + 31) * 4;
        EXPECT_NEAR(samples[edge], samples[edge + 1], 0.02) << info_of(operation).name;
    }
}

TEST(Develop, WorksOnTheSmallestPictures) {
    for (const Size size : {Size{1, 1}, Size{1, 9}, Size{9, 1}, Size{2, 2}, Size{0, 0}}) {
        for (const PixelFormat format : formats) {
            const Raster picture = test_picture(size, format);
            for (const OperationInfo& info : operations()) {
                if (fits(info, format)) {
                    const Raster result = develop(picture, {}, {usual(info)}, 7, {}, {});
                    ASSERT_EQ(result.size(), size);
                    ASSERT_EQ(result.format(), format);
                }
            }
        }
    }
}

TEST(Develop, LooksTheSameInEveryEncodingAndDepth) {
    const Raster perceptual = test_picture({48, 40}, {SampleType::f32, 3});
    for (const OperationInfo& info : operations()) {
        const bool counts_levels =
            info.operation == Operation::posterize || info.operation == Operation::threshold ||
            info.operation == Operation::cartoon || info.operation == Operation::halftone;
        if (counts_levels) {
            continue; // a sample on the border between two levels may go either way
        }
        const auto expected = floats_of(develop(perceptual, {}, {usual(info)}, 7, {}, {}));
        for (const Transfer& transfer : {Transfer::linear(), Transfer::gamma(1.8)}) {
            const Raster other = reencoded(perceptual, {}, transfer);
            const Raster result = develop(other, encoding(transfer), {usual(info)}, 7, {}, {});
            const auto found = floats_of(reencoded(result, transfer, {}));
            for (std::size_t i = 0; i < found.size(); ++i) {
                ASSERT_NEAR(found[i], expected[i], 0.004) << info.name << " at " << i;
            }
        }
        const auto coarse = floats_of(
            as_float(develop(as_format(perceptual, SampleType::u16), {}, {usual(info)}, 7, {}, {})));
        for (std::size_t i = 0; i < coarse.size(); ++i) {
            ASSERT_NEAR(coarse[i], std::clamp(expected[i], 0.0F, 1.0F), 0.004) << info.name << " at " << i;
        }
    }
}

TEST(Develop, KeepsWhatIsBrighterThanWhite) {
    const Raster picture = filled({4, 4}, {SampleType::f32, 3}, [](int x, int) {
        const float light = x < 2 ? 4.0F : 8.0F;
        return std::array<float, 4>{light, light, light, 1};
    });
    for (const Operation operation :
         {Operation::brightness, Operation::contrast, Operation::highlights, Operation::shadows,
          Operation::whites, Operation::blacks, Operation::midtones, Operation::saturation}) {
        for (const double amount : {-60.0, 60.0}) {
            const auto samples = floats_of(develop(picture, {}, {{operation, amount}}, 7, {}, {}));
            EXPECT_GT(samples[0], 1.0F) << info_of(operation).name;
            EXPECT_GT(samples[9], samples[0]) << info_of(operation).name;
        }
    }
}

TEST(Develop, MakesNumbersOfWhatIsNone) {
    const Raster picture = filled({24, 24}, {SampleType::f32, 3}, [](int x, int y) {
        const float strange = x == 3 ? NAN : y == 5 ? INFINITY : -INFINITY;
        return x % 3 == 0 || y == 5 ? std::array<float, 4>{strange, 0.5F, strange, 1}
                                    : std::array<float, 4>{0.2F, 0.4F, 0.6F, 1};
    });
    for (const OperationInfo& info : operations()) {
        for (const float sample : floats_of(develop(picture, {}, {usual(info)}, 7, {}, {}))) {
            ASSERT_TRUE(std::isfinite(sample)) << info.name;
        }
    }
}

TEST(Develop, TakesGrainFromTheSeedAlone) {
    const Raster picture = test_picture({40, 40}, {SampleType::u8, 3});
    const Adjustments grain{{Operation::grain, 50}};
    const auto first = bytes_of(develop(picture, {}, grain, 1, {}, {}));
    EXPECT_EQ(bytes_of(develop(picture, {}, grain, 1, {}, {})), first);
    EXPECT_NE(bytes_of(develop(picture, {}, grain, 2, {}, {})), first);
}

TEST(Develop, StopsWhenTold) {
    const Raster picture = test_picture({600, 400}, {SampleType::u8, 3});
    std::stop_source stop;
    int reports = 0;
    const ProgressSink stop_at_once = [&](const Progress&) {
        ++reports;
        stop.request_stop();
    };
    EXPECT_THROW(develop(picture, {}, {{Operation::oil_painting, 100}}, 1, stop_at_once, stop.get_token(), 8),
                 Cancelled);
    EXPECT_GE(reports, 1);
}

TEST(Develop, ReportsATrueShare) {
    const Raster picture = test_picture({200, 300}, {SampleType::u8, 3});
    std::vector<double> shares;
    develop(
        picture, {}, {{Operation::sharpen, 50}}, 1,
        [&](const Progress& progress) {
            EXPECT_EQ(progress.stage, Stage::generating);
            shares.push_back(progress.fraction.value());
        },
        {}, 10);
    ASSERT_FALSE(shares.empty());
    EXPECT_TRUE(std::ranges::is_sorted(shares));
    EXPECT_GT(shares.front(), 0);
    EXPECT_LE(shares.back(), 1);
}

} // namespace
} // namespace kontext::darkroom
