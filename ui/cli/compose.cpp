#include "ui/cli/compose.h"

#include "core/error.h"
#include "core/framing/boxes.h"

#include <algorithm>

namespace kontext::cli {

namespace {

constexpr std::int64_t band_bytes = std::int64_t{2} << 20;

// Calls work(part, pixels) for the part of a band that a picture covers, whose place is `box`.
template <typename Work>
void with_part(const Raster& picture, const PixelBox& box, const PixelBox& band, const Work& work) {
    const PixelBox part = intersect(box, band);
    if (is_empty(part)) {
        return;
    }
    const PixelBox rows{box.x, part.y, box.width, part.height};
    Image pixels({rows.width, rows.height}, picture.format());
    picture.read_rows(rows.y - box.y, pixels.view());
    work(part, part_of(pixels.view(), rows, part));
}

} // namespace

Composed compose(const Raster& original, const EditedLayer& layer, const std::stop_token& stop) {
    const PixelFormat format = original.format();
    const PixelBox whole = box_of(original.size());
    const PixelBox own = box_of(layer);
    const PixelBox box = unite(whole, own);
    Composed composed{.picture = Raster({box.width, box.height}, format), .equal = {}};
    const int rows = rows_per_band(composed.picture.size(), format, band_bytes);
    for (int y = 0; y < box.height; y += rows) {
        if (stop.stop_requested()) {
            throw Cancelled();
        }
        const PixelBox band{box.x, box.y + y, box.width, std::min(rows, box.height - y)};
        Image result({band.width, band.height}, format);
        with_part(original, whole, band, [&](const PixelBox& part, const MutableImageView& before) {
            convert_samples(before, part_of(result.view(), band, part));
        });
        with_part(layer.pixels, own, band, [&](const PixelBox& part, const MutableImageView& edited) {
            const MutableImageView target = part_of(result.view(), band, part);
            if (!layer.mask) {
                convert_samples(edited, target);
                return;
            }
            with_part(*layer.mask, own, part, [&](const PixelBox&, const MutableImageView& mask) {
                composite(target, edited, mask, target);
            });
        });
        with_part(original, whole, band, [&](const PixelBox& part, const MutableImageView& before) {
            const EqualCounts equal = count_equal(before, part_of(result.view(), band, part));
            composed.equal.samples += equal.samples;
            composed.equal.pixels += equal.pixels;
        });
        composed.picture.write_rows(y, result.view());
    }
    return composed;
}

} // namespace kontext::cli
