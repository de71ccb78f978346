#include "core/fidelity/alignment.h"

#include "core/fidelity/grid.h"

#include <algorithm>
#include <cmath>

namespace kontext {

std::vector<float> reply_positions(const Alignment& alignment, Size canvas, int y) {
    const double half = std::max(canvas.width, canvas.height) / 2.0;
    const AffineShift& p = alignment.affine;
    const double down = y + 0.5 - canvas.height / 2.0;
    const double start_x = half * p[0] + p[2] * down;
    const double start_y = y + half * p[3] + p[5] * down;
    std::vector<float> positions = grid_row(alignment.displacement, y, {canvas.width}, 2);
    for (int x = 0; x < canvas.width; ++x) {
        const double across = x + 0.5 - canvas.width / 2.0;
        const auto at = static_cast<std::size_t>(2 * x);
        positions[at] += static_cast<float>(x + start_x + p[1] * across);
        positions[at + 1] += static_cast<float>(start_y + p[4] * across);
    }
    return positions;
}

Alignment move_after(const Alignment& alignment, const Grid& after) {
    const AffineShift& p = alignment.affine;
    Alignment both = alignment;
    std::size_t at = 0;
    for (int j = 0; j < after.size.height; ++j) {
        for (int i = 0; i < after.size.width; ++i, at += 2) {
            const double dx = after.values[at];
            const double dy = after.values[at + 1];
            const double x = i * after.step + dx;
            const double y = j * after.step + dy;
            // What the affine part says of the pixel that it comes to, beyond what it says of this one.
            const double more_x = p[1] * dx + p[2] * dy;
            const double more_y = p[4] * dx + p[5] * dy;
            both.displacement.values[at] =
                static_cast<float>(value_at(alignment.displacement, x, y, 0) + dx + more_x);
            both.displacement.values[at + 1] =
                static_cast<float>(value_at(alignment.displacement, x, y, 1) + dy + more_y);
        }
    }
    return both;
}

Alignment normalise(const Alignment& alignment, Size canvas, const std::vector<float>& weights) {
    const double half = std::max(canvas.width, canvas.height) / 2.0;
    const Grid& field = alignment.displacement;
    std::vector<Match> nodes;
    for (int j = 0; j < field.size.height; ++j) {
        for (int i = 0; i < field.size.width; ++i) {
            const auto node = static_cast<std::size_t>(j * field.size.width + i);
            if (weights[node] > 0) {
                nodes.push_back({.u = (i * field.step + 0.5 - canvas.width / 2.0) / half,
                                 .v = (j * field.step + 0.5 - canvas.height / 2.0) / half,
                                 .dx = field.values[2 * node] / half,
                                 .dy = field.values[2 * node + 1] / half,
                                 .weight = weights[node]});
            }
        }
    }
    const AffineShift common = refine_affine(nodes, {}, 4 / half);
    Alignment normal = alignment;
    for (std::size_t i = 0; i < common.size(); ++i) {
        normal.affine[i] += common[i];
    }
    for (int j = 0; j < field.size.height; ++j) {
        for (int i = 0; i < field.size.width; ++i) {
            const auto node = static_cast<std::size_t>(j * field.size.width + i);
            const auto [dx, dy] = shift_at(common, (i * field.step + 0.5 - canvas.width / 2.0) / half,
                                           (j * field.step + 0.5 - canvas.height / 2.0) / half);
            normal.displacement.values[2 * node] -= static_cast<float>(half * dx);
            normal.displacement.values[2 * node + 1] -= static_cast<float>(half * dy);
        }
    }
    return normal;
}

} // namespace kontext
