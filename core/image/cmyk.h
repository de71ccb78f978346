#pragma once

#include "core/image/image.h"

#include <cstddef>
#include <memory>
#include <span>

namespace kontext {

// Turns printing inks into sRGB: through their profile where it is one, else by the plain product of the
// inks.
class CmykToRgb {
public:
    // Adobe's JPEGs and some others hold the light that is left instead of the ink.
    enum class Ink { full_is_ink, full_is_paper };

    CmykToRgb(std::span<const std::byte> icc_profile, SampleType sample, Ink ink);

    // `cmyk` has 4 channels and `rgb` 3, both of this converter's sample type: u8 or u16.
    void convert(const ImageView& cmyk, const MutableImageView& rgb) const;

private:
    SampleType sample_;
    Ink ink_;
    std::shared_ptr<void> transform_;
};

} // namespace kontext
