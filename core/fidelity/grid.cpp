#include "core/fidelity/grid.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace kontext {

namespace {

// Catmull-Rom (Keys 1981, a = -1/2): through the nodes, and smooth, so that nodes may be far apart.
std::array<float, 4> cubic_weights(float t) {
    const float t2 = t * t;
    const float t3 = t2 * t;
    return {-0.5F * t3 + t2 - 0.5F * t, 1.5F * t3 - 2.5F * t2 + 1, -1.5F * t3 + 2 * t2 + 0.5F * t,
            0.5F * t3 - 0.5F * t2};
}

struct Position {
    int node;
    std::array<float, 4> weights;
};

Position locate(double pixel, int step, int nodes) {
    const double at = std::clamp(pixel / step, 0.0, static_cast<double>(nodes - 1));
    const int node = std::min(static_cast<int>(at), std::max(0, nodes - 2));
    return {node, cubic_weights(static_cast<float>(at - node))};
}

// One row of nodes, between the grid's rows. One node more before and two after spare the inner loop its
// border cases.
std::vector<float> blend_nodes(const Grid& grid, double y, int channels) {
    const std::ptrdiff_t node_row = std::ptrdiff_t{grid.size.width} * channels;
    const Position vertical = locate(y, grid.step, grid.size.height);
    std::vector<float> nodes(static_cast<std::size_t>(node_row + 3 * channels));
    for (int k = 0; k < 4; ++k) {
        const int j = std::clamp(vertical.node + k - 1, 0, grid.size.height - 1);
        const float* source = grid.values.data() + j * node_row;
        const float weight = vertical.weights[static_cast<std::size_t>(k)];
        for (std::ptrdiff_t i = 0; i < node_row; ++i) {
            nodes[static_cast<std::size_t>(i + channels)] += weight * source[i];
        }
    }
    for (int c = 0; c < channels; ++c) {
        nodes[static_cast<std::size_t>(c)] = nodes[static_cast<std::size_t>(c + channels)];
        for (int k = 1; k < 3; ++k) {
            nodes[static_cast<std::size_t>(node_row + k * channels + c)] =
                nodes[static_cast<std::size_t>(node_row + c)];
        }
    }
    return nodes;
}

// Whole pixels lie at a few places between two nodes, whose weights are computed once.
template <int channels>
void fill_row(const Grid& grid, const std::vector<float>& nodes, const RowPixels& pixels,
              std::vector<float>& row) {
    std::vector<std::array<float, 4>> weights;
    for (int phase = 0; phase <= grid.step; ++phase) {
        weights.push_back(cubic_weights(static_cast<float>(phase) / static_cast<float>(grid.step)));
    }
    const int last_node = std::max(0, grid.size.width - 2);
    const int end = grid.size.width > 1 ? grid.step : 0;
    const float* node = nodes.data();
    float* value = row.data();
    int phase = pixels.first;
    int at = 0;
    for (int i = 0; i < pixels.count; ++i, phase += pixels.every) {
        for (; phase >= grid.step && at < last_node; phase -= grid.step) {
            ++at;
            node += channels;
        }
        const std::array<float, 4>& weight = weights[static_cast<std::size_t>(std::min(phase, end))];
        for (int c = 0; c < channels; ++c) {
            *value++ = weight[0] * node[c] + weight[1] * node[c + channels] +
                       weight[2] * node[c + 2 * channels] + weight[3] * node[c + 3 * channels];
        }
    }
}

} // namespace

Grid make_grid(Size canvas, int step, int channels) {
    const auto nodes = [step](int length) { return (length + step - 2) / step + 1; };
    Grid grid{.size = {nodes(canvas.width), nodes(canvas.height)},
              .step = step,
              .channels = channels,
              .values = {}};
    grid.values.resize(static_cast<std::size_t>(grid.size.pixels()) * static_cast<std::size_t>(channels));
    return grid;
}

float value_at(const Grid& grid, double x, double y, int channel) {
    if (grid.values.empty()) {
        return 0;
    }
    const Position across = locate(x, grid.step, grid.size.width);
    const Position down = locate(y, grid.step, grid.size.height);
    float value = 0;
    for (int j = 0; j < 4; ++j) {
        for (int i = 0; i < 4; ++i) {
            const int column = std::clamp(across.node + i - 1, 0, grid.size.width - 1);
            const int row = std::clamp(down.node + j - 1, 0, grid.size.height - 1);
            value += across.weights[static_cast<std::size_t>(i)] * down.weights[static_cast<std::size_t>(j)] *
                     grid.values[static_cast<std::size_t>((row * grid.size.width + column) * grid.channels +
                                                          channel)];
        }
    }
    return value;
}

std::vector<float> grid_row(const Grid& grid, double y, const RowPixels& pixels, int channels) {
    std::vector<float> row(static_cast<std::size_t>(pixels.count) * static_cast<std::size_t>(channels));
    if (grid.values.empty()) {
        return row;
    }
    const std::vector<float> nodes = blend_nodes(grid, y, channels);
    switch (channels) {
    case 2: fill_row<2>(grid, nodes, pixels, row); break;
    case 3: fill_row<3>(grid, nodes, pixels, row); break;
    default: throw Error(ErrorCode::internal, "A grid has two or three channels.");
    }
    return row;
}

} // namespace kontext
