#include "core/fidelity/likely_field.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

namespace kontext {

namespace {
// How models bend pictures. Tried on the benchmark's photos for tuning: deviations of 0.6 to 2 and
// wavelengths of 250 to 500. More bending follows noise (median error 0.06 -> 0.075 px at a deviation of 2);
// less of it helps photos full of texture a little and costs dark and smooth ones more.
constexpr double deviation = 1;       // pixels
constexpr double wavelength = 400;    // pixels; shorter waves are less likely, …
constexpr int order = 4;              // … the more so the higher this is
constexpr double shortest_wave = 160; // pixels; even shorter ones are left out
constexpr int margin = 8;             // nodes beyond the canvas: waves do not end level at its border
constexpr int most_steps = 60;        // of solving, …
constexpr double small_enough = 1e-3; // … or until the error is this share of what it was

// Cosines along one axis: value of wave i at node x.
struct Waves {
    Waves(int nodes_wanted, int step) : nodes(nodes_wanted) {
        const int period = nodes + 2 * margin;
        count = std::clamp(static_cast<int>(2.0 * period * step / shortest_wave), 1, period);
        for (int i = 0; i < count; ++i) {
            const double k = std::numbers::pi * i / period;
            frequency.push_back(k / step);
            const double norm = std::sqrt((i == 0 ? 1.0 : 2.0) / period);
            for (int x = 0; x < nodes; ++x) {
                values.push_back(static_cast<float>(norm * std::cos(k * (x + margin + 0.5))));
            }
        }
    }
    const float* row(int wave) const { return values.data() + std::ptrdiff_t{wave} * nodes; }

    int nodes;
    int count = 0;
    std::vector<double> frequency; // radians per pixel
    std::vector<float> values;
};

using Plane = std::vector<float>;

// Sum of waves at the nodes.
Plane compose(const Waves& across, const Waves& down, const Plane& waves) {
    Plane rows(static_cast<std::size_t>(down.count * across.nodes));
    for (int j = 0; j < down.count; ++j) {
        float* to = rows.data() + std::ptrdiff_t{j} * across.nodes;
        for (int i = 0; i < across.count; ++i) {
            const float height = waves[static_cast<std::size_t>(j * across.count + i)];
            const float* wave = across.row(i);
            for (int x = 0; x < across.nodes; ++x) {
                to[x] += height * wave[x];
            }
        }
    }
    Plane field(static_cast<std::size_t>(down.nodes * across.nodes));
    for (int j = 0; j < down.count; ++j) {
        const float* from = rows.data() + std::ptrdiff_t{j} * across.nodes;
        for (int y = 0; y < down.nodes; ++y) {
            const float height = down.row(j)[y];
            float* to = field.data() + std::ptrdiff_t{y} * across.nodes;
            for (int x = 0; x < across.nodes; ++x) {
                to[x] += height * from[x];
            }
        }
    }
    return field;
}

// The transpose of compose().
Plane project(const Waves& across, const Waves& down, const Plane& field) {
    Plane rows(static_cast<std::size_t>(down.count * across.nodes));
    for (int j = 0; j < down.count; ++j) {
        float* to = rows.data() + std::ptrdiff_t{j} * across.nodes;
        for (int y = 0; y < down.nodes; ++y) {
            const float height = down.row(j)[y];
            const float* from = field.data() + std::ptrdiff_t{y} * across.nodes;
            for (int x = 0; x < across.nodes; ++x) {
                to[x] += height * from[x];
            }
        }
    }
    Plane waves(static_cast<std::size_t>(down.count * across.count));
    for (int j = 0; j < down.count; ++j) {
        const float* from = rows.data() + std::ptrdiff_t{j} * across.nodes;
        for (int i = 0; i < across.count; ++i) {
            const float* wave = across.row(i);
            float sum = 0;
            for (int x = 0; x < across.nodes; ++x) {
                sum += from[x] * wave[x];
            }
            waves[static_cast<std::size_t>(j * across.count + i)] = sum;
        }
    }
    return waves;
}

// Inverse variance of each wave. A Matérn spectrum (Rasmussen and Williams 2006, 4.2.1), scaled so that the
// field's deviation is as wanted.
Plane make_prior(const Waves& across, const Waves& down) {
    const double corner = 2 * std::numbers::pi / wavelength;
    Plane prior;
    double sum = 0;
    for (const double v : down.frequency) {
        for (const double u : across.frequency) {
            const double rise = std::pow(1 + (u * u + v * v) / (corner * corner), order);
            prior.push_back(static_cast<float>(rise));
            sum += 1 / rise;
        }
    }
    const int nodes = (across.nodes + 2 * margin) * (down.nodes + 2 * margin);
    const auto scale = static_cast<float>(sum / (nodes * deviation * deviation));
    for (float& value : prior) {
        value *= scale;
    }
    return prior;
}

// Both components of a field.
struct Pair {
    Plane x;
    Plane y;
};

double dot(const Pair& a, const Pair& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.x.size(); ++i) {
        sum += static_cast<double>(a.x[i] * b.x[i]) + static_cast<double>(a.y[i] * b.y[i]);
    }
    return sum;
}

void add(Pair& to, double share, const Pair& what) {
    const auto factor = static_cast<float>(share);
    for (std::size_t i = 0; i < to.x.size(); ++i) {
        to.x[i] += factor * what.x[i];
        to.y[i] += factor * what.y[i];
    }
}

class Equations {
public:
    Equations(const Grid& like, const std::vector<Vote>& votes)
        : across_(like.size.width, like.step), down_(like.size.height, like.step), votes_(votes),
          prior_(make_prior(across_, down_)) {
        const auto nodes = static_cast<float>((across_.nodes + 2 * margin) * (down_.nodes + 2 * margin));
        for (const Vote& vote : votes) {
            mean_xx_ += vote.xx / nodes;
            mean_yy_ += vote.yy / nodes;
        }
    }

    Pair right_side() const {
        Pair field{Plane(votes_.size()), Plane(votes_.size())};
        for (std::size_t i = 0; i < votes_.size(); ++i) {
            field.x[i] = votes_[i].right_x;
            field.y[i] = votes_[i].right_y;
        }
        return {project(across_, down_, field.x), project(across_, down_, field.y)};
    }

    Pair left_side(const Pair& waves) const {
        const Pair field = at_nodes(waves);
        Pair weighted{Plane(votes_.size()), Plane(votes_.size())};
        for (std::size_t i = 0; i < votes_.size(); ++i) {
            const Vote& vote = votes_[i];
            weighted.x[i] = vote.xx * field.x[i] + vote.xy * field.y[i];
            weighted.y[i] = vote.xy * field.x[i] + vote.yy * field.y[i];
        }
        Pair result{project(across_, down_, weighted.x), project(across_, down_, weighted.y)};
        for (std::size_t i = 0; i < prior_.size(); ++i) {
            result.x[i] += prior_[i] * waves.x[i];
            result.y[i] += prior_[i] * waves.y[i];
        }
        return result;
    }

    // Solves as if all nodes knew the same.
    Pair roughly_solved(const Pair& right) const {
        Pair result = right;
        for (std::size_t i = 0; i < prior_.size(); ++i) {
            result.x[i] /= prior_[i] + mean_xx_;
            result.y[i] /= prior_[i] + mean_yy_;
        }
        return result;
    }

    Pair at_nodes(const Pair& waves) const {
        return {compose(across_, down_, waves.x), compose(across_, down_, waves.y)};
    }

private:
    Waves across_;
    Waves down_;
    const std::vector<Vote>& votes_;
    Plane prior_;
    float mean_xx_ = 0;
    float mean_yy_ = 0;
};

} // namespace

// By conjugate gradients (Hestenes and Stiefel 1952).
Grid find_likely_field(const Grid& like, const std::vector<Vote>& votes) {
    const Equations equations(like, votes);
    Pair residual = equations.right_side();
    Pair solution{Plane(residual.x.size()), Plane(residual.y.size())};
    Pair step = equations.roughly_solved(residual);
    double square = dot(residual, step);
    const double enough = square * small_enough * small_enough;
    for (int i = 0; i < most_steps && square > enough; ++i) {
        const Pair image = equations.left_side(step);
        const double length = square / dot(step, image);
        add(solution, length, step);
        add(residual, -length, image);
        Pair next = equations.roughly_solved(residual);
        const double next_square = dot(residual, next);
        add(next, next_square / square, step);
        step = std::move(next);
        square = next_square;
    }
    const Pair field = equations.at_nodes(solution);
    Grid result = like;
    for (std::size_t i = 0; i < votes.size(); ++i) {
        result.values[2 * i] = field.x[i];
        result.values[2 * i + 1] = field.y[i];
    }
    return result;
}

} // namespace kontext
