#include "core/fidelity/measure_grain.h"

#include "core/fidelity/row.h"
#include "core/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace kontext {

namespace {

// Squares of a layer that are enough to know its grain by.
constexpr int grain_bands = 48;
constexpr int squares_across = 96;

// One row of the layer in work values, its fourth one being how opaque it is, and what the picture has there.
template <typename Sample, int channels, bool roots>
void load_row(const Row& row, const std::vector<Column>& columns, const Sample* original, Float4* photo,
              Float4* fresh) {
    using P = Pixel<Sample, channels, roots>;
    for (const Column& column : columns) {
        *photo = P::to_work(P::load(original));
        (*photo)[3] =
            channels % 2 == 0 ? static_cast<float>(original[channels - 1]) / full_scale<Sample>() : 1;
        *fresh = row.plain(column);
        original += channels;
        ++photo;
        ++fresh;
    }
}

// The squares of one band of a layer, whose first row is `y`.
std::vector<GrainSample> sample_band(const BandSource& source, const Raster& layer, int y,
                                     std::span<const std::uint8_t> changed) {
    constexpr int side = GrainSample::side;
    const int width = layer.size().width;
    const auto pixels = static_cast<std::size_t>(width) * side;
    Image original({width, side}, layer.format());
    layer.read_rows(y, original.view());
    const std::vector<Column> columns = locate_columns(source, 0, width);
    std::vector<Float4> photo(pixels);
    std::vector<Float4> fresh(pixels);
    Row row(source, 0, width);
    for (int i = 0; i < side; ++i) {
        if (!row.move_to(y + i)) {
            return {};
        }
        row.load_colors();
        const auto at = static_cast<std::ptrdiff_t>(width) * i;
        with_format(layer.format(), source.takes_roots, [&](auto sample, auto channels, auto roots) {
            using Sample = decltype(sample);
            load_row<Sample, channels(), roots()>(row, columns, ImageView(original.view()).samples<Sample>(i),
                                                  photo.data() + at, fresh.data() + at);
        });
    }
    const int down = std::clamp(static_cast<int>(std::lround(source.map[4] * (y + side / 2) + source.map[5])),
                                0, source.canvas.height - 1);
    const int squares = std::min(width / side, squares_across);
    std::vector<GrainSample> samples;
    for (int i = 0; i < squares; ++i) {
        const int x = side * static_cast<int>((2 * i + 1) * std::int64_t{width / side} / (2 * squares));
        const Column& middle = columns[static_cast<std::size_t>(x + side / 2)];
        const int across = std::clamp(middle.alpha - 1, 0, source.canvas.width - 1);
        if (!columns[static_cast<std::size_t>(x)].inside || !middle.inside ||
            changed[static_cast<std::size_t>(down) * static_cast<std::size_t>(source.canvas.width) +
                    static_cast<std::size_t>(across)] != 0) {
            continue;
        }
        std::array<Float4, GrainSample::pixels> one{};
        std::array<Float4, GrainSample::pixels> other{};
        for (std::ptrdiff_t k = 0; k < side; ++k) {
            std::copy_n(photo.data() + k * width + x, side, one.data() + k * side);
            std::copy_n(fresh.data() + k * width + x, side, other.data() + k * side);
        }
        if (std::ranges::all_of(one, [](const Float4& pixel) { return pixel[3] == 1; })) {
            samples.push_back(sample_grain(one, other));
        }
    }
    return samples;
}

} // namespace

Grain measure_grain(const BandSource& source, const Raster& layer, std::span<const std::uint8_t> changed) {
    const int whole = layer.size().height / GrainSample::side;
    const int bands = std::min(whole, grain_bands);
    std::vector<std::vector<GrainSample>> by_band(static_cast<std::size_t>(bands));
    for_each_parallel(bands, [&](int band) {
        const auto at = static_cast<int>((2 * band + 1) * std::int64_t{whole} / (2 * bands));
        by_band[static_cast<std::size_t>(band)] = sample_band(source, layer, GrainSample::side * at, changed);
    });
    std::vector<GrainSample> samples; // in one order on any number of threads
    for (const auto& of_band : by_band) {
        samples.insert(samples.end(), of_band.begin(), of_band.end());
    }
    return fit_grain(std::move(samples));
}

} // namespace kontext
