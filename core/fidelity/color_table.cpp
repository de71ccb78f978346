#include "core/fidelity/color_table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace kontext {

namespace {

constexpr int side = ColorTable::side;
constexpr float rare = 40;         // pixels of `matched`: a node that has seen so many is believed half
constexpr float different = 0.05F; // of a channel: what is off by more is no matter of matching
constexpr float full_weight = 0.999F;

// Calls use(node, share) for the eight nodes around a colour.
template <class Use>
void for_nodes_around(const float* rgb, const Use& use) {
    std::array<int, 3> node{};
    std::array<float, 3> beyond{};
    for (std::size_t c = 0; c < 3; ++c) {
        const float place = std::clamp(rgb[c], 0.0F, 1.0F) * (side - 1);
        node[c] = std::min(static_cast<int>(place), side - 2);
        beyond[c] = place - static_cast<float>(node[c]);
    }
    for (int corner = 0; corner < 8; ++corner) {
        const std::array step{corner & 1, corner >> 1 & 1, corner >> 2};
        float share = 1;
        int index = 0;
        for (std::size_t c = 0; c < 3; ++c) {
            share *= step[c] != 0 ? beyond[c] : 1 - beyond[c];
            index = index * side + node[c] + step[c];
        }
        use(static_cast<std::size_t>(index), share);
    }
}

} // namespace

ColorTable fit_color_table(const ImageView& canvas, const ImageView& matched, const ImageView& weights) {
    std::vector<std::array<float, 4>> sums(ColorTable::count); // r, g, b, pixels
    for (int y = 0; y < canvas.size.height; ++y) {
        const auto* wanted = canvas.samples<float>(y);
        const auto* got = matched.samples<float>(y);
        const auto* weight = weights.samples<float>(y);
        for (int x = 0; x < canvas.size.width; ++x, wanted += 3, got += 3) {
            const std::array off{wanted[0] - got[0], wanted[1] - got[1], wanted[2] - got[2]};
            const float most = std::max({std::abs(off[0]), std::abs(off[1]), std::abs(off[2])});
            if (weight[x] < full_weight || most > different) {
                continue;
            }
            for_nodes_around(got, [&](std::size_t node, float share) {
                for (std::size_t c = 0; c < 3; ++c) {
                    sums[node][c] += share * off[c];
                }
                sums[node][3] += share;
            });
        }
    }
    ColorTable table;
    for (const auto& sum : sums) {
        const float count = sum[3] + rare;
        table.nodes.push_back({sum[0] / count, sum[1] / count, sum[2] / count});
    }
    return table;
}

ColorTable without_lightness(ColorTable table) {
    for (auto& node : table.nodes) {
        const float common = (node[0] + node[1] + node[2]) / 3;
        for (float& value : node) {
            value -= common;
        }
    }
    return table;
}

void add_from_table(const ColorTable& table, float* rgb, int width) {
    if (table.nodes.empty()) {
        return;
    }
    for (int x = 0; x < width; ++x, rgb += 3) {
        std::array<float, 3> addition{};
        for_nodes_around(rgb, [&](std::size_t node, float share) {
            for (std::size_t c = 0; c < 3; ++c) {
                addition[c] += share * table.nodes[node][c];
            }
        });
        for (std::size_t c = 0; c < 3; ++c) {
            rgb[c] += addition[c];
        }
    }
}

} // namespace kontext
