#pragma once

#include "core/image/image.h"

#include <array>
#include <vector>

namespace kontext {

// A displacement that is affine in the position. Positions are counted from the picture's centre in units of
// half its longer side, and displacements in the same unit, so that it means the same at every level of a
// pyramid: dx = p0 + p1 u + p2 v, dy = p3 + p4 u + p5 v.
using AffineShift = std::array<double, 6>;

// Where something of one picture was found in the other.
struct Match {
    double u = 0;
    double v = 0;
    double dx = 0;
    double dy = 0;
    float weight = 1;
    std::array<float, 3> tensor{1, 0, 1}; // how sharply: structure tensor xx, xy, yy
};

struct AffineBounds {
    double tolerance = 0.01; // what a match may be off by
    double largest = 0.09;   // displacement at the border
};

// The affine shift that most matches agree with (RANSAC over translations, scalings and affine maps, with a
// fixed seed), then fitted to them. Zero where there are no matches.
AffineShift fit_affine(const std::vector<Match>& matches, const AffineBounds& bounds);

// Robust fit from a good start.
AffineShift refine_affine(const std::vector<Match>& matches, const AffineShift& start, double tolerance);

inline std::array<double, 2> shift_at(const AffineShift& p, double u, double v) {
    return {p[0] + p[1] * u + p[2] * v, p[3] + p[4] * u + p[5] * v};
}

} // namespace kontext
