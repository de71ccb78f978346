#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace kontext {

enum class SampleType { u8, u16, f32 };

constexpr int bytes_per_sample(SampleType type) {
    switch (type) {
    case SampleType::u8: return 1;
    case SampleType::u16: return 2;
    case SampleType::f32: return 4;
    }
    return 0;
}

// Interleaved samples: 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. Alpha is straight, never premultiplied.
// Integers use their whole range for 0..1; floats are unbounded, 1 is white.
struct PixelFormat {
    SampleType sample = SampleType::u8;
    int channels = 3;

    constexpr bool has_alpha() const { return channels % 2 == 0; }
    constexpr int color_channels() const { return channels >= 3 ? 3 : 1; }
    constexpr int bytes_per_pixel() const { return bytes_per_sample(sample) * channels; }
    bool operator==(const PixelFormat&) const = default;
};

struct Size {
    int width = 0;
    int height = 0;

    constexpr std::int64_t pixels() const { return std::int64_t{width} * height; }
    bool operator==(const Size&) const = default;
};

// Rows of pixels that somebody else owns. `stride` is in bytes, from row to row.
struct ImageView {
    const std::byte* data = nullptr;
    Size size;
    PixelFormat format;
    std::ptrdiff_t stride = 0;

    const std::byte* row(int y) const { return data + y * stride; }
    template <typename Sample>
    const Sample* samples(int y) const {
        return reinterpret_cast<const Sample*>(row(y));
    }
};

struct MutableImageView {
    std::byte* data = nullptr;
    Size size;
    PixelFormat format;
    std::ptrdiff_t stride = 0;

    std::byte* row(int y) const { return data + y * stride; }
    template <typename Sample>
    Sample* samples(int y) const {
        return reinterpret_cast<Sample*>(row(y));
    }
    operator ImageView() const {
        return {data, size, format, stride};
    } // a span turns into a view, as everywhere
};

// A view's rows [y, y + count).
ImageView rows_of(const ImageView& view, int y, int count);
MutableImageView rows_of(const MutableImageView& view, int y, int count);

// Owns pixels in memory, rows packed without gaps; move-only, zero-filled.
// For whole layers use Raster, which does not have to fit into memory.
class Image {
public:
    Image() = default;
    // Throws Error(out_of_space) when there is no memory for it. Sides must be >= 0.
    Image(Size size, PixelFormat format);

    Size size() const { return size_; }
    PixelFormat format() const { return format_; }
    bool empty() const { return size_.pixels() == 0; }
    std::ptrdiff_t stride() const { return std::ptrdiff_t{size_.width} * format_.bytes_per_pixel(); }

    ImageView view() const { return {data_.get(), size_, format_, stride()}; }
    MutableImageView view() { return {data_.get(), size_, format_, stride()}; }

private:
    Size size_;
    PixelFormat format_;
    std::unique_ptr<std::byte[]> data_;
};

} // namespace kontext
