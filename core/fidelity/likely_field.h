#pragma once

#include "core/fidelity/plan.h"

#include <array>
#include <vector>

namespace kontext {

// What is known of a displacement at one node: how surely (the inverse of its covariance, 1/pixels²), and
// that times the displacement itself.
struct Vote {
    float xx = 0;
    float xy = 0;
    float yy = 0;
    float right_x = 0;
    float right_y = 0;
};

// The likeliest displacements, in pixels, given a vote for each node of a grid like this one (row by row) and
// that models bend pictures gently: a Gaussian process whose short waves are unlikely. Where there are no
// votes, what is known around goes on and fades away.
Grid find_likely_field(const Grid& like, const std::vector<Vote>& votes);

} // namespace kontext
