#include "core/fidelity/affine.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include <opencv2/core.hpp>

namespace kontext {

namespace {

// How far models drift, as one standard deviation: shift, then scale and turning at the border.
constexpr double shift_prior = 0.05 * 2;
constexpr double scale_prior = 0.03;
constexpr double turn_prior = 0.004;

constexpr int hypotheses = 800;
constexpr int refinements = 12;

double distance(const AffineShift& shift, const Match& match) {
    const auto [dx, dy] = shift_at(shift, match.u, match.v);
    return std::hypot(dx - match.dx, dy - match.dy);
}

AffineShift through_one(const Match& match) {
    return {match.dx, 0, 0, match.dy, 0, 0};
}

// Translation and a scale per axis through two matches.
AffineShift through_two(const Match& one, const Match& other) {
    AffineShift shift{};
    const double across = other.u - one.u;
    const double down = other.v - one.v;
    shift[1] = std::abs(across) > 0.1 ? (other.dx - one.dx) / across : 0;
    shift[5] = std::abs(down) > 0.1 ? (other.dy - one.dy) / down : 0;
    shift[0] = (one.dx + other.dx - shift[1] * (one.u + other.u)) / 2;
    shift[3] = (one.dy + other.dy - shift[5] * (one.v + other.v)) / 2;
    return shift;
}

AffineShift through_three(const Match& a, const Match& b, const Match& c) {
    const cv::Matx33d positions(1, a.u, a.v, 1, b.u, b.v, 1, c.u, c.v);
    if (std::abs(cv::determinant(positions)) < 0.02) {
        return through_one(a);
    }
    const cv::Matx33d inverse = positions.inv();
    const cv::Vec3d x = inverse * cv::Vec3d(a.dx, b.dx, c.dx);
    const cv::Vec3d y = inverse * cv::Vec3d(a.dy, b.dy, c.dy);
    return {x[0], x[1], x[2], y[0], y[1], y[2]};
}

double largest_shift(const AffineShift& shift) {
    double largest = 0;
    for (const double u : {-1.0, 1.0}) {
        for (const double v : {-1.0, 1.0}) {
            const auto [dx, dy] = shift_at(shift, u, v);
            largest = std::max({largest, std::abs(dx), std::abs(dy)});
        }
    }
    return largest;
}

// Of two shifts that explain the matches about equally (a facade's windows), the smaller is the likelier.
double prior_cost(const AffineShift& shift) {
    const auto square = [](double value, double deviation) {
        return value * value / (deviation * deviation);
    };
    return square(shift[0], shift_prior) + square(shift[3], shift_prior) + square(shift[1], scale_prior) +
           square(shift[5], scale_prior) + square(shift[2], 2 * turn_prior) +
           square(shift[4], 2 * turn_prior);
}

// MSAC (Torr and Zisserman 2000): the truncated squared error.
double cost(const std::vector<Match>& matches, const AffineShift& shift, double tolerance) {
    double sum = 0;
    double weights = 0;
    for (const Match& match : matches) {
        const double error = distance(shift, match) / tolerance;
        sum += match.weight * std::min(1.0, error * error);
        weights += match.weight;
    }
    return sum + 0.01 * weights * std::min(10.0, prior_cost(shift));
}

double tukey(double error) {
    const double inner = std::max(0.0, 1 - error * error);
    return inner * inner;
}

} // namespace

AffineShift refine_affine(const std::vector<Match>& matches, const AffineShift& start, double tolerance) {
    AffineShift shift = start;
    for (int step = 0; step < refinements; ++step) {
        cv::Matx66d normal = cv::Matx66d::zeros();
        cv::Vec6d right;
        double energy = 0;
        for (const Match& match : matches) {
            const double weight = match.weight * tukey(distance(shift, match) / (2 * tolerance));
            if (weight <= 0) {
                continue;
            }
            const std::array<double, 3> basis{1, match.u, match.v};
            const double xx = weight * match.tensor[0];
            const double xy = weight * match.tensor[1];
            const double yy = weight * match.tensor[2];
            energy += xx + yy;
            for (int i = 0; i < 3; ++i) {
                const double at = basis[static_cast<std::size_t>(i)];
                for (int k = 0; k < 3; ++k) {
                    const double product = at * basis[static_cast<std::size_t>(k)];
                    normal(i, k) += xx * product;
                    normal(i, k + 3) += xy * product;
                    normal(i + 3, k) += xy * product;
                    normal(i + 3, k + 3) += yy * product;
                }
                right[i] += at * (xx * match.dx + xy * match.dy);
                right[i + 3] += at * (xy * match.dx + yy * match.dy);
            }
        }
        if (energy <= 0) {
            break;
        }
        // The prior weighs as much as a fraction of one match; it decides where there is nothing else.
        const double unit = 0.5 * energy * tolerance * tolerance /
                            (4 * std::max<double>(1, static_cast<double>(matches.size())));
        const std::array<double, 6> deviations{shift_prior, scale_prior, turn_prior,
                                               shift_prior, turn_prior,  scale_prior};
        for (int i = 0; i < 6; ++i) {
            const double deviation = deviations[static_cast<std::size_t>(i)];
            normal(i, i) += unit / (deviation * deviation) + 1e-12 * energy;
        }
        const cv::Vec6d solution = normal.solve(right, cv::DECOMP_CHOLESKY);
        for (int i = 0; i < 6; ++i) {
            shift[static_cast<std::size_t>(i)] = solution[i];
        }
    }
    return shift;
}

AffineShift fit_affine(const std::vector<Match>& matches, const AffineBounds& bounds) {
    if (matches.empty()) {
        return {};
    }
    std::minstd_rand random(20260101); // its sequence is fixed by the standard, unlike the distributions'
    const auto pick = [&]() -> const Match& { return matches[random() % matches.size()]; };
    AffineShift best{};
    double best_cost = cost(matches, best, bounds.tolerance);
    for (int i = 0; i < hypotheses; ++i) {
        const Match& a = pick();
        const Match& b = pick();
        const Match& c = pick();
        const AffineShift shift = i % 3 == 0   ? through_one(a)
                                  : i % 3 == 1 ? through_two(a, b)
                                               : through_three(a, b, c);
        if (largest_shift(shift) > bounds.largest * 2) {
            continue;
        }
        if (const double found = cost(matches, shift, bounds.tolerance); found < best_cost) {
            best = shift;
            best_cost = found;
        }
    }
    return refine_affine(matches, best, bounds.tolerance);
}

} // namespace kontext
