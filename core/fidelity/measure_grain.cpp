#include "core/fidelity/measure_grain.h"

#include "core/fidelity/row.h"
#include "core/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kontext {

namespace {

constexpr int side = GrainSample::side;

// Squares of a layer that are enough to know its grain by.
constexpr int squares_down = 48;
constexpr int squares_across = 96;

// First pixels of squares that lie evenly along one side of a layer, where it is on the canvas: pixel x of
// the layer is at scale x + shift there.
std::vector<int> spread_squares(double scale, double shift, int canvas, int layer, int most) {
    const int first = std::max(0, static_cast<int>(std::ceil((-0.5 - shift) / scale)));
    const int end = std::min(layer, static_cast<int>(std::floor((canvas - 0.5 - shift) / scale)) + 1);
    const int room = std::max(0, (end - first) / side);
    const int count = std::min(room, most);
    std::vector<int> squares;
    for (int i = 0; i < count; ++i) {
        squares.push_back(first + side * static_cast<int>((2 * i + 1) * std::int64_t{room} / (2 * count)));
    }
    return squares;
}

// What a band's squares are like, one beside the other: the layer in work values, its fourth one being how
// opaque it is, and what the picture has there.
struct SquarePixels {
    std::vector<Float4> photo;
    std::vector<Float4> fresh;
};

// Columns of squares, of a layer's row.
template <typename Sample, int channels, bool roots>
void load_row(const Row& row, const std::vector<Column>& columns, const Sample* original,
              SquarePixels& pixels) {
    using P = Pixel<Sample, channels, roots>;
    for (const Column& column : columns) {
        const Sample* at = original + std::ptrdiff_t{channels} * column.index;
        Float4 value = P::to_work(P::load(at));
        value[3] = channels % 2 == 0 ? static_cast<float>(at[channels - 1]) / full_scale<Sample>() : 1;
        pixels.photo.push_back(value);
        pixels.fresh.push_back(row.plain(column));
    }
}

SquarePixels load_squares(const BandSource& source, const Raster& layer, int y,
                          const std::vector<Column>& columns) {
    Image original({layer.size().width, side}, layer.format());
    layer.read_rows(y, original.view());
    SquarePixels pixels;
    Row row(source, 0, layer.size().width);
    for (int i = 0; i < side; ++i) {
        row.move_to(y + i);
        row.load_colors();
        with_format(layer.format(), source.takes_roots, [&](auto sample, auto channels, auto roots) {
            using Sample = decltype(sample);
            load_row<Sample, channels(), roots()>(row, columns, ImageView(original.view()).samples<Sample>(i),
                                                  pixels);
        });
    }
    return pixels;
}

// The squares of one band of a layer, whose first row is `y`.
std::vector<GrainSample> sample_band(const BandSource& source, const Raster& layer, int y,
                                     const std::vector<int>& across, std::span<const std::uint8_t> changed) {
    const std::vector<Column> all = locate_columns(source, 0, layer.size().width);
    std::vector<Column> columns;
    for (const int x : across) {
        columns.insert(columns.end(), all.begin() + x, all.begin() + x + side);
    }
    const SquarePixels pixels = load_squares(source, layer, y, columns);
    const auto canvas_y = static_cast<int>(std::lround(source.map[4] * (y + side / 2) + source.map[5]));
    std::vector<GrainSample> samples;
    for (std::size_t square = 0; square < across.size(); ++square) {
        const int canvas_x = columns[square * side + side / 2].alpha - 1;
        const auto at =
            static_cast<std::size_t>(std::clamp(canvas_y, 0, source.canvas.height - 1) * source.canvas.width +
                                     std::clamp(canvas_x, 0, source.canvas.width - 1));
        if (changed[at] != 0) {
            continue;
        }
        std::array<Float4, GrainSample::pixels> photo{};
        std::array<Float4, GrainSample::pixels> fresh{};
        for (std::size_t row = 0; row < side; ++row) {
            const auto from = static_cast<std::ptrdiff_t>(row * columns.size() + square * side);
            const auto to = static_cast<std::ptrdiff_t>(row * side);
            std::copy_n(pixels.photo.begin() + from, side, photo.begin() + to);
            std::copy_n(pixels.fresh.begin() + from, side, fresh.begin() + to);
        }
        if (std::ranges::all_of(photo, [](const Float4& pixel) { return pixel[3] == 1; })) {
            samples.push_back(sample_grain(photo, fresh));
        }
    }
    return samples;
}

} // namespace

Grain measure_grain(const BandSource& source, const Raster& layer, std::span<const std::uint8_t> changed) {
    const std::vector<int> across =
        spread_squares(source.map[0], source.map[2], source.canvas.width, layer.size().width, squares_across);
    const std::vector<int> down =
        spread_squares(source.map[4], source.map[5], source.canvas.height, layer.size().height, squares_down);
    std::vector<std::vector<GrainSample>> by_band(down.size());
    for_each_parallel(static_cast<int>(down.size()), [&](int band) {
        const auto index = static_cast<std::size_t>(band);
        by_band[index] = sample_band(source, layer, down[index], across, changed);
    });
    std::vector<GrainSample> samples; // in one order on any number of threads
    for (const auto& of_band : by_band) {
        samples.insert(samples.end(), of_band.begin(), of_band.end());
    }
    return fit_grain(std::move(samples));
}

} // namespace kontext
