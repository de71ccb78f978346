#include "core/framing/to_srgb.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include <lcms2.h>

namespace kontext {

namespace {

struct CloseProfile {
    void operator()(void* profile) const noexcept { cmsCloseProfile(profile); }
};
struct DeleteTransform {
    void operator()(void* transform) const noexcept { cmsDeleteTransform(transform); }
};
struct DeleteContext {
    void operator()(cmsContext context) const noexcept { cmsDeleteContext(context); }
};
using ProfileHandle = std::unique_ptr<void, CloseProfile>;
using TransformHandle = std::unique_ptr<void, DeleteTransform>;
using ContextHandle = std::unique_ptr<std::remove_pointer_t<cmsContext>, DeleteContext>;

} // namespace

// Transforms without a cache may be used by several threads at once.
struct ToSrgb::Profile {
    ContextHandle context;
    TransformHandle transform;
};

ToSrgb::ToSrgb(const ColorEncoding& color, int channels) : transfer_(color.transfer), channels_(channels) {
    if (icc_color_space(color.icc_profile) != (channels == 1 ? "GRAY" : "RGB ")) {
        return;
    }
    Profile profile;
    profile.context.reset(cmsCreateContext(nullptr, nullptr)); // its own, which says nothing of errors
    const ProfileHandle source(
        cmsOpenProfileFromMemTHR(profile.context.get(), color.icc_profile.data(),
                                 static_cast<cmsUInt32Number>(color.icc_profile.size())));
    const ProfileHandle srgb(cmsCreate_sRGBProfileTHR(profile.context.get()));
    if (!source || !srgb) {
        return;
    }
    profile.transform.reset(cmsCreateTransformTHR(
        profile.context.get(), source.get(), channels == 1 ? TYPE_GRAY_FLT : TYPE_RGB_FLT, srgb.get(),
        TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE | cmsFLAGS_BLACKPOINTCOMPENSATION));
    if (profile.transform) {
        profile_ = std::make_unique<const Profile>(std::move(profile));
    }
}

ToSrgb::~ToSrgb() = default;

void ToSrgb::convert(const float* from, std::uint8_t* to, int count) const {
    if (profile_) {
        cmsDoTransform(profile_->transform.get(), from, to, static_cast<cmsUInt32Number>(count));
        return;
    }
    const auto encode = [this](float value) {
        const float encoded = transfer_.is_srgb() ? value : linear_to_srgb(transfer_.to_linear(value));
        return static_cast<std::uint8_t>(encoded > 0 ? std::min(encoded, 1.0F) * 255 + 0.5F : 0.0F);
    };
    for (int i = 0; i < count; ++i) {
        for (int c = 0; c < 3; ++c) {
            to[3 * i + c] = encode(from[channels_ == 1 ? i : 3 * i + c]);
        }
    }
}

} // namespace kontext
