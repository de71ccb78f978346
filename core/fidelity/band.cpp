#include "core/fidelity/band.h"

#include "core/error.h"
#include "core/fidelity/mat.h"
#include "core/fidelity/row.h"
#include "core/image/samples.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

template <typename Sample, int channels, bool roots>
void fill_row(const Row& row, const std::vector<Column>& columns, const Sample* original, Sample* result) {
    using P = Pixel<Sample, channels, roots>;
    for (const Column& column : columns) {
        if (column.inside) {
            const Float4 value = P::from_work(row.color(column, P::to_work(P::load(original))));
            if constexpr (channels % 2 == 0) {
                result[channels - 1] = original[channels - 1];
            }
            P::store(value, result);
        } else {
            std::memmove(result, original, sizeof(Sample) * channels);
        }
        original += channels;
        result += channels;
    }
}

template <typename Sample, int channels, bool roots>
void blend_row(const Row& row, const std::vector<Column>& columns, const float* alpha, const Sample* original,
               Sample* result) {
    using P = Pixel<Sample, channels, roots>;
    for (const Column& column : columns) {
        const float share = *alpha++;
        if (share > 0) {
            const Float4 before = P::load(original);
            const Float4 after = P::from_work(row.color(column, P::to_work(before)));
            P::store(before + share * (after - before), result);
        }
        original += channels;
        result += channels;
    }
}

void check_band(const Placement::Band& band, const MutableImageView& result) {
    const ImageView& original = band.original;
    bool fits = original.data != nullptr && result.size == original.size && result.format == original.format;
    for (const ImageView* view : {&band.selection, &band.protection}) {
        fits = fits && (view->data == nullptr || (view->size == original.size && view->format.channels == 1));
    }
    if (!fits) {
        throw Error(ErrorCode::invalid_argument, "The views of a band do not agree in size or format.");
    }
}

// Rows of a mask as floats, or a value where there is no mask.
class MaskRow {
public:
    MaskRow(const ImageView& mask, int width, float otherwise)
        : mask_(mask), row_({width, 1}, {SampleType::f32, 1}) {
        std::fill_n(row_.view().samples<float>(0), width, otherwise);
    }

    const float* load(int y) {
        if (mask_.data != nullptr) {
            convert_samples(rows_of(mask_, y, 1), row_.view());
        }
        return row_.view().samples<float>(0);
    }

private:
    ImageView mask_;
    Image row_;
};

// The mask of one row of the layer. Returns false where it is 0 all over.
bool mask_row(const Row& row, const std::vector<Column>& columns, const float* selection,
              const float* protection, float* alpha) {
    float most = 0;
    for (const Column& column : columns) {
        const float share = column.inside && *protection <= 0 ? row.alpha(column) * *selection : 0;
        *alpha = std::clamp(share, 0.0F, 1.0F);
        most = std::max(most, *alpha);
        ++alpha;
        ++selection;
        ++protection;
    }
    return most > 0;
}

// Calls work(y, row, alpha) for every row of a band: alpha null where the mask is 0 all over.
template <typename Work>
void for_each_row(const BandSource& source, const Placement::Band& band, const std::vector<Column>& columns,
                  Work work) {
    const int width = band.original.size.width;
    MaskRow selection(band.selection, width, 1);
    MaskRow protection(band.protection, width, 0);
    std::vector<float> alpha(static_cast<std::size_t>(width));
    Row row(source, band.x, width);
    for (int y = 0; y < band.original.size.height; ++y) {
        const bool shows = row.move_to(band.y + y) && row.load_alpha() &&
                           mask_row(row, columns, selection.load(y), protection.load(y), alpha.data());
        work(y, row, shows ? alpha.data() : nullptr);
    }
}

} // namespace

void soften_for_small_layers(BandSource& source) {
    const int across = static_cast<int>(std::lround(source.map[0]));
    const int down = static_cast<int>(std::lround(source.map[4]));
    if (across < 2 && down < 2) {
        return;
    }
    const cv::Size box(std::max(1, across), std::max(1, down));
    cv::Mat picture = as_mat(source.picture.view());
    cv::setNumThreads(1);
    cv::blur(picture, picture, box, {-1, -1}, cv::BORDER_REPLICATE);
    cv::Mat alpha(source.canvas.height, source.canvas.width, CV_32F, source.alpha.data());
    cv::blur(alpha, alpha, box, {-1, -1}, cv::BORDER_REPLICATE);
}

void fill_band(const BandSource& source, const Placement::Band& band, const MutableImageView& result,
               const MutableImageView& mask) {
    check_band(band, result);
    if (mask.size != band.original.size || mask.format.channels != 1) {
        throw Error(ErrorCode::invalid_argument,
                    "The mask of a band must have one channel and the band's size.");
    }
    const std::vector<Column> columns = locate_columns(source, band.x, band.original.size.width);
    Image empty({band.original.size.width, 1}, {SampleType::f32, 1});
    for_each_row(source, band, columns, [&](int y, Row& row, const float* alpha) {
        const ImageView values = empty.view();
        const ImageView shown{reinterpret_cast<const std::byte*>(alpha), values.size, values.format,
                              values.stride};
        convert_samples(alpha != nullptr ? shown : values, rows_of(mask, y, 1));
        with_format(result.format, source.takes_roots, [&](auto sample, auto channels, auto roots) {
            using Sample = decltype(sample);
            if (row.move_to(band.y + y)) {
                row.load_colors();
                fill_row<Sample, channels(), roots()>(row, columns, band.original.samples<Sample>(y),
                                                      result.samples<Sample>(y));
            } else {
                std::memmove(result.row(y), band.original.row(y),
                             sizeof(Sample) * static_cast<std::size_t>(channels() * result.size.width));
            }
        });
    });
}

void blend_band(const BandSource& source, const Placement::Band& band, const MutableImageView& result) {
    check_band(band, result);
    const std::vector<Column> columns = locate_columns(source, band.x, band.original.size.width);
    const auto row_bytes = static_cast<std::size_t>(result.format.bytes_per_pixel()) *
                           static_cast<std::size_t>(result.size.width);
    for_each_row(source, band, columns, [&](int y, Row& row, const float* alpha) {
        if (result.row(y) != band.original.row(y)) {
            std::memcpy(result.row(y), band.original.row(y), row_bytes);
        }
        if (alpha == nullptr) {
            return;
        }
        row.load_colors();
        with_format(result.format, source.takes_roots, [&](auto sample, auto channels, auto roots) {
            using Sample = decltype(sample);
            blend_row<Sample, channels(), roots()>(row, columns, alpha, band.original.samples<Sample>(y),
                                                   result.samples<Sample>(y));
        });
    });
}

} // namespace kontext
