#include "core/fidelity/layer_color.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>
#include <lcms2.h>

namespace kontext {

namespace {

std::vector<std::byte> make_profile(const cmsCIExyYTRIPLE& primaries, double gamma) {
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    std::array<double, 5> srgb{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve* curve =
        gamma > 0 ? cmsBuildGamma(nullptr, gamma) : cmsBuildParametricToneCurve(nullptr, 4, srgb.data());
    const std::array curves{curve, curve, curve};
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves.data());
    cmsUInt32Number size = 0;
    cmsSaveProfileToMem(profile, nullptr, &size);
    std::vector<std::byte> bytes(size);
    cmsSaveProfileToMem(profile, bytes.data(), &size);
    cmsCloseProfile(profile);
    cmsFreeToneCurve(curve);
    return bytes;
}

constexpr cmsCIExyYTRIPLE rec709 = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
constexpr cmsCIExyYTRIPLE adobe = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};

// What becomes of an orange, channel by channel.
std::array<float, 4> orange_in(const std::vector<std::byte>& profile) {
    Image picture({1, 1}, {SampleType::f32, 3});
    auto* sample = picture.view().samples<float>(0);
    sample[0] = 0.9F;
    sample[1] = 0.5F;
    sample[2] = 0.1F;
    const Image work = LayerColor(color_encoding_from_icc(profile)).to_work(picture.view());
    const auto* value = work.view().samples<float>(0);
    return {value[0], value[1], value[2], 0};
}

TEST(LayerColor, LeavesColoursAloneUnderAProfileThatIsSrgb) {
    EXPECT_EQ(orange_in(make_profile(rec709, 0)), (std::array<float, 4>{0.9F, 0.5F, 0.1F, 0}));
}

TEST(LayerColor, TakesColoursIntoEveryOtherProfile) {
    const std::array<float, 4> wide = orange_in(make_profile(adobe, 2.2));
    EXPECT_NEAR(wide[0], std::pow(0.7152 * 0.7874 + 0.2848 * 0.2140, 1 / 2.2), 0.005); // of the light
    EXPECT_NEAR(wide[1], std::pow(0.2140, 1 / 2.2), 0.005);
    EXPECT_NEAR(wide[2], std::pow(0.0412 * 0.2140 + 0.9588 * 0.0100, 1 / 2.2), 0.005);
    const std::array<float, 4> steep = orange_in(make_profile(rec709, 1.8));
    EXPECT_NEAR(steep[1], std::pow(0.2140, 1 / 1.8), 0.005);
}

} // namespace

} // namespace kontext
