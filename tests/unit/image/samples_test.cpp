#include "core/image/samples.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace kontext {

namespace {

template <typename Sample>
Image make_row(const std::vector<Sample>& samples, PixelFormat format) {
    Image image({static_cast<int>(samples.size()) / format.channels, 1}, format);
    std::copy(samples.begin(), samples.end(), image.view().samples<Sample>(0));
    return image;
}

template <typename Sample>
std::vector<Sample> convert_row(const Image& from, SampleType to) {
    Image image(from.size(), {to, from.format().channels});
    convert_samples(from.view(), image.view());
    const auto* samples = image.view().samples<Sample>(0);
    return {samples, samples + from.size().width * from.format().channels};
}

template <typename Sample>
std::vector<Sample> every_value() {
    std::vector<Sample> values(std::size_t{std::numeric_limits<Sample>::max()} + 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<Sample>(i);
    }
    return values;
}

} // namespace

TEST(ConvertSamples, BringsEveryIntegerBackThroughFloat) {
    const Image bytes = make_row(every_value<std::uint8_t>(), {SampleType::u8, 1});
    const Image floats = make_row(convert_row<float>(bytes, SampleType::f32), {SampleType::f32, 1});
    EXPECT_EQ(convert_row<std::uint8_t>(floats, SampleType::u8), every_value<std::uint8_t>());

    const Image words = make_row(every_value<std::uint16_t>(), {SampleType::u16, 1});
    const Image more = make_row(convert_row<float>(words, SampleType::f32), {SampleType::f32, 1});
    EXPECT_EQ(convert_row<std::uint16_t>(more, SampleType::u16), every_value<std::uint16_t>());
}

TEST(ConvertSamples, BringsEveryByteBackThrough16Bits) {
    const Image bytes = make_row(every_value<std::uint8_t>(), {SampleType::u8, 1});
    const Image words = make_row(convert_row<std::uint16_t>(bytes, SampleType::u16), {SampleType::u16, 1});
    EXPECT_EQ(convert_row<std::uint8_t>(words, SampleType::u8), every_value<std::uint8_t>());
    EXPECT_EQ(words.view().samples<std::uint16_t>(0)[255], 65535);
}

TEST(ConvertSamples, ClampsAndRoundsToIntegers) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    const Image floats =
        make_row<float>({-1, 0, 0.5F / 255 + 1e-6F, 1, 2, nan, infinity, -infinity}, {SampleType::f32, 1});
    EXPECT_EQ(convert_row<std::uint8_t>(floats, SampleType::u8),
              (std::vector<std::uint8_t>{0, 0, 1, 255, 255, 0, 255, 0}));
}

TEST(Composite, TakesBothEndsBitForBit) {
    const float tiny = std::numeric_limits<float>::denorm_min();
    const Image original = make_row<float>({-3, tiny, 5}, {SampleType::f32, 1});
    const Image edited = make_row<float>({7, 8, 1e30F}, {SampleType::f32, 1});
    const Image mask = make_row<std::uint8_t>({0, 0, 255}, {SampleType::u8, 1});
    Image result({3, 1}, original.format());
    composite(original.view(), edited.view(), mask.view(), result.view());
    EXPECT_EQ(result.view().samples<float>(0)[0], -3);
    EXPECT_EQ(result.view().samples<float>(0)[1], tiny);
    EXPECT_EQ(result.view().samples<float>(0)[2], 1e30F);
}

TEST(Composite, BlendsInBetween) {
    const Image original = make_row<std::uint8_t>({0, 100, 200}, {SampleType::u8, 3});
    const Image edited = make_row<std::uint8_t>({100, 200, 0}, {SampleType::u8, 3});
    const Image mask = make_row<std::uint16_t>({32768}, {SampleType::u16, 1});
    Image result({1, 1}, original.format());
    composite(original.view(), edited.view(), mask.view(), result.view());
    const auto* samples = result.view().samples<std::uint8_t>(0);
    EXPECT_EQ(samples[0], 50);
    EXPECT_EQ(samples[1], 150);
    EXPECT_EQ(samples[2], 100);
}

TEST(Composite, LetsNoColourBleedOutOfTransparentPixels) {
    const Image original = make_row<float>({1, 0, 0, 1}, {SampleType::f32, 4});
    const Image edited = make_row<float>({0, 1, 0, 0}, {SampleType::f32, 4}); // green, but wholly transparent
    const Image mask = make_row<float>({0.5F}, {SampleType::f32, 1});
    Image result({1, 1}, original.format());
    composite(original.view(), edited.view(), mask.view(), result.view());
    const auto* samples = result.view().samples<float>(0);
    EXPECT_FLOAT_EQ(samples[0], 1);
    EXPECT_FLOAT_EQ(samples[1], 0);
    EXPECT_FLOAT_EQ(samples[3], 0.5F);
}

TEST(Composite, MayWriteOverItsInput) {
    const Image original = make_row<std::uint8_t>({10, 0, 20, 128}, {SampleType::u8, 2});
    Image edited = make_row<std::uint8_t>({30, 255, 40, 128}, {SampleType::u8, 2});
    const Image mask = make_row<std::uint8_t>({0, 128}, {SampleType::u8, 1});
    composite(original.view(), edited.view(), mask.view(), edited.view());
    const auto* samples = edited.view().samples<std::uint8_t>(0);
    EXPECT_EQ(samples[0], 10);
    EXPECT_EQ(samples[1], 0);
    EXPECT_EQ(samples[2], 30);
    EXPECT_EQ(samples[3], 128);
}

TEST(CountEqual, CountsSamplesAndPixels) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Image one = make_row<float>({1, nan, 3, 4}, {SampleType::f32, 2});
    const Image other = make_row<float>({1, nan, 3, 5}, {SampleType::f32, 2});
    const EqualCounts equal = count_equal(one.view(), other.view());
    EXPECT_EQ(equal.samples, 3);
    EXPECT_EQ(equal.pixels, 1);
}

} // namespace kontext
