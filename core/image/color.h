#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kontext {

// sRGB's transfer function (IEC 61966-2-1), extended beyond 0..1: odd around 0, the power law goes on
// above 1.
float srgb_to_linear(float encoded);
float linear_to_srgb(float linear);

// A tone curve: encoded sample value -> linear light, 1 being white in both, monotonous, and extended beyond
// 0..1 like sRGB's. Cheap to copy; immutable, so any thread may use it.
class Transfer {
public:
    Transfer() = default; // sRGB
    static Transfer linear();
    static Transfer gamma(double exponent);
    // Sampled at equal steps of the encoded value over 0..1, at least 2 samples. Black is moved to 0, white
    // to 1, and steps are evened out, so that the curve has an inverse.
    static Transfer table(const std::vector<float>& to_linear);

    float to_linear(float encoded) const;
    float from_linear(float linear) const;
    bool is_linear() const { return kind_ == Kind::linear; }
    bool is_srgb() const { return kind_ == Kind::srgb; }
    // Of a power law: 1 for linear light. None for sRGB and tables.
    std::optional<float> exponent() const;

private:
    enum class Kind { srgb, linear, gamma, table };
    Kind kind_ = Kind::srgb;
    float exponent_ = 1;
    struct Table;
    std::shared_ptr<const Table> table_;
};

// What the samples of a picture mean.
struct ColorEncoding {
    std::vector<std::byte> icc_profile; // as it came with the picture; empty: sRGB by convention
    Transfer transfer;
    std::array<float, 3> luminance{0.2126F, 0.7152F, 0.0722F}; // Y of the RGB primaries, sum 1
};

// Reads tone curve and primaries of an ICC profile (RGB or grey). Where the profile has no usable curve
// (a LUT profile, a broken one) sRGB's is taken; the bytes are kept in any case.
ColorEncoding color_encoding_from_icc(std::span<const std::byte> icc_profile);

// The four letters with which an ICC profile names its colours: "RGB ", "GRAY", "CMYK" …
// Empty for what is too short to be one.
std::string_view icc_color_space(std::span<const std::byte> icc_profile);

// An ICC profile for sRGB, for files that would be taken for something else without one.
std::vector<std::byte> make_srgb_profile();

} // namespace kontext
