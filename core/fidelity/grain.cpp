#include "core/fidelity/grain.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace kontext {

namespace {

constexpr int side = GrainSample::side;
constexpr int pixels = GrainSample::pixels;
constexpr int reach = 2; // of a kernel, pixels

// Noise has forgotten itself so many pixels away; structure has not.
constexpr std::array far{4, 8};
constexpr double alike = 0.3;

constexpr double typical = 0.25;  // of the squares of a brightness: those of most nearly the same strength, …
constexpr double flatter = 0.75;  // … among the flattest of them, as others may have structure
constexpr std::size_t fewest = 8; // squares that tell what noise is like at a brightness
constexpr double strongest = 0.04; // deviation of noise; more is no noise
constexpr Float4 luma{0.2126F, 0.7152F, 0.0722F, 0};

// Three channels of a square without its mean and its slopes.
struct Square {
    std::array<std::array<double, pixels>, 3> noise{};

    double product(int x_away, int y_away) const {
        double sum = 0;
        int count = 0;
        for (const auto& channel : noise) {
            for (int y = 0; y + y_away < side; ++y) {
                for (int x = 0; x + x_away < side; ++x) {
                    sum += channel[static_cast<std::size_t>(y * side + x)] *
                           channel[static_cast<std::size_t>((y + y_away) * side + x + x_away)];
                    ++count;
                }
            }
        }
        return sum / count;
    }

    // Both ways.
    double product(int away) const { return (product(away, 0) + product(0, away)) / 2; }

    NoiseSums covariances() const {
        constexpr std::array<std::pair<std::size_t, std::size_t>, 6> pairs{
            {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}}};
        NoiseSums sums{};
        for (std::size_t k = 0; k < pairs.size(); ++k) {
            for (std::size_t i = 0; i < pixels; ++i) {
                sums[k] += noise[pairs[k].first][i] * noise[pairs[k].second][i] / pixels;
            }
        }
        return sums;
    }
};

// Takes the least squares plane away. The coordinates are centred: mean and slopes are found one by one.
Square flatten(std::span<const Float4> values) {
    constexpr double middle = (side - 1) / 2.0;
    constexpr double squares = pixels * (side * side - 1) / 12.0; // of one coordinate, summed
    Square square;
    for (std::size_t c = 0; c < 3; ++c) {
        double mean = 0;
        double across = 0;
        double down = 0;
        for (int i = 0; i < pixels; ++i) {
            const double value = values[static_cast<std::size_t>(i)][static_cast<int>(c)];
            mean += value / pixels;
            across += value * (i % side - middle) / squares;
            down += value * (i / side - middle) / squares;
        }
        for (int i = 0; i < pixels; ++i) {
            const double plane = mean + across * (i % side - middle) + down * (i / side - middle);
            square.noise[c][static_cast<std::size_t>(i)] =
                values[static_cast<std::size_t>(i)][static_cast<int>(c)] - plane;
        }
    }
    return square;
}

float brightness(std::span<const Float4> values) {
    Float4 sum{};
    for (const Float4& value : values) {
        sum += value * luma;
    }
    return (sum[0] + sum[1] + sum[2]) / pixels;
}

// Cholesky's factor of the covariances. What is left over for a later channel is none where that would be
// negative.
Grain::Level factor(const NoiseSums& c) {
    const double rr = std::sqrt(std::max(0.0, c[0]));
    const double rg = rr > 0 ? c[3] / rr : 0;
    const double rb = rr > 0 ? c[4] / rr : 0;
    const double gg = std::sqrt(std::max(0.0, c[1] - rg * rg));
    const double gb = gg > 0 ? (c[5] - rg * rb) / gg : 0;
    const double bb = std::sqrt(std::max(0.0, c[2] - rb * rb - gb * gb));
    const auto weights = [](double red, double green, double blue) {
        return Float4{static_cast<float>(red), static_cast<float>(green), static_cast<float>(blue), 0};
    };
    return {.red = weights(rr, rg, rb), .green = weights(0, gg, gb), .blue = weights(0, 0, bb)};
}

// The kernel of unit energy whose noise is as much alike 1 and 2 pixels away.
std::array<float, 3> find_kernel(double one_away, double two_away) {
    std::array<float, 3> best{1, 0, 0};
    double least = 1e9;
    constexpr int steps = 40;
    for (int i = 0; i <= steps; ++i) {
        for (int k = 0; k <= i; ++k) {
            const double near = static_cast<double>(i) / steps;
            const double next = static_cast<double>(k) / steps;
            const double energy = 1 + 2 * near * near + 2 * next * next;
            // Of a kernel (next, near, 1, near, next) with itself, shifted by one and by two.
            const double first = (2 * near + 2 * near * next) / energy - one_away;
            const double second = (2 * next + near * near) / energy - two_away;
            const double error = first * first + second * second;
            if (error < least) {
                least = error;
                const double unit = 1 / std::sqrt(energy);
                best = {static_cast<float>(unit), static_cast<float>(near * unit),
                        static_cast<float>(next * unit)};
            }
        }
    }
    return best;
}

// Four bytes' sum, of mean 0 and deviation 1: normal enough for noise of which few pixels are seen.
float to_normal(std::uint32_t bits) {
    constexpr float mean = 2 * 255;
    constexpr float deviation = 147.8F; // sqrt(4 (256² - 1) / 12)
    const std::uint32_t sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24);
    return (static_cast<float>(sum) - mean) / deviation;
}

// A place's own bits (the finaliser of MurmurHash3, Appleby, public domain).
std::uint32_t mix(std::uint32_t x, std::uint32_t y, std::uint32_t channel) {
    std::uint32_t bits = x * 0x9E3779B1U ^ (y * 0x85EBCA77U + channel * 0xC2B2AE3DU);
    bits = (bits ^ bits >> 16) * 0x85EBCA6BU;
    bits = (bits ^ bits >> 13) * 0xC2B2AE35U;
    return bits ^ bits >> 16;
}

// Squares of one brightness whose strengths are most nearly the same: where there is noise alone it is
// everywhere the same, while structure differs from place to place.
std::span<const GrainSample* const> find_typical(std::vector<const GrainSample*>& squares) {
    std::ranges::stable_sort(squares, {}, [](const GrainSample* sample) { return sample->variance; });
    const auto share = [&](double of) {
        return static_cast<std::size_t>(of * static_cast<double>(squares.size()));
    };
    const std::size_t count = std::max(fewest, share(typical));
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t first = 0; first + count <= std::max(count, share(flatter)); ++first) {
        const double ratio = squares[first + count - 1]->variance / squares[first]->variance;
        if (ratio < least) {
            least = ratio;
            best = first;
        }
    }
    return std::span(squares).subspan(best, count);
}

} // namespace

GrainSample sample_grain(std::span<const Float4> photo, std::span<const Float4> fresh) {
    const Square old = flatten(photo);
    const Square made = flatten(fresh);
    GrainSample sample;
    sample.luma = brightness(photo);
    sample.variance = old.product(0);
    const NoiseSums has = made.covariances();
    sample.missing = old.covariances();
    for (std::size_t k = 0; k < has.size(); ++k) {
        sample.missing[k] -= has[k];
    }
    for (int away = 0; away <= reach; ++away) {
        sample.product[static_cast<std::size_t>(away)] = old.product(away) - made.product(away);
    }
    sample.is_noise = std::ranges::all_of(far, [&](int away) {
        return std::max(std::abs(old.product(away, 0)), std::abs(old.product(0, away))) <
               alike * sample.variance;
    });
    return sample;
}

Grain fit_grain(std::vector<GrainSample> samples) {
    std::erase_if(samples, [](const GrainSample& sample) {
        return !sample.is_noise || sample.variance == 0 || sample.variance > strongest * strongest;
    });
    std::array<std::vector<const GrainSample*>, Grain::levels> by_level;
    for (const GrainSample& sample : samples) {
        const float level = std::clamp(sample.luma, 0.0F, 1.0F) * (Grain::levels - 1);
        by_level[static_cast<std::size_t>(std::lround(level))].push_back(&sample);
    }
    Grain grain;
    std::array<double, 3> product{};
    std::vector<std::size_t> known;
    for (std::size_t level = 0; level < by_level.size(); ++level) {
        auto& squares = by_level[level];
        if (squares.size() < fewest) {
            continue;
        }
        NoiseSums missing{};
        const std::span<const GrainSample* const> found = find_typical(squares);
        for (const GrainSample* sample : found) {
            for (std::size_t k = 0; k < missing.size(); ++k) {
                missing[k] += sample->missing[k] / static_cast<double>(found.size());
            }
            for (std::size_t away = 0; away < product.size(); ++away) {
                product[away] += sample->product[away];
            }
        }
        grain.strength[level] = factor(missing);
        known.push_back(level);
    }
    if (known.empty()) {
        return grain;
    }
    for (std::size_t level = 0; level < grain.strength.size(); ++level) {
        const auto distance = [level](std::size_t other) {
            return level > other ? level - other : other - level;
        };
        grain.strength[level] = grain.strength[*std::ranges::min_element(known, {}, distance)];
    }
    if (product[0] > 0) {
        grain.kernel = find_kernel(product[1] / product[0], product[2] / product[0]);
    }
    return grain;
}

GrainRows::GrainRows(const Grain& grain, int x, int width)
    : grain_(grain), x_(x), down_(static_cast<std::size_t>(width + 2 * reach)),
      noise_(static_cast<std::size_t>(width)) {}

const std::vector<Float4>& GrainRows::white_row(int y) {
    constexpr int kept = 2 * reach + 1;
    White& white = white_[static_cast<std::size_t>((y % kept + kept) % kept)]; // a layer may grow upwards
    if (white.noise.empty() || white.y != y) {
        white.y = y;
        white.noise.resize(down_.size());
        for (std::size_t i = 0; i < white.noise.size(); ++i) {
            const auto x = static_cast<std::uint32_t>(x_ - reach + static_cast<int>(i));
            for (std::uint32_t c = 0; c < 3; ++c) {
                white.noise[i][static_cast<int>(c)] = to_normal(mix(x, static_cast<std::uint32_t>(y), c));
            }
        }
    }
    return white.noise;
}

void GrainRows::move_to(int y) {
    std::array<const Float4*, 2 * reach + 1> rows{};
    for (int k = -reach; k <= reach; ++k) {
        rows[static_cast<std::size_t>(k + reach)] = white_row(y + k).data();
    }
    const auto& [own, near, next] = grain_.kernel;
    for (std::size_t i = 0; i < down_.size(); ++i) {
        down_[i] = own * rows[2][i] + near * (rows[1][i] + rows[3][i]) + next * (rows[0][i] + rows[4][i]);
    }
    for (std::size_t i = 0; i < noise_.size(); ++i) {
        const Float4* at = down_.data() + i;
        noise_[i] = own * at[2] + near * (at[1] + at[3]) + next * (at[0] + at[4]);
    }
}

Float4 GrainRows::at(int i, float brightness) const {
    const float level = std::clamp(brightness, 0.0F, 1.0F) * (Grain::levels - 1);
    const int below = std::min(static_cast<int>(level), Grain::levels - 2);
    const float share = level - static_cast<float>(below);
    const auto& one = grain_.strength[static_cast<std::size_t>(below)];
    const auto& other = grain_.strength[static_cast<std::size_t>(below + 1)];
    const Float4& white = noise_[static_cast<std::size_t>(i)];
    return white[0] * (one.red + share * (other.red - one.red)) +
           white[1] * (one.green + share * (other.green - one.green)) +
           white[2] * (one.blue + share * (other.blue - one.blue));
}

} // namespace kontext
