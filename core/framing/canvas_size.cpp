#include "core/framing/canvas_size.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kontext {

namespace {

// Longer than this models draw the same thing twice.
constexpr double longest_shape = 4;

int round_to_multiple(double side, int step, bool up) {
    const double steps = up ? std::ceil(side / step) : std::floor(side / step);
    return std::max(1, static_cast<int>(steps)) * step;
}

// The shape counts, then the number of pixels: 1152 × 864 for 4:3 is better than 1184 × 880.
double cost_of(Size size, double ratio, double pixels) {
    constexpr double shape_weight = 10;
    const double excess = std::log(static_cast<double>(size.pixels()) / pixels);
    return shape_weight * std::abs(shape_distance(size, ratio)) + std::abs(excess);
}

Size nearest_multiple(const CanvasSizes& sizes, double ratio) {
    const double shape = std::clamp(ratio, 1 / longest_shape, longest_shape);
    const auto pixels = static_cast<double>(sizes.pixels);
    const double ideal = std::sqrt(pixels * shape);
    const int step = sizes.multiple_of;
    Size best;
    double least = std::numeric_limits<double>::max();
    const int widest = round_to_multiple(ideal * 1.02, step, true);
    for (int width = round_to_multiple(ideal * 0.9, step, false); width <= widest; width += step) {
        for (const bool up : {false, true}) {
            const Size size = {width, round_to_multiple(width / shape, step, up)};
            const double cost = cost_of(size, shape, pixels);
            if (cost < least) {
                least = cost;
                best = size;
            }
        }
    }
    return best;
}

} // namespace

double shape_distance(Size canvas, double ratio) {
    return std::log(static_cast<double>(canvas.width) / canvas.height / ratio);
}

Size nearest_canvas(const CanvasSizes& sizes, double ratio) {
    if (sizes.listed.empty()) {
        return nearest_multiple(sizes, ratio);
    }
    return *std::ranges::min_element(sizes.listed, {},
                                     [ratio](Size size) { return std::abs(shape_distance(size, ratio)); });
}

} // namespace kontext
