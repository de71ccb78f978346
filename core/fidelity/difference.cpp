#include "core/fidelity/difference.h"

#include "core/fidelity/mat.h"
#include "core/image/lab_tables.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr PixelFormat one_float{SampleType::f32, 1};

constexpr float structure_weight = 5; // ΔE for structure that is wholly different
constexpr float structure_tolerance = 0.25F;
constexpr float structure_noise = 6;     // variance of L that means nothing
constexpr float clipping_starts = 0.92F; // brightest channel from which a small distance says less
constexpr float clipping_ends = 0.985F;
constexpr float dark_clipping_starts = 0.03F; // and of the darkest channel
constexpr float dark_clipping_ends = 0.005F;
constexpr float clipping_discount = 0.2F;
constexpr float clipping_limit = 20; // ΔE; beyond it even a highlight has changed

using Planes = std::array<cv::Mat, 3>;

// Low-passed, in CIE L*a*b*, channels apart.
Planes to_lab(const cv::Mat& picture, double blur) {
    Planes planes;
    for (cv::Mat& plane : planes) {
        plane.create(picture.size(), CV_32F);
    }
    for_each_band(picture.rows, [&](int first, int last) {
        cv::Mat rows;
        cv::GaussianBlur(picture.rowRange(first, last), rows, {}, blur, blur, cv::BORDER_REFLECT_101);
        cv::cvtColor(rows, rows, cv::COLOR_RGB2Lab);
        Planes part{planes[0].rowRange(first, last), planes[1].rowRange(first, last),
                    planes[2].rowRange(first, last)};
        cv::split(rows, part.data());
    });
    return planes;
}

// The smallest squared distance among the neighbours: redrawn textures are off by half a pixel here and
// there.
void nearest_row(const Planes& one, const Planes& other, int y, float* squares) {
    const int width = one[0].cols;
    std::fill(squares, squares + width, 1e9F);
    for (int dy = -1; dy <= 1; ++dy) {
        const int row = std::clamp(y + dy, 0, one[0].rows - 1);
        const std::array<const float*, 3> a{one[0].ptr<float>(y), one[1].ptr<float>(y), one[2].ptr<float>(y)};
        const std::array<const float*, 3> b{other[0].ptr<float>(row), other[1].ptr<float>(row),
                                            other[2].ptr<float>(row)};
        for (int dx = -1; dx <= 1; ++dx) {
            for (int x = std::max(0, -dx); x < width - std::max(0, dx); ++x) {
                const float l = a[0][x] - b[0][x + dx];
                const float u = a[1][x] - b[1][x + dx];
                const float v = a[2][x] - b[2][x + dx];
                squares[x] = std::min(squares[x], l * l + u * u + v * v);
            }
        }
    }
}

cv::Mat half_of(const cv::Mat& plane) {
    cv::Mat half(std::max(1, plane.rows / 2), std::max(1, plane.cols / 2), CV_32F);
    cv::resize(plane, half, half.size(), 0, 0, cv::INTER_AREA);
    return half;
}

cv::Mat smoothed(const cv::Mat& plane, double deviation) {
    cv::Mat result(plane.size(), CV_32F);
    for_each_band(plane.rows, [&](int first, int last) {
        cv::Mat rows = result.rowRange(first, last);
        cv::GaussianBlur(plane.rowRange(first, last), rows, {}, deviation, deviation, cv::BORDER_REFLECT_101);
    });
    return result;
}

// SSIM's structure and contrast term (Wang 2004) on lightness, whose noise counts for nothing.
Image measure_similarity(const cv::Mat& one, const cv::Mat& other) {
    const cv::Mat a = half_of(one);
    const cv::Mat b = half_of(other);
    const cv::Mat mean_a = smoothed(a, 2);
    const cv::Mat mean_b = smoothed(b, 2);
    const cv::Mat square_a = smoothed(a.mul(a), 2);
    const cv::Mat square_b = smoothed(b.mul(b), 2);
    const cv::Mat product = smoothed(a.mul(b), 2);
    Image result({a.cols, a.rows}, one_float);
    for_each_band(a.rows, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            auto* similarity = result.view().samples<float>(y);
            const auto* ma = mean_a.ptr<float>(y);
            const auto* mb = mean_b.ptr<float>(y);
            const auto* sa = square_a.ptr<float>(y);
            const auto* sb = square_b.ptr<float>(y);
            const auto* p = product.ptr<float>(y);
            for (int x = 0; x < a.cols; ++x) {
                const float variances = sa[x] - ma[x] * ma[x] + sb[x] - mb[x] * mb[x];
                similarity[x] =
                    (2 * (p[x] - ma[x] * mb[x]) + structure_noise) / (variances + structure_noise);
            }
        }
    });
    return result;
}

// Where the second picture is unknown nothing differs.
Image measure_shift(const Planes& one, const Planes& other, const cv::Mat& covered) {
    Image result({std::max(1, covered.cols / 4), std::max(1, covered.rows / 4)}, {SampleType::f32, 3});
    Planes shift;
    for (std::size_t c = 0; c < 3; ++c) {
        cv::Mat difference = one[c] - other[c];
        difference.setTo(0, covered == 0);
        cv::resize(difference, shift[c], {result.size().width, result.size().height}, 0, 0, cv::INTER_AREA);
    }
    cv::Mat target = as_mat(result.view());
    cv::merge(shift.data(), 3, target);
    return result;
}

void activity_row(const Planes& lab, int y, float* activity) {
    const int width = lab[0].cols;
    for (int x = 0; x < width; ++x) {
        const int left = std::max(0, x - 1);
        const int right = std::min(width - 1, x + 1);
        float squares = 0;
        for (const cv::Mat& plane : lab) {
            const float across = plane.ptr<float>(y)[right] - plane.ptr<float>(y)[left];
            const float down = plane.ptr<float>(std::min(plane.rows - 1, y + 1))[x] -
                               plane.ptr<float>(std::max(0, y - 1))[x];
            squares += across * across + down * down;
        }
        activity[x] = squares / 4;
    }
}

void square_roots(cv::Mat& plane) {
    for (int y = 0; y < plane.rows; ++y) {
        auto* row = plane.ptr<float>(y);
        for (int x = 0; x < plane.cols; ++x) {
            row[x] = std::sqrt(std::max(0.0F, row[x]));
        }
    }
}

Image measure_activity(const Planes& lab) {
    cv::Mat squares(lab[0].size(), CV_32F);
    for_each_band(squares.rows, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            activity_row(lab, y, squares.ptr<float>(y));
        }
    });
    Image activity({squares.cols, squares.rows}, one_float);
    cv::Mat result = as_mat(activity.view());
    for_each_band(squares.rows, [&](int first, int last) {
        cv::Mat rows = result.rowRange(first, last);
        cv::boxFilter(squares.rowRange(first, last), rows, -1, {9, 9}, {-1, -1}, true,
                      cv::BORDER_REFLECT_101);
        square_roots(rows);
    });
    return activity;
}

float smoothstep(float value, float low, float high) {
    const float t = std::clamp((value - low) / (high - low), 0.0F, 1.0F);
    return t * t * (3 - 2 * t);
}

void finish_row(const float* rgb, const std::uint8_t* covered, const float* similarity, int width,
                float* distance) {
    for (int x = 0; x < width; ++x, rgb += 3) {
        // Structure is seen through a wide window: it may double a difference, not make one beside it.
        float value = std::sqrt(distance[x]);
        value += std::min(value, structure_weight * std::max(0.0F, 1 - similarity[x] - structure_tolerance));
        const float brightest = std::max({rgb[0], rgb[1], rgb[2]});
        const float darkest = std::min({rgb[0], rgb[1], rgb[2]});
        if (value < clipping_limit) {
            const float doubt = std::max(smoothstep(brightest, clipping_starts, clipping_ends),
                                         1 - smoothstep(darkest, dark_clipping_ends, dark_clipping_starts));
            value *= 1 - clipping_discount * doubt;
        }
        distance[x] = covered[x] != 0 ? value : 0;
    }
}

} // namespace

Difference measure_difference(const ImageView& canvas, const ImageView& aligned, const ImageView& covered,
                              double blur) {
    make_lab_tables();
    const Planes one = to_lab(as_mat(canvas), blur);
    const Planes other = to_lab(as_mat(aligned), blur);
    Difference difference{.distance = Image(canvas.size, one_float),
                          .similarity = measure_similarity(one[0], other[0]),
                          .activity = measure_activity(one),
                          .shift = measure_shift(one, other, as_mat(covered))};
    cv::Mat similarity;
    cv::resize(as_mat(difference.similarity.view()), similarity, one[0].size(), 0, 0, cv::INTER_LINEAR);
    for_each_band(canvas.size.height, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            auto* distance = difference.distance.view().samples<float>(y);
            nearest_row(one, other, y, distance);
            finish_row(canvas.samples<float>(y), covered.samples<std::uint8_t>(y), similarity.ptr<float>(y),
                       canvas.size.width, distance);
        }
    });
    return difference;
}

} // namespace kontext
