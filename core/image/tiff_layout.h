#pragma once

// How a TIFF file holds its samples, and how they become ours. Inside the TIFF codec only; no libtiff here.

#include "core/image/cmyk.h"
#include "core/image/image.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace kontext {

struct TiffLayout {
    enum class Number { whole, real };
    enum class Colors { black_is_zero, white_is_zero, rgb, palette, inks };
    enum class Alpha { none, straight, premultiplied };

    Size size;
    int bits = 8;
    Number number = Number::whole;
    int samples = 1; // of a pixel in the file, those that we leave out included
    Colors colors = Colors::black_is_zero;
    Alpha alpha = Alpha::none; // the first sample after the colours
    bool separate_planes = false;
    std::vector<std::array<std::uint8_t, 3>> palette;

    int colors_in_file() const;
    // Of our picture.
    PixelFormat format() const;
    // Of a row in the file as libtiff hands it out: of all samples, or of one plane.
    std::int64_t bytes_per_row() const;
};

// Samples as the file has them, whole bytes each: few bits, halves and doubles are turned into what we have.
void widen_samples(const TiffLayout& layout, const std::byte* raw, int count, std::byte* samples);

// Turns rows of widened samples (layout.samples of them to a pixel, layout.format().sample each) into ours.
class TiffArranger {
public:
    TiffArranger(const TiffLayout& layout, std::span<const std::byte> icc_profile);
    void arrange(const std::byte* samples, const MutableImageView& row) const;

private:
    template <typename Sample>
    void arrange_row(const Sample* samples, Sample* row) const;
    void convert_inks(const std::byte* samples, const MutableImageView& row) const;

    const TiffLayout& layout_;
    std::unique_ptr<CmykToRgb> inks_;
};

} // namespace kontext
