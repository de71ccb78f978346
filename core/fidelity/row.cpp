#include "core/fidelity/row.h"

#include <array>

namespace kontext {

namespace {

constexpr int edge = 2; // pixels repeated on either side of a row, so that filters need no border case

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

} // namespace

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
                                                .inside = is_inside(at, source.canvas.width),
                                                .index = i};
    }
    return columns;
}

Row::Row(const BandSource& source, int x, int width)
    : source_(source), picture_(static_cast<std::size_t>(source.canvas.width + 2 * edge)),
      maps_(static_cast<std::size_t>(source.detail.maps.empty() ? 0 : source.detail.size.width + 2)),
      alpha_(static_cast<std::size_t>(source.canvas.width + 2)) {
    if (source.grain) {
        grain_.emplace(*source.grain, x, width);
    }
}

bool Row::move_to(int layer_y) {
    layer_y_ = layer_y;
    y_ = source_.map[4] * layer_y + source_.map[5];
    return is_inside(y_, source_.canvas.height);
}

bool Row::load_alpha() {
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

void Row::load_colors() {
    const Between rows = between(y_, source_.canvas.height);
    const Float4 weights = cubic_weights(rows.share);
    std::array<const Float4*, 4> from{};
    for (int k = 0; k < 4; ++k) {
        const int row = std::clamp(rows.first + k - 1, 0, source_.canvas.height - 1);
        from[static_cast<std::size_t>(k)] = reinterpret_cast<const Float4*>(source_.picture.view().row(row));
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
    if (grain_) {
        grain_->move_to(layer_y_);
    }
}

const float* Row::alpha_row(int y) const {
    return source_.alpha.data() +
           std::ptrdiff_t{std::clamp(y, 0, source_.canvas.height - 1)} * source_.canvas.width;
}

void Row::load_maps() {
    const Size size = source_.detail.size;
    const Between rows = between((y_ + 0.5) / DetailTransfer::step - 0.5, size.height);
    const auto row = [&](int y) {
        return source_.detail.maps.data() + std::ptrdiff_t{std::clamp(y, 0, size.height - 1)} * size.width;
    };
    const LocalMap* one = row(rows.first);
    const LocalMap* other = row(rows.first + 1);
    for (int x = 0; x < size.width; ++x) {
        maps_[static_cast<std::size_t>(x + 1)] = {one[x].red + rows.share * (other[x].red - one[x].red),
                                                  one[x].green + rows.share * (other[x].green - one[x].green),
                                                  one[x].blue + rows.share * (other[x].blue - one[x].blue),
                                                  one[x].rest + rows.share * (other[x].rest - one[x].rest)};
    }
    maps_.front() = maps_[1];
    maps_.back() = maps_[maps_.size() - 2];
}

} // namespace kontext
