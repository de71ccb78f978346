#include "core/fidelity/band.h"

#include "core/error.h"
#include "core/fidelity/mat.h"
#include "core/image/samples.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr int edge = 2; // pixels repeated on either side of a row, so that filters need no border case

// Where a layer's column lies among the canvas's columns, and how much its four neighbours count.
struct Column {
    int pixel = 0; // of the padded row: the first of the four
    Float4 cubic{};
    int square = 0; // of the padded row of local maps: the first of two
    float map_share = 0;
    int alpha = 0; // the first of two
    float alpha_share = 0;
    bool inside = false;
};

Float4 cubic_weights(float t) { // Keys 1981, a = -1/2
    const float t2 = t * t;
    const float t3 = t2 * t;
    return Float4{-0.5F * t3 + t2 - 0.5F * t, 1.5F * t3 - 2.5F * t2 + 1, -1.5F * t3 + 2 * t2 + 0.5F * t,
                  0.5F * t3 - 0.5F * t2};
}

struct Between {
    int first = 0;   // of two neighbours, from -1
    float share = 0; // of the second
};

Between between(double at, int count) {
    const double clamped = std::clamp(at, -0.5, count - 0.5);
    const double first = std::floor(clamped);
    return {static_cast<int>(first), static_cast<float>(clamped - first)};
}

bool is_inside(double at, int count) {
    return at >= -0.5 && at <= count - 0.5;
}

std::vector<Column> locate_columns(const BandSource& source, int x, int width) {
    std::vector<Column> columns(static_cast<std::size_t>(width));
    for (int i = 0; i < width; ++i) {
        const double at = source.map[0] * (x + i) + source.map[2];
        const Between pixel = between(at, source.canvas.width);
        const Between square = between((at + 0.5) / DetailTransfer::step - 0.5, source.detail.size.width);
        columns[static_cast<std::size_t>(i)] = {.pixel = pixel.first - 1 + edge,
                                                .cubic = cubic_weights(pixel.share),
                                                .square = square.first + 1,
                                                .map_share = square.share,
                                                .alpha = pixel.first + 1,
                                                .alpha_share = pixel.share,
                                                .inside = is_inside(at, source.canvas.width)};
    }
    return columns;
}

// One row of the layer's height, still at the canvas's width: interpolated downwards.
class Row {
public:
    explicit Row(const BandSource& source)
        : source_(source), picture_(static_cast<std::size_t>(source.canvas.width + 2 * edge)),
          maps_(static_cast<std::size_t>(source.detail.maps.empty() ? 0 : source.detail.size.width + 2)),
          alpha_(static_cast<std::size_t>(source.canvas.width + 2)) {}

    // Returns false where the row is outside of the canvas.
    bool move_to(int layer_y) {
        y_ = source_.map[4] * layer_y + source_.map[5];
        return is_inside(y_, source_.canvas.height);
    }

    // Returns false when alpha is 0 all over.
    bool load_alpha() {
        const Between rows = between(y_, source_.canvas.height);
        const float* one = alpha_row(rows.first);
        const float* other = alpha_row(rows.first + 1);
        float most = 0;
        for (int x = 0; x < source_.canvas.width; ++x) {
            const float value = one[x] + rows.share * (other[x] - one[x]);
            alpha_[static_cast<std::size_t>(x + 1)] = value;
            most = std::max(most, value);
        }
        alpha_.front() = alpha_[1];
        alpha_.back() = alpha_[alpha_.size() - 2];
        return most > 0;
    }

    void load_colors() {
        const Between rows = between(y_, source_.canvas.height);
        const Float4 weights = cubic_weights(rows.share);
        std::array<const Float4*, 4> from{};
        for (int k = 0; k < 4; ++k) {
            const int row = std::clamp(rows.first + k - 1, 0, source_.canvas.height - 1);
            from[static_cast<std::size_t>(k)] =
                reinterpret_cast<const Float4*>(source_.picture.view().row(row));
        }
        for (int x = 0; x < source_.canvas.width; ++x) {
            picture_[static_cast<std::size_t>(x + edge)] = weights[0] * from[0][x] + weights[1] * from[1][x] +
                                                           weights[2] * from[2][x] + weights[3] * from[3][x];
        }
        for (std::size_t i = 0; i < edge; ++i) {
            picture_[i] = picture_[edge];
            picture_[picture_.size() - 1 - i] = picture_[picture_.size() - 1 - edge];
        }
        if (!maps_.empty()) {
            load_maps();
        }
    }

    float alpha(const Column& column) const {
        const float* at = alpha_.data() + column.alpha;
        return at[0] + column.alpha_share * (at[1] - at[0]);
    }

    // The layer's new work value where `original` is its old one.
    Float4 color(const Column& column, Float4 original) const {
        const Float4* at = picture_.data() + column.pixel;
        const Float4 plain = column.cubic[0] * at[0] + column.cubic[1] * at[1] + column.cubic[2] * at[2] +
                             column.cubic[3] * at[3];
        if (maps_.empty()) {
            return plain;
        }
        const LocalMap& one = maps_[static_cast<std::size_t>(column.square)];
        const LocalMap& other = maps_[static_cast<std::size_t>(column.square + 1)];
        const float share = column.map_share;
        const Float4 rest = one.rest + share * (other.rest - one.rest);
        const Float4 detailed = (one.red + share * (other.red - one.red)) * original[0] +
                                (one.green + share * (other.green - one.green)) * original[1] +
                                (one.blue + share * (other.blue - one.blue)) * original[2] + rest;
        return plain + rest[3] * (detailed - plain);
    }

private:
    const float* alpha_row(int y) const {
        return source_.alpha.data() +
               std::ptrdiff_t{std::clamp(y, 0, source_.canvas.height - 1)} * source_.canvas.width;
    }

    void load_maps() {
        const Size size = source_.detail.size;
        const Between rows = between((y_ + 0.5) / DetailTransfer::step - 0.5, size.height);
        const auto row = [&](int y) {
            return source_.detail.maps.data() +
                   std::ptrdiff_t{std::clamp(y, 0, size.height - 1)} * size.width;
        };
        const LocalMap* one = row(rows.first);
        const LocalMap* other = row(rows.first + 1);
        for (int x = 0; x < size.width; ++x) {
            maps_[static_cast<std::size_t>(x + 1)] = {
                one[x].red + rows.share * (other[x].red - one[x].red),
                one[x].green + rows.share * (other[x].green - one[x].green),
                one[x].blue + rows.share * (other[x].blue - one[x].blue),
                one[x].rest + rows.share * (other[x].rest - one[x].rest)};
        }
        maps_.front() = maps_[1];
        maps_.back() = maps_[maps_.size() - 2];
    }

    const BandSource& source_;
    double y_ = 0;
    std::vector<Float4> picture_;
    std::vector<LocalMap> maps_;
    std::vector<float> alpha_;
};

template <typename Sample>
constexpr float full_scale() {
    if constexpr (std::is_integral_v<Sample>) {
        return static_cast<float>(std::numeric_limits<Sample>::max());
    } else {
        return 1;
    }
}

template <typename Sample>
Sample to_sample(float value) {
    if constexpr (std::is_integral_v<Sample>) {
        const float scaled = value * full_scale<Sample>();
        return static_cast<Sample>(scaled > 0 ? std::min(scaled, full_scale<Sample>()) + 0.5F : 0.5F);
    } else {
        return value;
    }
}

// Reads and writes the colours of one pixel; an original of NaN is taken for black.
template <typename Sample, int channels, bool roots>
struct Pixel {
    static constexpr int colors = channels >= 3 ? 3 : 1;

    static Float4 load(const Sample* from) {
        Float4 value{};
        for (int c = 0; c < 3; ++c) {
            value[c] = static_cast<float>(from[colors == 3 ? c : 0]) * (1 / full_scale<Sample>());
            if constexpr (std::is_floating_point_v<Sample>) {
                value[c] = std::isfinite(value[c]) ? value[c] : 0;
            }
        }
        return value;
    }

    static Float4 to_work(Float4 value) {
        for (int c = 0; roots && c < 3; ++c) {
            value[c] = std::copysign(std::sqrt(std::abs(value[c])), value[c]);
        }
        return value;
    }

    static Float4 from_work(Float4 value) {
        for (int c = 0; roots && c < 3; ++c) {
            value[c] *= std::abs(value[c]);
        }
        if constexpr (colors == 1) { // Rec. 709 luma
            value[0] = 0.2126F * value[0] + 0.7152F * value[1] + 0.0722F * value[2];
        }
        return value;
    }

    static void store(Float4 value, Sample* to) {
        for (int c = 0; c < colors; ++c) {
            to[c] = to_sample<Sample>(value[c]);
        }
    }
};

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

// Calls `call` with a function object's template arguments for the format: sample, channels, roots.
template <typename Call>
void with_format(PixelFormat format, bool roots, Call call) {
    const auto with_channels = [&](auto sample, auto is_root) {
        switch (format.channels) {
        case 1: call(sample, std::integral_constant<int, 1>{}, is_root); return;
        case 2: call(sample, std::integral_constant<int, 2>{}, is_root); return;
        case 3: call(sample, std::integral_constant<int, 3>{}, is_root); return;
        default: call(sample, std::integral_constant<int, 4>{}, is_root); return;
        }
    };
    const auto with_roots = [&](auto sample) {
        roots ? with_channels(sample, std::true_type{}) : with_channels(sample, std::false_type{});
    };
    switch (format.sample) {
    case SampleType::u8: with_roots(std::uint8_t{}); return;
    case SampleType::u16: with_roots(std::uint16_t{}); return;
    case SampleType::f32: with_roots(float{}); return;
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
    Row row(source);
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
