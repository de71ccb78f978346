#include "core/image/cmyk.h"

#include "core/image/color.h"

#include <cassert>
#include <limits>

#include <lcms2.h>

namespace kontext {

namespace {

using Profile = std::unique_ptr<void, decltype([](void* profile) { cmsCloseProfile(profile); })>;

cmsUInt32Number lcms_format(SampleType sample, CmykToRgb::Ink ink) {
    const bool inverted = ink == CmykToRgb::Ink::full_is_paper;
    if (sample == SampleType::u16) {
        return inverted ? TYPE_CMYK_16_REV : TYPE_CMYK_16;
    }
    return inverted ? TYPE_CMYK_8_REV : TYPE_CMYK_8;
}

template <typename Sample>
void multiply_row(const Sample* cmyk, int width, CmykToRgb::Ink ink, Sample* rgb) {
    constexpr std::uint32_t top = std::numeric_limits<Sample>::max();
    const std::uint32_t flip = ink == CmykToRgb::Ink::full_is_ink ? top : 0;
    for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
        for (int channel = 0; channel < 3; ++channel) {
            const std::uint32_t light = cmyk[channel] ^ flip;
            const std::uint32_t black = cmyk[3] ^ flip;
            rgb[channel] = static_cast<Sample>((light * black + top / 2) / top);
        }
    }
}

} // namespace

CmykToRgb::CmykToRgb(std::span<const std::byte> icc_profile, SampleType sample, Ink ink)
    : sample_(sample), ink_(ink) {
    assert(sample != SampleType::f32);
    const Profile inks(
        cmsOpenProfileFromMem(icc_profile.data(), static_cast<cmsUInt32Number>(icc_profile.size())));
    if (!inks || icc_color_space(icc_profile) != "CMYK") {
        return;
    }
    const Profile srgb(cmsCreate_sRGBProfile());
    transform_.reset(cmsCreateTransform(inks.get(), lcms_format(sample, ink), srgb.get(),
                                        sample == SampleType::u16 ? TYPE_RGB_16 : TYPE_RGB_8,
                                        INTENT_RELATIVE_COLORIMETRIC,
                                        cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE),
                     [](void* transform) {
                         if (transform != nullptr) {
                             cmsDeleteTransform(transform);
                         }
                     });
}

void CmykToRgb::convert(const ImageView& cmyk, const MutableImageView& rgb) const {
    assert(cmyk.size == rgb.size && cmyk.format == (PixelFormat{sample_, 4}) &&
           rgb.format == (PixelFormat{sample_, 3}));
    for (int y = 0; y < cmyk.size.height; ++y) {
        if (transform_) {
            cmsDoTransform(transform_.get(), cmyk.row(y), rgb.row(y),
                           static_cast<cmsUInt32Number>(cmyk.size.width));
        } else if (sample_ == SampleType::u16) {
            multiply_row(cmyk.samples<std::uint16_t>(y), cmyk.size.width, ink_,
                         rgb.samples<std::uint16_t>(y));
        } else {
            multiply_row(cmyk.samples<std::uint8_t>(y), cmyk.size.width, ink_, rgb.samples<std::uint8_t>(y));
        }
    }
}

} // namespace kontext
