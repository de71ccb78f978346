#include "core/fidelity/grid.h"
#include "core/fidelity/likely_field.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size canvas{1248, 832};

// Gentle enough for a model: 400 pixels long.
float wave(int x, int y) {
    return std::sin(0.0125F * static_cast<float>(x) + 0.0096F * static_cast<float>(y));
}

// Votes for the wave in x and its half in y, from the nodes that `knows` names.
template <typename Knows>
std::vector<Vote> votes_for_wave(const Grid& grid, Knows knows) {
    constexpr float surely = 100; // off by a tenth of a pixel each
    std::vector<Vote> votes;
    for (int j = 0; j < grid.size.height; ++j) {
        for (int i = 0; i < grid.size.width; ++i) {
            const float height = wave(i * grid.step, j * grid.step);
            const float belief = knows(i, j) ? surely : 0;
            votes.push_back(
                {.xx = belief, .yy = belief, .right_x = belief * height, .right_y = belief * height / 2});
        }
    }
    return votes;
}

float largest_error(const Grid& field) {
    float largest = 0;
    std::size_t at = 0;
    for (int j = 0; j < field.size.height; ++j) {
        for (int i = 0; i < field.size.width; ++i, at += 2) {
            const float height = wave(i * field.step, j * field.step);
            largest = std::max(
                {largest, std::abs(field.values[at] - height), std::abs(field.values[at + 1] - height / 2)});
        }
    }
    return largest;
}

} // namespace

TEST(LikelyField, FollowsAGentleWaveUpToTheBorder) {
    const Grid grid = make_grid(canvas, 16, 2);
    const Grid field = find_likely_field(grid, votes_for_wave(grid, [](int, int) { return true; }));
    EXPECT_LT(largest_error(field), 0.05F); // even in the corners, which have fewer neighbours
}

TEST(LikelyField, GoesOnWhereNothingIsKnown) {
    const Grid grid = make_grid(canvas, 16, 2);
    const auto beside_a_change = [](int i, int j) { return i < 30 || i > 36 || j < 20 || j > 26; };
    const Grid field = find_likely_field(grid, votes_for_wave(grid, beside_a_change));
    EXPECT_LT(largest_error(field), 0.06F); // a little more than elsewhere: the shortest waves are left out
}

TEST(LikelyField, NothingMovesWithoutVotes) {
    const Grid grid = make_grid(canvas, 16, 2);
    EXPECT_EQ(find_likely_field(grid, std::vector<Vote>(grid.values.size() / 2)), grid);
}

} // namespace kontext
