#include "core/job/coverage.h"

#include "core/error.h"
#include "core/framing/boxes.h"
#include "core/image/samples.h"

#include <algorithm>

namespace kontext {

namespace {

constexpr std::int64_t band_bytes = std::int64_t{1} << 20;

// Calls work(y, rows) for a picture's rows, band by band.
template <typename Work>
void for_each_rows(const Raster& picture, const Work& work) {
    const Size size = picture.size();
    Image band({size.width, std::min(size.height, rows_per_band(size, picture.format(), band_bytes))},
               picture.format());
    for (int y = 0; y < size.height; y += band.size().height) {
        const MutableImageView rows = rows_of(band.view(), 0, std::min(band.size().height, size.height - y));
        picture.read_rows(y, rows);
        work(y, rows);
    }
}

bool is_set(std::byte byte) {
    return byte != std::byte{0};
}

} // namespace

std::optional<PixelBox> covered_box(const Raster& mask, const std::stop_token& stop) {
    const Size size = mask.size();
    const std::ptrdiff_t pixel = mask.format().bytes_per_pixel();
    const std::ptrdiff_t length = size.width * pixel;
    int left = size.width;
    int right = 0;
    int top = size.height;
    int bottom = 0;
    for_each_rows(mask, [&](int y, const MutableImageView& rows) {
        if (stop.stop_requested()) {
            throw Cancelled();
        }
        for (int i = 0; i < rows.size.height; ++i) {
            const std::byte* row = rows.row(i);
            const std::byte* first = std::find_if(row, row + length, is_set);
            if (first == row + length) {
                continue;
            }
            const std::byte* last = row + length - 1;
            while (!is_set(*last)) {
                --last;
            }
            left = std::min(left, static_cast<int>((first - row) / pixel));
            right = std::max(right, static_cast<int>((last - row) / pixel) + 1);
            top = std::min(top, y + i);
            bottom = y + i + 1;
        }
    });
    if (bottom == 0) {
        return std::nullopt;
    }
    return PixelBox{left, top, right - left, bottom - top};
}

std::shared_ptr<const Raster> allowed_mask(const std::shared_ptr<const Raster>& selection,
                                           const std::shared_ptr<const Raster>& protection) {
    if (!protection) {
        return selection;
    }
    const Size size = protection->size();
    auto allowed = std::make_shared<Raster>(size, selection ? selection->format() : protection->format());
    for_each_rows(*protection, [&](int y, const MutableImageView& rows) {
        Image shares(rows.size, {SampleType::f32, 1});
        Image selected(rows.size, shares.format());
        Image result(rows.size, allowed->format());
        convert_samples(rows, shares.view());
        if (selection) {
            selection->read_rows(y, result.view());
            convert_samples(result.view(), selected.view());
        }
        auto* share = shares.view().samples<float>(0);
        const auto* full = selected.view().samples<float>(0);
        for (std::int64_t i = 0; i < rows.size.pixels(); ++i) {
            share[i] = (selection ? full[i] : 1) * (1 - std::clamp(share[i], 0.0F, 1.0F));
        }
        convert_samples(shares.view(), result.view());
        allowed->write_rows(y, result.view());
    });
    return allowed;
}

Raster crop(const Raster& picture, const PixelBox& box) {
    Raster part({box.width, box.height}, picture.format());
    for_each_rows(picture, [&](int y, const MutableImageView& rows) {
        const PixelBox band{0, y, rows.size.width, rows.size.height};
        if (const PixelBox common = intersect(band, box); !is_empty(common)) {
            part.write_rows(common.y - box.y, part_of(rows, band, common));
        }
    });
    return part;
}

} // namespace kontext
