#include "core/fidelity/tone.h"

#include "core/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include <opencv2/core.hpp>

namespace kontext {

namespace {

constexpr int terms = ToneMap::terms;
constexpr float clipped = 0.985F; // a channel over this, or under 1 - this, may have been anything beyond
constexpr float clipped_weight = 0.25F; // of a reply's colour that is clipped
constexpr double linear_ridge = 0.002;  // per sample, towards leaving colours alone
constexpr double square_ridge = 0.006;
constexpr float first_scale = 0.15F; // of the residuals that count, narrowing …
constexpr float last_scale = 0.02F;  // … to this
constexpr int rounds = 14;
constexpr float rare = 30;  // samples of about the same colour that count as few
constexpr int thinning = 2; // of the samples, which are many and alike

using Basis = std::array<float, terms>;

struct Sample {
    Basis basis;
    std::array<float, 3> target;
    float weight;
};

Basis basis_of(const float* rgb) {
    const float r = rgb[0];
    const float g = rgb[1];
    const float b = rgb[2];
    return {1, r, g, b, r * r, g * g, b * b, r * g, r * b, g * b, r * r * r, g * g * g, b * b * b};
}

bool is_clipped(const float* rgb) {
    return std::max({rgb[0], rgb[1], rgb[2]}) > clipped || std::min({rgb[0], rgb[1], rgb[2]}) < 1 - clipped;
}

// Gives rare colours more of a say: a bird's dark wing is matched as well as the sky behind it.
void balance(std::vector<Sample>& samples) {
    constexpr int side = 12;
    std::vector<float> counts(std::size_t{side} * side * side);
    const auto bin_of = [](const Sample& sample) {
        std::size_t bin = 0;
        for (const float value : sample.target) {
            bin = bin * side + static_cast<std::size_t>(std::clamp(value, 0.0F, 0.999F) * side);
        }
        return bin;
    };
    for (const Sample& sample : samples) {
        counts[bin_of(sample)] += 1;
    }
    for (Sample& sample : samples) {
        sample.weight /= std::sqrt(counts[bin_of(sample)] + rare);
    }
    const float total = std::accumulate(samples.begin(), samples.end(), 0.0F,
                                        [](float sum, const Sample& s) { return sum + s.weight; });
    for (Sample& sample : samples) {
        sample.weight *= static_cast<float>(samples.size()) / std::max(1e-9F, total);
    }
}

std::vector<Sample> collect(const ImageView& canvas, const ImageView& reply, const ImageView& weights) {
    std::vector<Sample> samples;
    samples.reserve(static_cast<std::size_t>(canvas.size.pixels()));
    for (int y = 0; y < canvas.size.height; ++y) {
        const auto* target = canvas.samples<float>(y);
        const auto* source = reply.samples<float>(y);
        const auto* weight = weights.samples<float>(y);
        for (int x = 0; x < canvas.size.width; ++x, target += 3, source += 3) {
            if (weight[x] > 0 && (x + y) % thinning == 0) {
                samples.push_back({basis_of(source),
                                   {target[0], target[1], target[2]},
                                   weight[x] * (is_clipped(source) ? clipped_weight : 1)});
            }
        }
    }
    balance(samples);
    return samples;
}

float predict(const std::array<float, terms>& row, const Basis& basis) {
    float value = 0;
    for (std::size_t i = 0; i < terms; ++i) {
        value += row[i] * basis[i];
    }
    return value;
}

// The target, or the prediction itself where that goes on beyond a clipped target: a bound is not a value.
float bounded_target(float target, float predicted) {
    const bool satisfied =
        (target > clipped && predicted > target) || (target < 1 - clipped && predicted < target);
    return satisfied ? predicted : target;
}

// Sums of a weighted least squares fit.
struct Normal {
    cv::Matx<double, terms, terms> matrix = cv::Matx<double, terms, terms>::zeros(); // its upper half
    cv::Matx<double, terms, 3> right = cv::Matx<double, terms, 3>::zeros();
    double agreeing = 0;
    double total = 0;

    Normal& operator+=(const Normal& other) {
        matrix += other.matrix;
        right += other.right;
        agreeing += other.agreeing;
        total += other.total;
        return *this;
    }
};

// With Geman-McClure weights for the distance from the last fit.
void add_sample(const Sample& sample, const ToneMap& last, float scale, Normal& normal) {
    std::array<float, 3> target{};
    float error = 0;
    for (std::size_t c = 0; c < 3; ++c) {
        const float predicted = predict(last.rows[c], sample.basis);
        target[c] = bounded_target(sample.target[c], predicted);
        error += (target[c] - predicted) * (target[c] - predicted);
    }
    const float robust = scale * scale / (scale * scale + error);
    const float weight = sample.weight * robust * robust;
    normal.agreeing += weight;
    normal.total += sample.weight;
    for (int i = 0; i < terms; ++i) {
        const float weighted = weight * sample.basis[static_cast<std::size_t>(i)];
        for (int k = i; k < terms; ++k) {
            normal.matrix(i, k) += weighted * sample.basis[static_cast<std::size_t>(k)];
        }
        for (int c = 0; c < 3; ++c) {
            normal.right(i, c) += weighted * target[static_cast<std::size_t>(c)];
        }
    }
}

// By parts that are the same on any number of threads, so that sums round alike.
Normal sum_samples(const std::vector<Sample>& samples, const ToneMap& last, float scale) {
    constexpr std::size_t part = 2048;
    std::vector<Normal> parts((samples.size() + part - 1) / part);
    for_each_parallel(static_cast<int>(parts.size()), [&](int index) {
        const std::size_t first = static_cast<std::size_t>(index) * part;
        const std::size_t end = std::min(samples.size(), first + part);
        Normal normal;
        for (std::size_t i = first; i < end; ++i) {
            add_sample(samples[i], last, scale, normal);
        }
        parts[static_cast<std::size_t>(index)] = normal;
    });
    Normal all;
    for (const Normal& normal : parts) {
        all += normal;
    }
    return all;
}

ToneFit fit_once(const std::vector<Sample>& samples, const ToneMap& last, float scale) {
    Normal normal = sum_samples(samples, last, scale);
    const ToneMap identity;
    for (int i = 0; i < terms; ++i) {
        const double ridge = (i == 0  ? 0.1 * linear_ridge
                              : i < 4 ? linear_ridge
                                      : square_ridge) *
                             (normal.agreeing + 1);
        normal.matrix(i, i) += ridge;
        for (int c = 0; c < 3; ++c) {
            normal.right(i, c) +=
                ridge * identity.rows[static_cast<std::size_t>(c)][static_cast<std::size_t>(i)];
        }
        for (int k = 0; k < i; ++k) {
            normal.matrix(i, k) = normal.matrix(k, i);
        }
    }
    const cv::Matx<double, terms, 3> solution = normal.matrix.solve(normal.right, cv::DECOMP_CHOLESKY);
    ToneFit fit;
    fit.agreement = normal.total > 0 ? normal.agreeing / normal.total : 0;
    for (int i = 0; i < terms; ++i) {
        for (int c = 0; c < 3; ++c) {
            fit.map.rows[static_cast<std::size_t>(c)][static_cast<std::size_t>(i)] =
                static_cast<float>(solution(i, c));
        }
    }
    return fit;
}

} // namespace

ToneFit fit_tone(const ImageView& canvas, const ImageView& reply, const ImageView& weights) {
    const std::vector<Sample> samples = collect(canvas, reply, weights);
    ToneFit fit;
    if (samples.empty()) {
        return fit;
    }
    for (int round = 0; round < rounds; ++round) {
        const float share = static_cast<float>(round) / (rounds - 1);
        fit = fit_once(samples, fit.map, first_scale * std::pow(last_scale / first_scale, share));
    }
    return fit;
}

void apply_tone(const ToneMap& map, const float* from, float* to, int width) {
    for (int x = 0; x < width; ++x, from += 3, to += 3) {
        const Basis basis = basis_of(from);
        for (std::size_t c = 0; c < 3; ++c) {
            to[c] = std::min(1.0F, std::max(0.0F, predict(map.rows[c], basis)));
        }
    }
}

std::array<float, 3> toned(const ToneMap& map, std::array<float, 3> rgb) {
    std::array<float, 3> result{};
    apply_tone(map, rgb.data(), result.data(), 1);
    return result;
}

} // namespace kontext
