#include "core/job/place_reply.h"

#include "core/framing/boxes.h"
#include "core/parallel.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <utility>

namespace kontext {

namespace {

constexpr std::int64_t band_bytes = std::int64_t{1} << 20;

void copy_rows(const ImageView& from, const MutableImageView& to) {
    const auto bytes =
        static_cast<std::size_t>(from.size.width) * static_cast<std::size_t>(from.format.bytes_per_pixel());
    for (int y = 0; y < from.size.height; ++y) {
        std::memcpy(to.row(y), from.row(y), bytes);
    }
}

// The grey that a model was shown where a picture grows, opaque, as one pixel of the layer.
Image make_neutral_pixel(PixelFormat format, const ColorEncoding& color) {
    Image pixel({1, 1}, {SampleType::f32, format.channels});
    std::fill_n(pixel.view().samples<float>(0), format.color_channels(),
                color.transfer.from_linear(srgb_to_linear(0.5F)));
    if (format.has_alpha()) {
        pixel.view().samples<float>(0)[format.color_channels()] = 1;
    }
    Image converted({1, 1}, format);
    convert_samples(pixel.view(), converted.view());
    return converted;
}

// A band of the layer, or of a mask; beyond it `outside`, or zero for an empty one.
Image read_band(const Raster& layer, const PixelBox& band, const Image& outside = {}) {
    Image pixels({band.width, band.height}, layer.format());
    const PixelBox whole = box_of(layer.size());
    const PixelBox inside = intersect(whole, band);
    if (inside != band && !outside.empty()) {
        const auto bytes = static_cast<std::size_t>(layer.format().bytes_per_pixel());
        for (std::int64_t i = 0; i < pixels.size().pixels(); ++i) {
            std::memcpy(pixels.view().data + static_cast<std::size_t>(i) * bytes, outside.view().data, bytes);
        }
    }
    if (is_empty(inside)) {
        return pixels;
    }
    if (inside.width == band.width && band.width == whole.width) {
        layer.read_rows(inside.y, rows_of(pixels.view(), inside.y - band.y, inside.height));
        return pixels;
    }
    Image row({whole.width, 1}, layer.format());
    for (int y = inside.y; y < inside.y + inside.height; ++y) {
        layer.read_rows(y, row.view());
        const PixelBox line{inside.x, y, inside.width, 1};
        copy_rows(part_of(ImageView(row.view()), {0, y, whole.width, 1}, line),
                  part_of(pixels.view(), band, line));
    }
    return pixels;
}

// What place_reply() works on, the same for all bands.
class Placer {
public:
    Placer(const Raster& layer, Image outside, const Placement& placement, const PixelBox& region,
           const Raster* selection, const Raster* protection, const PixelBox& output)
        : layer_(layer), outside_(std::move(outside)), placement_(placement), region_(region),
          selection_(selection), protection_(protection), output_(output) {}

    // Places one band of the output; returns how much of it is the layer's own.
    EqualCounts place(const PixelBox& band, Raster& picture, Raster& mask) const {
        const Image original = read_band(layer_, band, outside_);
        Image result = read_band(layer_, band, outside_);
        Image alpha({band.width, band.height}, {SampleType::u8, 1});
        const PixelBox shown = intersect(region_, band);
        const PixelBox whole = box_of(layer_.size());
        if (!is_empty(shown)) {
            place_region(band, shown, original.view(), result.view(), alpha.view(), mask.empty());
        }
        picture.write_rows(band.y - output_.y, result.view());
        if (!mask.empty()) {
            mask.write_rows(band.y - output_.y, alpha.view());
        }
        const PixelBox inside = intersect(whole, band);
        return is_empty(inside) ? EqualCounts{}
                                : count_equal(part_of(original.view(), band, inside),
                                              part_of(result.view(), band, inside));
    }

    // Fills one band of the region, which then is the output.
    void fill(const PixelBox& band, Raster& picture, Raster& mask) const {
        const Image original = read_band(layer_, band, outside_);
        const Image selection = selection_ ? read_band(*selection_, band) : Image();
        const Image protection = protection_ ? read_band(*protection_, band) : Image();
        Image result(original.size(), original.format());
        Image alpha(original.size(), mask.format());
        placement_.fill({.x = band.x,
                         .y = band.y,
                         .original = original.view(),
                         .selection = selection.view(),
                         .protection = protection.view()},
                        result.view(), alpha.view());
        const PixelBox whole = box_of(layer_.size());
        if (!contains(whole, band)) {
            show_beyond(band, intersect(whole, band), alpha.view());
        }
        picture.write_rows(band.y - output_.y, result.view());
        mask.write_rows(band.y - output_.y, alpha.view());
    }

private:
    void place_region(const PixelBox& band, const PixelBox& shown, const ImageView& original,
                      const MutableImageView& result, const MutableImageView& alpha,
                      bool only_picture) const {
        const Image selection = selection_ ? read_band(*selection_, shown) : Image();
        const Image protection = protection_ ? read_band(*protection_, shown) : Image();
        const Placement::Band piece{.x = shown.x,
                                    .y = shown.y,
                                    .original = part_of(original, band, shown),
                                    .selection = selection_ ? selection.view() : ImageView(),
                                    .protection = protection_ ? protection.view() : ImageView()};
        const MutableImageView target = part_of(result, band, shown);
        const PixelBox whole = box_of(layer_.size());
        const bool grows = !contains(whole, shown);
        if (grows || !only_picture) {
            placement_.fill(piece, target, part_of(alpha, band, shown));
        }
        if (!grows) {
            placement_.blend(piece, target);
            return;
        }
        // Where the picture grew there is nothing to blend with: the reply shows as it is.
        const PixelBox inside = intersect(whole, shown);
        Image blended(Size{shown.width, shown.height}, layer_.format());
        placement_.blend(piece, blended.view());
        if (!is_empty(inside)) {
            copy_rows(part_of(ImageView(blended.view()), shown, inside), part_of(target, shown, inside));
        }
        show_beyond(shown, inside, part_of(alpha, band, shown));
    }

    // Integers are full with all bits set.
    static void show_beyond(const PixelBox& shown, const PixelBox& inside, const MutableImageView& alpha) {
        const std::ptrdiff_t pixel = alpha.format.bytes_per_pixel();
        for (int y = 0; y < shown.height; ++y) {
            std::byte* row = alpha.row(y);
            const bool crosses = y + shown.y >= inside.y && y + shown.y < inside.y + inside.height;
            const int begin = crosses ? inside.x - shown.x : shown.width;
            const int end = crosses ? begin + inside.width : shown.width;
            std::fill(row, row + begin * pixel, std::byte{255});
            std::fill(row + end * pixel, row + shown.width * pixel, std::byte{255});
        }
    }

    const Raster& layer_;
    const Image outside_; // one pixel
    const Placement& placement_;
    const PixelBox region_;
    const Raster* selection_;
    const Raster* protection_;
    const PixelBox output_;
};

// Calls work(band) for a box's bands on all processors.
void for_each_band_of(const PixelBox& box, PixelFormat format, const std::stop_token& stop,
                      const std::function<void(const PixelBox&)>& work) {
    const int rows = rows_per_band({box.width, box.height}, format, band_bytes);
    for_each_parallel((box.height + rows - 1) / rows,
                      [&](int index) {
                          const int y = index * rows;
                          work({box.x, box.y + y, box.width, std::min(rows, box.height - y)});
                      },
                      stop);
}

} // namespace

PlacedReply place_reply(const Raster& layer, const ColorEncoding& color, const Placement& placement,
                        const Framing& framing, const Raster* selection, const Raster* protection,
                        WantMask want_mask, const std::stop_token& stop) {
    const PixelBox whole = box_of(layer.size());
    const PixelBox output = contains(whole, framing.region) ? whole : framing.region;
    const Size size{output.width, output.height};
    PlacedReply placed{.picture = Raster(size, layer.format()),
                       .mask = want_mask == WantMask::yes ? Raster(size, {SampleType::u8, 1}) : Raster(),
                       .equal = {}};
    const Placer placer(layer, make_neutral_pixel(layer.format(), color), placement, framing.region,
                        selection, protection, output);
    std::mutex mutex;
    for_each_band_of(output, layer.format(), stop, [&](const PixelBox& band) {
        const EqualCounts equal = placer.place(band, placed.picture, placed.mask);
        const std::scoped_lock lock(mutex);
        placed.equal.samples += equal.samples;
        placed.equal.pixels += equal.pixels;
    });
    return placed;
}

FilledReply fill_reply(const Raster& layer, const ColorEncoding& color, const Placement& placement,
                       const Framing& framing, const Raster* selection, const Raster* protection,
                       SampleType mask_sample, const std::stop_token& stop) {
    const PixelBox& region = framing.region;
    const Size size{region.width, region.height};
    FilledReply filled{.pixels = Raster(size, layer.format()), .mask = Raster(size, {mask_sample, 1})};
    const Placer placer(layer, make_neutral_pixel(layer.format(), color), placement, region, selection,
                        protection, region);
    for_each_band_of(region, layer.format(), stop,
                     [&](const PixelBox& band) { placer.fill(band, filled.pixels, filled.mask); });
    return filled;
}

} // namespace kontext
