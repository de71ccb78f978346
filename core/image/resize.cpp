#include "core/image/resize.h"

#include "core/image/samples.h"
#include "core/parallel.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <vector>

namespace kontext {

namespace {

// What one new sample takes from the old ones: weights for [first, first + count), sum 1.
struct Taps {
    int first = 0;
    int count = 0;
    std::size_t weights_at = 0;
};

struct Axis {
    std::vector<Taps> taps;
    std::vector<float> weights;

    const Taps& at(int i) const { return taps[static_cast<std::size_t>(i)]; }
    const float* weights_of(const Taps& tap) const { return weights.data() + tap.weights_at; }
};

double lanczos3(double x) {
    if (x == 0) {
        return 1;
    }
    if (std::fabs(x) >= 3) {
        return 0;
    }
    const double angle = std::numbers::pi * x;
    return 3 * std::sin(angle) * std::sin(angle / 3) / (angle * angle);
}

// Adds a tap with these weights, made to sum to 1: at the borders some of them fall outside.
void add_taps(Axis& axis, int first, const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) {
        sum += weight;
    }
    axis.taps.push_back({first, static_cast<int>(weights.size()), axis.weights.size()});
    for (const double weight : weights) {
        axis.weights.push_back(static_cast<float>(weight / sum));
    }
}

Axis make_area_axis(int from, int to) {
    Axis axis;
    const double step = static_cast<double>(from) / to;
    std::vector<double> weights;
    for (int i = 0; i < to; ++i) {
        const double start = i * step;
        const double end = std::min<double>(from, (i + 1) * step);
        const int first = std::min(static_cast<int>(start), from - 1);
        weights.clear();
        for (int j = first; j < from && (j < end || j == first); ++j) {
            weights.push_back(std::min<double>(end, j + 1) - std::max<double>(start, j));
        }
        add_taps(axis, first, weights);
    }
    return axis;
}

Axis make_lanczos_axis(int from, int to) {
    Axis axis;
    const double step = static_cast<double>(from) / to;
    const double widening = std::max(1.0, step);
    std::vector<double> weights;
    for (int i = 0; i < to; ++i) {
        const double center = (i + 0.5) * step - 0.5;
        const int first = std::max(0, static_cast<int>(std::ceil(center - 3 * widening)));
        const int last = std::min(from - 1, static_cast<int>(std::floor(center + 3 * widening)));
        weights.clear();
        for (int j = first; j <= last; ++j) {
            weights.push_back(lanczos3((j - center) / widening));
        }
        add_taps(axis, first, weights);
    }
    return axis;
}

Axis make_axis(int from, int to, Filter filter) {
    switch (filter) {
    case Filter::area: return make_area_axis(from, to);
    case Filter::lanczos: return make_lanczos_axis(from, to);
    }
    return {};
}

// Colours count by their alpha, which is what premultiplying means.
void premultiply(float* row, int width, int channels) {
    for (int x = 0; x < width; ++x, row += channels) {
        for (int channel = 0; channel < channels - 1; ++channel) {
            row[channel] *= row[channels - 1];
        }
    }
}

void unpremultiply(float* row, int width, int channels) {
    constexpr float nothing = 1e-6F;
    for (int x = 0; x < width; ++x, row += channels) {
        const float alpha = row[channels - 1];
        row[channels - 1] = std::clamp(alpha, 0.0F, 1.0F);
        for (int channel = 0; channel < channels - 1; ++channel) {
            row[channel] = alpha > nothing ? row[channel] / alpha : 0;
        }
    }
}

template <int channels>
void resize_row(const float* from, const Axis& axis, float* to) {
    for (const Taps& taps : axis.taps) {
        const float* weights = axis.weights_of(taps);
        const float* pixel = from + std::ptrdiff_t{taps.first} * channels;
        float sums[channels] = {};
        for (int i = 0; i < taps.count; ++i, pixel += channels) {
            for (int channel = 0; channel < channels; ++channel) {
                sums[channel] += weights[i] * pixel[channel];
            }
        }
        to = std::copy_n(sums, channels, to);
    }
}

void resize_row(const float* from, const Axis& axis, int channels, float* to) {
    switch (channels) {
    case 1: resize_row<1>(from, axis, to); break;
    case 2: resize_row<2>(from, axis, to); break;
    case 3: resize_row<3>(from, axis, to); break;
    default: resize_row<4>(from, axis, to); break;
    }
}

// Where rows come from and where they go: both are called from several threads, for different rows.
struct Rows {
    Size size;
    PixelFormat format;
    std::function<void(int y, MutableImageView row)> read; // row is of this format
};

// Makes the rows [top, top + target.size.height) of the new picture, as floats. Each old row is resized once
// and kept while new rows need it.
void resize_band(const Rows& from, const Axis& columns, const Axis& lines, int top,
                 const MutableImageView& target) {
    const int channels = from.format.channels;
    const PixelFormat precise{SampleType::f32, channels};
    const Taps& first_taps = lines.at(top);
    int ring_size = 1;
    for (int y = top; y < top + target.size.height; ++y) {
        ring_size = std::max(ring_size, lines.at(y).count);
    }
    Image original({from.size.width, 1}, from.format);
    Image row({from.size.width, 1}, precise);
    Image ring({target.size.width, ring_size}, precise);
    const std::ptrdiff_t samples = std::ptrdiff_t{target.size.width} * channels;
    int ready = first_taps.first;

    for (int y = 0; y < target.size.height; ++y) {
        const Taps& taps = lines.at(top + y);
        for (; ready < taps.first + taps.count; ++ready) {
            from.read(ready, original.view());
            convert_samples(original.view(), row.view());
            auto* floats = row.view().samples<float>(0);
            if (from.format.has_alpha()) {
                premultiply(floats, from.size.width, channels);
            }
            resize_row(floats, columns, channels, ring.view().samples<float>(ready % ring_size));
        }
        auto* sums = target.samples<float>(y);
        std::fill_n(sums, samples, 0.0F);
        for (int i = 0; i < taps.count; ++i) {
            const float weight = lines.weights_of(taps)[i];
            const auto* resized = ring.view().samples<float>((taps.first + i) % ring_size);
            for (std::ptrdiff_t sample = 0; sample < samples; ++sample) {
                sums[sample] += weight * resized[sample];
            }
        }
        if (from.format.has_alpha()) {
            unpremultiply(sums, target.size.width, channels);
        }
    }
}

Image resize_rows(const Rows& from, Size size, Filter filter, SampleType sample) {
    assert(from.size.pixels() > 0 && size.pixels() > 0);
    Image resized(size, {sample, from.format.channels});
    const Axis columns = make_axis(from.size.width, size.width, filter);
    const Axis lines = make_axis(from.size.height, size.height, filter);
    // At the borders of bands old rows are resized twice, so bands are not made small.
    const int bands = std::clamp(size.height / 32, 1, 4 * worker_count());
    for_each_parallel(bands, [&](int band) {
        const auto start = static_cast<int>(std::int64_t{size.height} * band / bands);
        const auto end = static_cast<int>(std::int64_t{size.height} * (band + 1) / bands);
        const MutableImageView target = rows_of(resized.view(), start, end - start);
        if (sample == SampleType::f32) {
            resize_band(from, columns, lines, start, target);
            return;
        }
        Image precise(target.size, {SampleType::f32, from.format.channels});
        resize_band(from, columns, lines, start, precise.view());
        convert_samples(precise.view(), target);
    });
    return resized;
}

} // namespace

Image resize(const ImageView& picture, Size size, Filter filter) {
    const auto read = [&](int y, const MutableImageView& row) {
        std::memcpy(row.data, picture.row(y), static_cast<std::size_t>(row.stride));
    };
    if (size == picture.size) {
        Image copy(size, picture.format);
        for (int y = 0; y < size.height; ++y) {
            read(y, rows_of(copy.view(), y, 1));
        }
        return copy;
    }
    return resize_rows({picture.size, picture.format, read}, size, filter, picture.format.sample);
}

Image shrink(const Raster& picture, Size size) {
    assert(size.width <= picture.size().width && size.height <= picture.size().height);
    const auto read = [&](int y, const MutableImageView& row) { picture.read_rows(y, row); };
    return resize_rows({picture.size(), picture.format(), read}, size, Filter::area, SampleType::f32);
}

} // namespace kontext
