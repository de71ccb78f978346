#include "ui/cli/compose.h"

#include "core/error.h"

#include <algorithm>

namespace kontext::cli {

namespace {

constexpr std::int64_t band_bytes = std::int64_t{2} << 20;

PixelBox intersect(const PixelBox& one, const PixelBox& other) {
    const int left = std::max(one.x, other.x);
    const int top = std::max(one.y, other.y);
    return {left, top, std::max(0, std::min(one.x + one.width, other.x + other.width) - left),
            std::max(0, std::min(one.y + one.height, other.y + other.height) - top)};
}

PixelBox unite(const PixelBox& one, const PixelBox& other) {
    const int left = std::min(one.x, other.x);
    const int top = std::min(one.y, other.y);
    return {left, top, std::max(one.x + one.width, other.x + other.width) - left,
            std::max(one.y + one.height, other.y + other.height) - top};
}

// The columns [x, x + width) of a view.
MutableImageView columns_of(MutableImageView view, int x, int width) {
    view.data += std::ptrdiff_t{x} * view.format.bytes_per_pixel();
    view.size.width = width;
    return view;
}

// Calls work(y, rows, part) for what a picture at (x, y) has in a band: rows of its own, and the part of the
// band's pixels that they lie on.
template <typename Work>
void with_rows(const Raster& picture, int x, int y, const PixelBox& band, const Work& work) {
    const PixelBox common = intersect({x, y, picture.size().width, picture.size().height}, band);
    if (common.width == 0 || common.height == 0) {
        return;
    }
    Image rows({picture.size().width, common.height}, picture.format());
    picture.read_rows(common.y - y, rows.view());
    work(common, columns_of(rows.view(), common.x - x, common.width));
}

MutableImageView part_of(const MutableImageView& view, const PixelBox& band, const PixelBox& part) {
    return columns_of(rows_of(view, part.y - band.y, part.height), part.x - band.x, part.width);
}

} // namespace

Composed compose(const Raster& original, const EditedLayer& layer, const std::stop_token& stop) {
    const PixelFormat format = original.format();
    const PixelBox whole{0, 0, original.size().width, original.size().height};
    const PixelBox box =
        unite(whole, {layer.x, layer.y, layer.pixels.size().width, layer.pixels.size().height});
    Composed composed{.picture = Raster({box.width, box.height}, format), .equal = {}};
    const int rows = rows_per_band(composed.picture.size(), format, band_bytes);
    for (int y = 0; y < box.height; y += rows) {
        if (stop.stop_requested()) {
            throw Cancelled();
        }
        const PixelBox band{box.x, box.y + y, box.width, std::min(rows, box.height - y)};
        Image result({band.width, band.height}, format);
        with_rows(original, 0, 0, band, [&](const PixelBox& part, const MutableImageView& own) {
            convert_samples(own, part_of(result.view(), band, part));
        });
        with_rows(layer.pixels, layer.x, layer.y, band,
                  [&](const PixelBox& part, const MutableImageView& own) {
                      const MutableImageView target = part_of(result.view(), band, part);
                      if (!layer.mask) {
                          convert_samples(own, target);
                          return;
                      }
                      with_rows(*layer.mask, layer.x, layer.y, part,
                                [&](const PixelBox&, const MutableImageView& mask) {
                                    composite(target, own, mask, target);
                                });
                  });
        with_rows(original, 0, 0, band, [&](const PixelBox& part, const MutableImageView& own) {
            const EqualCounts equal = count_equal(own, part_of(result.view(), band, part));
            composed.equal.samples += equal.samples;
            composed.equal.pixels += equal.pixels;
        });
        composed.picture.write_rows(y, result.view());
    }
    return composed;
}

} // namespace kontext::cli
