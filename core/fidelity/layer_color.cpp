#include "core/fidelity/layer_color.h"

#include "core/fidelity/mat.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <lcms2.h>

namespace kontext {

namespace {

struct CloseProfile {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
struct DeleteTransform {
    void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
using ProfilePtr = std::unique_ptr<void, CloseProfile>;
using TransformPtr = std::unique_ptr<void, DeleteTransform>;

// Null where the profile cannot be used: the layer's transfer is all that is known then.
TransformPtr make_transform(const std::vector<std::byte>& icc) {
    if (icc.empty()) {
        return nullptr;
    }
    const ProfilePtr profile(cmsOpenProfileFromMem(icc.data(), static_cast<cmsUInt32Number>(icc.size())));
    if (!profile || cmsGetColorSpace(profile.get()) != cmsSigRgbData) {
        return nullptr;
    }
    const ProfilePtr srgb(cmsCreate_sRGBProfile());
    return TransformPtr(cmsCreateTransform(srgb.get(), TYPE_RGB_FLT, profile.get(), TYPE_RGB_FLT,
                                           INTENT_RELATIVE_COLORIMETRIC,
                                           cmsFLAGS_NOCACHE | cmsFLAGS_BLACKPOINTCOMPENSATION));
}

// Whether a transform leaves colours as they are, as from sRGB to the sRGB profile that most photos carry: in
// float it takes long.
bool changes_nothing(cmsHTRANSFORM transform) {
    constexpr int steps = 16;
    constexpr float tolerance = 0.001F; // a quarter of a step of the 8 bits that replies have
    std::vector<float> colors;
    for (int i = 0; i <= steps; ++i) {
        for (int j = 0; j <= steps; ++j) {
            for (int k = 0; k <= steps; ++k) {
                for (const int step : {i, j, k}) {
                    colors.push_back(static_cast<float>(step) / steps);
                }
            }
        }
    }
    std::vector<float> results(colors.size());
    cmsDoTransform(transform, colors.data(), results.data(), static_cast<cmsUInt32Number>(colors.size() / 3));
    return std::ranges::equal(colors, results,
                              [](float one, float other) { return std::abs(one - other) <= tolerance; });
}

float signed_root(float value) {
    return std::copysign(std::sqrt(std::abs(value)), value);
}

} // namespace

LayerColor::LayerColor(const ColorEncoding& encoding)
    : encoding_(encoding), roots_(encoding.transfer.is_linear()) {}

Image LayerColor::to_work(const ImageView& srgb) const {
    Image work(srgb.size, {SampleType::f32, 4});
    const TransformPtr transform = make_transform(encoding_.icc_profile);
    const bool transforms = transform && !changes_nothing(transform.get());
    const Transfer& transfer = encoding_.transfer;
    const bool converts = !transform && !transfer.is_srgb();
    const int width = srgb.size.width;
    for_each_band(srgb.size.height, [&](int first, int last) {
        std::vector<float> converted(static_cast<std::size_t>(3 * width));
        for (int y = first; y < last; ++y) {
            const auto* from = srgb.samples<float>(y);
            if (transforms) { // made without a cache, so that any thread may use it
                cmsDoTransform(transform.get(), from, converted.data(), static_cast<cmsUInt32Number>(width));
                from = converted.data();
            }
            auto* to = work.view().samples<float>(y);
            for (int x = 0; x < width; ++x, from += 3, to += 4) {
                for (int c = 0; c < 3; ++c) {
                    const float value = converts ? transfer.from_linear(srgb_to_linear(from[c])) : from[c];
                    to[c] = roots_ ? signed_root(value) : value;
                }
            }
        }
    });
    return work;
}

} // namespace kontext
