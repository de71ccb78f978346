#include "core/job/kept_masks.h"

#include "core/error.h"
#include "core/image/codec.h"
#include "core/image/samples.h"

#include <algorithm>

namespace kontext {

namespace {

constexpr std::int64_t band_bytes = std::int64_t{1} << 20;
// Masks are mostly flat: more costs time and saves little.
constexpr int fast_compression = 4;

Raster to_8_bits(const Raster& mask) {
    const Size size = mask.size();
    Raster grey(size, {SampleType::u8, 1});
    const int height = std::min(size.height, rows_per_band(size, mask.format(), band_bytes));
    for (int y = 0; y < size.height; y += height) {
        const Size band{size.width, std::min(height, size.height - y)};
        Image rows(band, mask.format());
        Image converted(band, grey.format());
        mask.read_rows(y, rows.view());
        convert_samples(rows.view(), converted.view());
        grey.write_rows(y, converted.view());
    }
    return grey;
}

} // namespace

std::vector<std::byte> encode_mask(const Raster* mask) {
    if (mask == nullptr) {
        return {};
    }
    return encode_picture(FileFormat::png, to_8_bits(*mask), {}, {.compression = fast_compression});
}

std::shared_ptr<const Raster> read_mask(Journal& journal, std::int64_t prediction, std::string_view name,
                                        Size size) {
    try {
        DecodedPicture picture = decode_picture(journal.read_attachment(prediction, name));
        if (picture.pixels.size() == size && picture.pixels.format() == PixelFormat{SampleType::u8, 1}) {
            return std::make_shared<const Raster>(std::move(picture.pixels));
        }
    } catch (const Error& error) {
        if (error.code() != ErrorCode::bad_input) {
            throw;
        }
    }
    return nullptr;
}

} // namespace kontext
