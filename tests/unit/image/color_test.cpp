#include "core/image/color.h"
#include "tests/support/picture_files.h"

#include <cmath>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace kontext {

namespace {

std::vector<float> make_table(std::size_t count, double exponent, double levels = 0) {
    std::vector<float> table(count);
    for (std::size_t i = 0; i < count; ++i) {
        double value = std::pow(static_cast<double>(i) / static_cast<double>(count - 1), exponent);
        if (levels > 0) {
            value = std::round(value * levels) / levels;
        }
        table[i] = static_cast<float>(value);
    }
    return table;
}

// Steps in 8 bits, flat at both ends, and going back a little: as bad as curves come.
std::vector<float> make_bad_table() {
    std::vector<float> table = make_table(300, 1.9, 255);
    std::fill_n(table.begin(), 12, 0.0F);
    std::fill(table.end() - 5, table.end(), 1.0F);
    table[150] = table[140];
    return table;
}

struct NamedTransfer {
    const char* name;
    Transfer transfer;
};

std::vector<NamedTransfer> make_transfers() {
    return {{"sRGB", Transfer()},
            {"linear", Transfer::linear()},
            {"gamma 1.8", Transfer::gamma(1.8)},
            {"gamma 2.6", Transfer::gamma(2.6)},
            {"table of 2", Transfer::table({0, 1})},
            {"table of 4096", Transfer::table(make_table(4096, 2.4))},
            {"16-bit table", Transfer::table(make_table(1024, 2.2, 65535))},
            {"bad table", Transfer::table(make_bad_table())}};
}

} // namespace

TEST(Transfer, ComesBackFromLinearLightWithinAMillionth) {
    for (const auto& [name, transfer] : make_transfers()) {
        for (int i = -3000; i <= 3000; ++i) {
            const float encoded = static_cast<float>(i) / 1500;
            const float back = transfer.from_linear(transfer.to_linear(encoded));
            EXPECT_NEAR(back, encoded, std::fabs(encoded) * 1e-6) << name;
        }
    }
}

TEST(Transfer, RisesFromBelowBlackToAboveWhite) {
    for (const auto& [name, transfer] : make_transfers()) {
        float before = transfer.to_linear(-2);
        for (int i = -1999; i <= 2000; ++i) {
            const float linear = transfer.to_linear(static_cast<float>(i) / 1000);
            EXPECT_GT(linear, before) << name << " at " << i;
            before = linear;
        }
    }
}

TEST(Transfer, IsOddAndKeepsBlackAndWhite) {
    for (const auto& [name, transfer] : make_transfers()) {
        EXPECT_EQ(transfer.to_linear(0), 0) << name;
        EXPECT_NEAR(transfer.to_linear(1), 1, 1e-6) << name;
        EXPECT_EQ(transfer.to_linear(-0.3F), -transfer.to_linear(0.3F)) << name;
        EXPECT_EQ(transfer.from_linear(-0.3F), -transfer.from_linear(0.3F)) << name;
    }
}

TEST(Transfer, FollowsTheStandardsNumbers) {
    EXPECT_NEAR(srgb_to_linear(0.5F), 0.214041, 1e-6);
    EXPECT_NEAR(srgb_to_linear(0.02F), 0.02 / 12.92, 1e-8);
    EXPECT_NEAR(linear_to_srgb(0.18F), 0.461356, 1e-6);
    EXPECT_NEAR(srgb_to_linear(1.5F), std::pow((1.5 + 0.055) / 1.055, 2.4), 1e-5);
}

TEST(Transfer, FollowsItsTable) {
    const Transfer transfer = Transfer::table(make_table(4096, 2.4));
    for (int i = 1; i <= 100; ++i) {
        const float encoded = static_cast<float>(i) / 100;
        EXPECT_NEAR(transfer.to_linear(encoded), std::pow(encoded, 2.4), 1e-6);
    }
    EXPECT_NEAR(transfer.to_linear(1.2F), std::pow(1.2, 2.4), 0.02);
}

TEST(Transfer, LetsNotANumberBe) {
    for (const auto& [name, transfer] : make_transfers()) {
        EXPECT_TRUE(std::isnan(transfer.to_linear(NAN))) << name;
        EXPECT_TRUE(std::isnan(transfer.from_linear(NAN))) << name;
        EXPECT_TRUE(std::isinf(transfer.to_linear(INFINITY))) << name;
    }
}

TEST(ColorProfile, OfSrgbIsRecognised) {
    const std::vector<std::byte> profile = make_srgb_profile();
    const ColorEncoding color = color_encoding_from_icc(profile);
    EXPECT_TRUE(color.transfer.is_srgb());
    EXPECT_EQ(color.icc_profile, profile);
    EXPECT_NEAR(color.luminance[0], 0.2126, 5e-4);
    EXPECT_NEAR(color.luminance[1], 0.7152, 5e-4);
    EXPECT_NEAR(color.luminance[2], 0.0722, 5e-4);
}

TEST(ColorProfile, GivesExponentAndLuminanceOfAWideGamut) {
    const ColorEncoding color = color_encoding_from_icc(test::make_gamma_profile(2.19921875));
    EXPECT_NEAR(color.transfer.exponent().value_or(0), 2.19921875, 1e-3);
    EXPECT_NEAR(color.luminance[0], 0.2973, 1e-3); // Adobe RGB's
    EXPECT_NEAR(color.luminance[1], 0.6274, 1e-3);
    EXPECT_NEAR(std::accumulate(color.luminance.begin(), color.luminance.end(), 0.0F), 1, 1e-6);
}

TEST(ColorProfile, WithALinearCurveIsLinear) {
    EXPECT_TRUE(color_encoding_from_icc(test::make_gamma_profile(1)).transfer.is_linear());
    EXPECT_TRUE(color_encoding_from_icc(test::make_grey_profile(1)).transfer.is_linear());
}

TEST(ColorProfile, OfGreyHasItsCurve) {
    const ColorEncoding color = color_encoding_from_icc(test::make_grey_profile(1.8));
    EXPECT_NEAR(color.transfer.exponent().value_or(0), 1.8, 1e-3);
}

TEST(ColorProfile, ThatIsJunkIsKeptAndTakenForSrgb) {
    std::mt19937 random(7);
    std::vector<std::byte> junk(1000);
    for (std::byte& byte : junk) {
        byte = static_cast<std::byte>(random());
    }
    const ColorEncoding color = color_encoding_from_icc(junk);
    EXPECT_TRUE(color.transfer.is_srgb());
    EXPECT_EQ(color.icc_profile, junk);
    EXPECT_TRUE(color_encoding_from_icc({}).transfer.is_srgb());
}

TEST(ColorProfile, MayBeDamagedAnywhere) {
    const std::vector<std::byte> profile = test::make_gamma_profile(2.2);
    for (std::size_t at = 0; at < profile.size(); ++at) {
        std::vector<std::byte> damaged = profile;
        damaged[at] ^= std::byte{0xFF};
        const ColorEncoding color = color_encoding_from_icc(damaged);
        EXPECT_NEAR(color.transfer.from_linear(color.transfer.to_linear(0.7F)), 0.7F, 1e-5) << at;
        EXPECT_NEAR(std::accumulate(color.luminance.begin(), color.luminance.end(), 0.0F), 1, 1e-4) << at;
        color_encoding_from_icc(std::span(profile).first(at));
    }
}

} // namespace kontext
