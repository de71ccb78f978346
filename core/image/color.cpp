#include "core/image/color.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <lcms2.h>
#include <lcms2_plugin.h>

namespace kontext {

namespace {

constexpr float srgb_slope = 12.92F;
constexpr float srgb_knee_encoded = 0.04045F;
// The standard prints 0.0031308, which leaves a gap to the knee above that would cost the round trip.
constexpr float srgb_knee_linear = srgb_knee_encoded / srgb_slope;

} // namespace

float srgb_to_linear(float encoded) {
    const float magnitude = std::fabs(encoded);
    if (magnitude <= srgb_knee_encoded) {
        return encoded / srgb_slope;
    }
    return std::copysign(std::pow((magnitude + 0.055F) / 1.055F, 2.4F), encoded);
}

float linear_to_srgb(float linear) {
    const float magnitude = std::fabs(linear);
    if (magnitude <= srgb_knee_linear) {
        return linear * srgb_slope;
    }
    return std::copysign(1.055F * std::pow(magnitude, 1 / 2.4F) - 0.055F, linear);
}

// Samples of a strictly increasing curve from (0, 0) to (1, 1), and where to start looking for the inverse.
struct Transfer::Table {
    explicit Table(const std::vector<float>& to_linear);

    double position_of(float linear) const;

    std::vector<float> samples;
    std::vector<std::uint32_t> starts; // by the root of the linear value: a sample at or before it
    float slope_at_white = 1;          // also the exponent with which the curve goes on above white
};

namespace {

struct Knot {
    double at = 0;
    float value = 0;
};

// The places through which the curve goes without standing still: coarse curves of 8 or 16 bits have steps,
// and a step has no inverse. The middle of each step is taken.
std::vector<Knot> find_knots(const std::vector<float>& samples) {
    constexpr float darkest = 1e-12F; // less is black, or a step between samples would vanish
    const float white = *std::ranges::max_element(samples);
    std::vector<Knot> knots{{0, 0}};
    const std::size_t last = samples.size() - 1;
    for (std::size_t i = 0; i <= last;) {
        std::size_t end = i;
        while (end < last && samples[end + 1] <= samples[i]) {
            ++end;
        }
        const float value = samples[i] / white;
        if (i > 0 && end < last && value > std::max(darkest, knots.back().value) && value < 1) {
            knots.push_back({static_cast<double>(i + end) / 2, value});
        }
        i = end + 1;
    }
    knots.push_back({static_cast<double>(last), 1});
    return knots;
}

std::vector<float> sample_knots(const std::vector<Knot>& knots, std::size_t count) {
    std::vector<float> samples(count);
    auto knot = knots.begin();
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = static_cast<double>(i);
        while (std::next(knot)->at < at) {
            ++knot;
        }
        const Knot& right = *std::next(knot);
        const double share = (at - knot->at) / (right.at - knot->at);
        samples[i] =
            static_cast<float>(knot->value + share * (static_cast<double>(right.value) - knot->value));
    }
    return samples;
}

constexpr std::size_t start_count = 4096;

std::size_t start_index(float linear) {
    return static_cast<std::size_t>(std::sqrt(linear) * static_cast<float>(start_count - 1));
}

} // namespace

Transfer::Table::Table(const std::vector<float>& to_linear)
    : samples(sample_knots(find_knots(to_linear), to_linear.size())), starts(start_count) {
    const std::size_t last = samples.size() - 1;
    const std::size_t before = last - std::max<std::size_t>(1, last / 64); // a stretch, not one noisy step
    const float slope = (1 - samples[before]) * static_cast<float>(last) / static_cast<float>(last - before);
    slope_at_white = std::clamp(slope, 0.25F, 8.0F);
    std::size_t position = 0;
    for (std::size_t i = 0; i < start_count; ++i) {
        const float root = static_cast<float>(i) / static_cast<float>(start_count - 1);
        while (position + 1 < last && samples[position + 1] < root * root * 0.9999F) {
            ++position;
        }
        starts[i] = static_cast<std::uint32_t>(position);
    }
}

double Transfer::Table::position_of(float linear) const {
    std::size_t i = starts[start_index(linear)];
    while (i + 2 < samples.size() && samples[i + 1] < linear) {
        ++i;
    }
    const double low = samples[i];
    return static_cast<double>(i) + (linear - low) / (samples[i + 1] - low);
}

Transfer Transfer::linear() {
    Transfer transfer;
    transfer.kind_ = Kind::linear;
    return transfer;
}

Transfer Transfer::gamma(double exponent) {
    Transfer transfer;
    transfer.kind_ = Kind::gamma;
    transfer.exponent_ = static_cast<float>(exponent);
    return transfer;
}

Transfer Transfer::table(const std::vector<float>& to_linear) {
    Transfer transfer;
    transfer.kind_ = Kind::table;
    transfer.table_ = std::make_shared<const Table>(to_linear);
    return transfer;
}

std::optional<float> Transfer::exponent() const {
    switch (kind_) {
    case Kind::linear:
    case Kind::gamma: return exponent_;
    case Kind::srgb:
    case Kind::table: return std::nullopt;
    }
    return std::nullopt;
}

float Transfer::to_linear(float encoded) const {
    switch (kind_) {
    case Kind::srgb: return srgb_to_linear(encoded);
    case Kind::linear: return encoded;
    case Kind::gamma: return std::copysign(std::pow(std::fabs(encoded), exponent_), encoded);
    case Kind::table: break;
    }
    const float magnitude = std::fabs(encoded);
    if (!(magnitude < 1)) {
        return std::copysign(std::pow(magnitude, table_->slope_at_white), encoded);
    }
    const double at = static_cast<double>(magnitude) * static_cast<double>(table_->samples.size() - 1);
    const auto i = static_cast<std::size_t>(at);
    const double low = table_->samples[i];
    const double value = low + (at - static_cast<double>(i)) * (table_->samples[i + 1] - low);
    return std::copysign(static_cast<float>(value), encoded);
}

float Transfer::from_linear(float linear) const {
    switch (kind_) {
    case Kind::srgb: return linear_to_srgb(linear);
    case Kind::linear: return linear;
    case Kind::gamma: return std::copysign(std::pow(std::fabs(linear), 1 / exponent_), linear);
    case Kind::table: break;
    }
    const float magnitude = std::fabs(linear);
    if (!(magnitude < 1)) {
        return std::copysign(std::pow(magnitude, 1 / table_->slope_at_white), linear);
    }
    const double share = table_->position_of(magnitude) / static_cast<double>(table_->samples.size() - 1);
    return std::copysign(static_cast<float>(share), linear);
}

namespace {

using Profile = std::unique_ptr<void, decltype([](void* profile) { cmsCloseProfile(profile); })>;

constexpr int curve_samples = 4096;

// Whether a curve is one that has a name, within what 16-bit tables and rounded parameters do to it.
bool follows(const std::vector<float>& curve, const std::function<float(float)>& named) {
    constexpr float tolerance = 5e-4F;
    for (std::size_t i = 0; i < curve.size(); ++i) {
        const float encoded = static_cast<float>(i) / static_cast<float>(curve.size() - 1);
        if (std::fabs(curve[i] - named(encoded)) > tolerance) {
            return false;
        }
    }
    return true;
}

Transfer recognise(const std::vector<float>& curve) {
    if (follows(curve, srgb_to_linear)) {
        return {};
    }
    if (follows(curve, [](float encoded) { return encoded; })) {
        return Transfer::linear();
    }
    const std::size_t half = curve.size() / 2;
    const double exponent = std::log(static_cast<double>(curve[half])) /
                            std::log(static_cast<double>(half) / static_cast<double>(curve.size() - 1));
    if (exponent > 0.1 && exponent < 10) {
        const Transfer gamma = Transfer::gamma(exponent);
        if (follows(curve, [&](float encoded) { return gamma.to_linear(encoded); })) {
            return gamma;
        }
    }
    return Transfer::table(curve);
}

// Curves that are all but flat somewhere lose more in a float than an edit may.
bool can_be_turned_round(const Transfer& transfer) {
    constexpr float tolerance = 1e-5F;
    for (int i = 0; i < curve_samples; ++i) {
        const float encoded = (static_cast<float>(i) + 0.5F) / static_cast<float>(curve_samples);
        if (!(std::fabs(transfer.from_linear(transfer.to_linear(encoded)) - encoded) <= tolerance)) {
            return false;
        }
    }
    return true;
}

std::optional<Transfer> read_transfer(cmsHPROFILE profile, cmsTagSignature tag) {
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, tag));
    if (curve == nullptr) {
        return std::nullopt;
    }
    std::vector<float> samples(curve_samples);
    for (int i = 0; i < curve_samples; ++i) {
        const float encoded = static_cast<float>(i) / static_cast<float>(curve_samples - 1);
        samples[static_cast<std::size_t>(i)] = cmsEvalToneCurveFloat(curve, encoded);
    }
    const bool finite = std::ranges::all_of(samples, [](float value) { return std::isfinite(value); });
    const float white = samples.back();
    // A curve that falls, stays dark or has its white inside cannot be turned round.
    if (!finite || white < 0.5F || white > 2 || samples.front() > 0.25F * white ||
        *std::ranges::max_element(samples) > white) {
        return std::nullopt;
    }
    for (float& value : samples) {
        value = std::max(0.0F, value / white);
    }
    Transfer transfer = recognise(samples);
    return can_be_turned_round(transfer) ? std::optional(std::move(transfer)) : std::nullopt;
}

// The white that the colours were adapted from: profiles hold them as seen under D50.
std::optional<cmsCIEXYZ> read_white(cmsHPROFILE profile) {
    // The library hands out shorter arrays than the nine numbers it promises when the profile has shorter
    // ones.
    constexpr cmsUInt32Number whole_tag = 8 + 9 * 4;
    const bool adapted = cmsReadRawTag(profile, cmsSigChromaticAdaptationTag, nullptr, 0) >= whole_tag;
    if (const auto* rows = static_cast<const cmsCIEXYZ*>(
            adapted ? cmsReadTag(profile, cmsSigChromaticAdaptationTag) : nullptr)) {
        cmsMAT3 adaptation;
        cmsMAT3 back;
        for (int i = 0; i < 3; ++i) {
            _cmsVEC3init(&adaptation.v[i], rows[i].X, rows[i].Y, rows[i].Z);
        }
        const cmsCIEXYZ* d50 = cmsD50_XYZ();
        cmsVEC3 source;
        cmsVEC3 white;
        _cmsVEC3init(&source, d50->X, d50->Y, d50->Z);
        if (_cmsMAT3inverse(&adaptation, &back) == 0) {
            return std::nullopt;
        }
        _cmsMAT3eval(&white, &back, &source);
        return cmsCIEXYZ{white.n[0], white.n[1], white.n[2]};
    }
    if (const auto* white = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, cmsSigMediaWhitePointTag))) {
        return *white;
    }
    return std::nullopt;
}

std::optional<std::array<float, 3>> read_luminance(cmsHPROFILE profile) {
    const std::optional<cmsCIEXYZ> white = read_white(profile);
    std::array<double, 3> luminance{};
    double sum = 0;
    constexpr std::array tags{cmsSigRedColorantTag, cmsSigGreenColorantTag, cmsSigBlueColorantTag};
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const auto* primary = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, tags[i]));
        if (primary == nullptr) {
            return std::nullopt;
        }
        cmsCIEXYZ unadapted = *primary;
        if (white && white->X > 0 && white->Y > 0 && white->Z > 0) {
            cmsAdaptToIlluminant(&unadapted, cmsD50_XYZ(), &*white, primary);
        }
        luminance[i] = unadapted.Y;
        sum += unadapted.Y;
    }
    std::array<float, 3> shares{};
    for (std::size_t i = 0; i < shares.size(); ++i) {
        shares[i] = static_cast<float>(luminance[i] / sum);
        if (!std::isfinite(shares[i]) || std::fabs(shares[i]) > 2) {
            return std::nullopt;
        }
    }
    return shares;
}

} // namespace

ColorEncoding color_encoding_from_icc(std::span<const std::byte> icc_profile) {
    ColorEncoding color;
    color.icc_profile.assign(icc_profile.begin(), icc_profile.end());
    const Profile profile(
        cmsOpenProfileFromMem(icc_profile.data(), static_cast<cmsUInt32Number>(icc_profile.size())));
    if (!profile) {
        return color;
    }
    // Not by cmsGetColorSpace: what it returns need not be a value of its type.
    const std::string_view space = icc_color_space(icc_profile);
    if (space == "RGB ") {
        // One curve stands for all three: working spaces have equal ones, and green weighs most elsewhere.
        color.transfer = read_transfer(profile.get(), cmsSigGreenTRCTag).value_or(Transfer());
        color.luminance = read_luminance(profile.get()).value_or(color.luminance);
    } else if (space == "GRAY") {
        color.transfer = read_transfer(profile.get(), cmsSigGrayTRCTag).value_or(Transfer());
    }
    return color;
}

std::string_view icc_color_space(std::span<const std::byte> icc_profile) {
    constexpr std::size_t header_bytes = 128;
    constexpr std::size_t color_space_at = 16;
    if (icc_profile.size() < header_bytes) {
        return {};
    }
    return {reinterpret_cast<const char*>(icc_profile.data()) + color_space_at, 4};
}

std::vector<std::byte> make_srgb_profile() {
    const Profile profile(cmsCreate_sRGBProfile());
    cmsUInt32Number size = 0;
    if (!profile || cmsSaveProfileToMem(profile.get(), nullptr, &size) == 0) {
        throw Error(ErrorCode::internal, "An sRGB profile could not be made.");
    }
    std::vector<std::byte> bytes(size);
    if (cmsSaveProfileToMem(profile.get(), bytes.data(), &size) == 0) {
        throw Error(ErrorCode::internal, "An sRGB profile could not be made.");
    }
    return bytes;
}

} // namespace kontext
