#include "core/fidelity/detail.h"

#include "core/fidelity/aligned.h"
#include "core/parallel.h"

#include <algorithm>
#include <array>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr int radius = 3;      // squares around one that a map is learnt from: 12 pixels
constexpr float ridge = 1e-4F; // variance below which a colour's own structure does not count
constexpr float noise = 2e-5F; // variance that need not be explained
constexpr int reduction = 4;   // of the pictures that are looked at

// Means over a square, then over its surroundings.
enum Moment {
    i_r,
    i_g,
    i_b,
    p_r,
    p_g,
    p_b,
    ii_rr,
    ii_rg,
    ii_rb,
    ii_gg,
    ii_gb,
    ii_bb,
    ip = 12,
    pp = 21,
    moments = 24
};

using Moments = std::array<float, moments>;
using MomentPlane = std::vector<Moments>;

void add_pixel(const float* i, const float* p, Moments& sum) {
    const float r = i[0];
    const float g = i[1];
    const float b = i[2];
    sum[i_r] += r;
    sum[i_g] += g;
    sum[i_b] += b;
    sum[ii_rr] += r * r;
    sum[ii_rg] += r * g;
    sum[ii_rb] += r * b;
    sum[ii_gg] += g * g;
    sum[ii_gb] += g * b;
    sum[ii_bb] += b * b;
    for (std::size_t c = 0; c < 3; ++c) {
        sum[p_r + c] += p[c];
        sum[ip + 3 * c] += r * p[c];
        sum[ip + 3 * c + 1] += g * p[c];
        sum[ip + 3 * c + 2] += b * p[c];
        sum[pp + c] += p[c] * p[c];
    }
}

MomentPlane gather_moments(const ImageView& guide, const ImageView& wanted, Size squares) {
    MomentPlane plane(static_cast<std::size_t>(squares.pixels()));
    constexpr int step = DetailTransfer::step / reduction;
    for_each_parallel(squares.height, [&](int j) {
        Moments* row = plane.data() + std::ptrdiff_t{j} * squares.width;
        const int last = std::min(guide.size.height, (j + 1) * step);
        for (int y = j * step; y < last; ++y) {
            const auto* i = guide.samples<float>(y);
            const auto* p = wanted.samples<float>(y);
            for (int x = 0; x < guide.size.width; ++x, i += 4, p += 4) {
                add_pixel(i, p, row[x / step]);
            }
        }
        for (int x = 0; x < squares.width; ++x) {
            const int width = std::min(guide.size.width, (x + 1) * step) - x * step;
            for (float& value : row[x]) {
                value /= static_cast<float>(width * (last - j * step));
            }
        }
    });
    return plane;
}

// Mean over the squares around; works on any struct of floats.
template <typename Cell>
std::vector<Cell> box_mean(const std::vector<Cell>& cells, Size size) {
    constexpr int channels = sizeof(Cell) / sizeof(float);
    std::vector<Cell> result(cells.size());
    for_each_parallel(size.height, [&](int y) {
        const int top = std::max(0, y - radius);
        const int bottom = std::min(size.height - 1, y + radius);
        std::vector<std::array<float, channels>> column(static_cast<std::size_t>(size.width));
        for (int row = top; row <= bottom; ++row) {
            const auto* cell =
                reinterpret_cast<const float*>(cells.data() + std::ptrdiff_t{row} * size.width);
            for (auto& sum : column) {
                for (std::size_t c = 0; c < channels; ++c) {
                    sum[c] += *cell++;
                }
            }
        }
        auto* out = reinterpret_cast<float*>(result.data() + std::ptrdiff_t{y} * size.width);
        for (int x = 0; x < size.width; ++x) {
            const int left = std::max(0, x - radius);
            const int right = std::min(size.width - 1, x + radius);
            const float scale = 1.0F / static_cast<float>((bottom - top + 1) * (right - left + 1));
            for (std::size_t c = 0; c < channels; ++c) {
                float sum = 0;
                for (int at = left; at <= right; ++at) {
                    sum += column[static_cast<std::size_t>(at)][c];
                }
                *out++ = sum * scale;
            }
        }
    });
    return result;
}

float smoothstep(float value, float low, float high) {
    const float t = std::clamp((value - low) / (high - low), 0.0F, 1.0F);
    return t * t * (3 - 2 * t);
}

struct Regression {
    cv::Vec3f mean_i;
    cv::Vec3f mean_p;
    cv::Matx33f variance;
    cv::Matx33f covariance; // a row for each channel of what is wanted
};

Regression regression_of(const Moments& m) {
    const cv::Vec3f mean_i(m[i_r], m[i_g], m[i_b]);
    const cv::Vec3f mean_p(m[p_r], m[p_g], m[p_b]);
    const cv::Matx33f square(m[ii_rr], m[ii_rg], m[ii_rb], m[ii_rg], m[ii_gg], m[ii_gb], m[ii_rb], m[ii_gb],
                             m[ii_bb]);
    const cv::Matx33f product(m.data() + ip);
    return {mean_i, mean_p, square - mean_i * mean_i.t(), product - mean_p * mean_i.t()};
}

// Least squares, drawn towards `expected`.
cv::Matx33f regress(const Regression& r, const cv::Matx33f& expected) {
    return (r.covariance + expected * ridge) *
           (r.variance + cv::Matx33f::eye() * ridge).inv(cv::DECOMP_CHOLESKY);
}

// What scales each channel by itself.
cv::Matx33f scaling(const Regression& r) {
    cv::Matx33f scaled = cv::Matx33f::zeros();
    for (int c = 0; c < 3; ++c) {
        scaled(c, c) = std::clamp((r.mean_p[c] + 0.01F) / (r.mean_i[c] + 0.01F), 0.4F, 2.5F);
    }
    return scaled;
}

// What to expect of a place that has no structure of its own.
struct Expectation {
    cv::Matx33f overall; // the one map that suits the whole picture best
    float mixes = 0;     // 0..1: how far that map, in which channels mix, is to be preferred to scaling
};

// Colours that were mixed, as for black and white, are hardly explained by scaling each channel by itself.
float preference_for_mixing(const Regression& r, const Moments& m, const cv::Matx33f& mixing) {
    float unexplained = 0;
    float unexplained_by_scaling = 0;
    for (int c = 0; c < 3; ++c) {
        const float total = m[pp + static_cast<std::size_t>(c)] - r.mean_p[c] * r.mean_p[c];
        const cv::Matx13f row = mixing.row(c);
        unexplained += total - 2 * row.dot(r.covariance.row(c)) + row.dot(row * r.variance);
        unexplained_by_scaling +=
            total - r.covariance(c, c) * r.covariance(c, c) / (r.variance(c, c) + noise);
    }
    const float ratio = (std::max(0.0F, unexplained) + noise) / (unexplained_by_scaling + noise);
    return 1 -
           smoothstep(ratio, 0.15F, 0.4F); // photos: up to 0.41 in black and white, from 0.45 on otherwise
}

Expectation expect_of(const MomentPlane& plane) {
    std::array<double, moments> sums{};
    for (const Moments& square : plane) {
        for (std::size_t k = 0; k < moments; ++k) {
            sums[k] += square[k];
        }
    }
    Moments means{};
    for (std::size_t k = 0; k < moments; ++k) {
        means[k] = static_cast<float>(sums[k] / static_cast<double>(plane.size()));
    }
    const Regression whole = regression_of(means);
    const cv::Matx33f overall = regress(whole, scaling(whole));
    return {overall, preference_for_mixing(whole, means, overall)};
}

LocalMap solve(const Moments& m, const DetailTrust& trust, const Expectation& expected) {
    const Regression here = regression_of(m);
    const cv::Matx33f matrix =
        regress(here, expected.overall * expected.mixes + scaling(here) * (1 - expected.mixes));
    LocalMap map{};
    float explained = 0;
    float total = 0;
    for (int c = 0; c < 3; ++c) {
        const cv::Matx13f row = matrix.row(c);
        map.red[c] = row(0);
        map.green[c] = row(1);
        map.blue[c] = row(2);
        map.rest[c] = here.mean_p[c] - row.t().dot(cv::Matx31f(here.mean_i));
        explained += 2 * row.dot(here.covariance.row(c)) - row.dot(row * here.variance);
        total += std::max(0.0F, m[pp + static_cast<std::size_t>(c)] - here.mean_p[c] * here.mean_p[c]);
    }
    const float share = (explained + noise) / (total + noise);
    map.rest[3] = smoothstep(share, trust.from, trust.wholly);
    return map;
}

} // namespace

DetailTransfer learn_detail(const ImageView& guide, const ImageView& wanted, const DetailTrust& trust) {
    constexpr int step = DetailTransfer::step / reduction;
    const Image small_guide = reduce(guide, reduction);
    const Image small_wanted = reduce(wanted, reduction);
    const Size small = small_guide.size();
    DetailTransfer transfer{.size = {(small.width + step - 1) / step, (small.height + step - 1) / step},
                            .maps = {}};
    const MomentPlane squares = gather_moments(small_guide.view(), small_wanted.view(), transfer.size);
    const Expectation expected = expect_of(squares);
    const MomentPlane near = box_mean(squares, transfer.size);
    std::vector<LocalMap> maps(near.size());
    for_each_parallel(transfer.size.height, [&](int y) {
        const auto first = static_cast<std::size_t>(y) * static_cast<std::size_t>(transfer.size.width);
        for (std::size_t at = first; at < first + static_cast<std::size_t>(transfer.size.width); ++at) {
            maps[at] = solve(near[at], trust, expected);
        }
    });
    transfer.maps = box_mean(maps, transfer.size);
    return transfer;
}

} // namespace kontext
