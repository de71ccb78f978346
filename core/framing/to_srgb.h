#pragma once

#include "core/image/color.h"
#include "core/image/image.h"

#include <cstdint>
#include <memory>

namespace kontext {

// Converts colours of a picture to 8-bit sRGB. Immutable: any thread may use it.
class ToSrgb {
public:
    // `channels`: 1 grey or 3 RGB. A profile that does not belong to such pictures, or is broken, is passed
    // over: then the encoding's own tone curve counts.
    ToSrgb(const ColorEncoding& color, int channels);
    ~ToSrgb();

    // `count` pixels of unbounded floats to 3 samples each. Values that are no numbers are black.
    void convert(const float* from, std::uint8_t* to, int count) const;

private:
    struct Profile;
    std::unique_ptr<const Profile> profile_; // null: the tone curve counts
    Transfer transfer_;
    int channels_;
};

} // namespace kontext
