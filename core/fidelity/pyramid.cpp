#include "core/fidelity/pyramid.h"

#include "core/fidelity/mat.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

// Below this contrast a place counts as flat: JPEG's own 8x8 grid must not become a feature, …
constexpr float contrast_floor = 0.012F;

// … unless it is known that the pictures are the same.
constexpr float faint_contrast = 0.002F;

constexpr float mostly = 0.75F; // of a pixel's place that has to be known

constexpr int most_levels = 4;
constexpr int levels_of_same = 2; // coarser ones err over wide places alike, which no mean makes up for
constexpr int smallest_side = 24;
constexpr int fine_radius = 8;   // pixels, at the full size …
constexpr int coarse_radius = 6; // … and below
constexpr PixelFormat one_float{SampleType::f32, 1};
constexpr PixelFormat one_byte{SampleType::u8, 1};

// Sum of rows and columns as a box of `radius`, three times: close to a Gaussian, at any width for the same
// time.
void smooth(const cv::Mat& from, cv::Mat& to, int radius) {
    const cv::Size box(2 * radius + 1, 2 * radius + 1);
    cv::Mat between(from.size(), from.type());
    const auto pass = [&](const cv::Mat& source, cv::Mat& target) {
        for_each_band(source.rows, [&](int first, int last) {
            cv::Mat rows = target.rowRange(first, last);
            cv::boxFilter(source.rowRange(first, last), rows, -1, box, {-1, -1}, true,
                          cv::BORDER_REFLECT_101);
        });
    };
    pass(from, between);
    pass(between, to);
}

// Where a level is known: 1 or 0, and that as smooth as the features' means.
struct Known {
    cv::Mat weights;
    cv::Mat around;
};

Known know_everywhere(cv::Size size) {
    return {cv::Mat::ones(size, CV_32F), cv::Mat::ones(size, CV_32F)};
}

Known know(const cv::Mat& weights, int radius) {
    Known known{weights, cv::Mat(weights.size(), CV_32F)};
    smooth(weights, known.around, radius);
    cv::max(known.around, 1e-3, known.around);
    return known;
}

// (Y - G*Y) / sqrt(G*(Y - G*Y)^2 + floor^2), G being a mean of what is known, and 0 where nothing is.
// `values` are 0 there.
Image make_features(const cv::Mat& values, const Known& known, int radius, float floor) {
    Image features({values.cols, values.rows}, one_float);
    cv::Mat result = as_mat(features.view());
    cv::Mat mean(values.size(), CV_32F);
    smooth(values, mean, radius);
    cv::Mat energy(values.size(), CV_32F);
    for_each_band(values.rows, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const auto* value = values.ptr<float>(y);
            const auto* local = mean.ptr<float>(y);
            const auto* weight = known.weights.ptr<float>(y);
            const auto* around = known.around.ptr<float>(y);
            auto* difference = result.ptr<float>(y);
            auto* square = energy.ptr<float>(y);
            for (int x = 0; x < values.cols; ++x) {
                difference[x] = weight[x] * (value[x] - local[x] / around[x]);
                square[x] = difference[x] * difference[x];
            }
        }
    });
    smooth(energy, mean, radius);
    for_each_band(values.rows, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const auto* square = mean.ptr<float>(y);
            const auto* around = known.around.ptr<float>(y);
            auto* feature = result.ptr<float>(y);
            for (int x = 0; x < values.cols; ++x) {
                feature[x] /= std::sqrt(std::max(0.0F, square[x]) / around[x] + floor * floor);
            }
        }
    });
    return features;
}

cv::Mat halve(const cv::Mat& picture) {
    const cv::Mat even = picture(cv::Rect(0, 0, picture.cols & ~1, picture.rows & ~1));
    cv::Mat half(even.rows / 2, even.cols / 2, CV_32F);
    for_each_band(half.rows, [&](int first, int last) {
        cv::Mat blurred;
        cv::GaussianBlur(even.rowRange(2 * first, 2 * last), blurred, {5, 5}, 0.8);
        cv::Mat rows = half.rowRange(first, last);
        cv::resize(blurred, rows, rows.size(), 0, 0, cv::INTER_AREA);
    });
    return half;
}

// A plane of both pictures, with 0 where they are not known to be the same.
struct Plane {
    cv::Mat canvas;
    cv::Mat aligned;
};

cv::Mat product(const cv::Mat& one, const cv::Mat& other) {
    cv::Mat result(one.size(), CV_32F);
    for_each_band(one.rows, [&](int first, int last) {
        cv::Mat rows = result.rowRange(first, last);
        cv::multiply(one.rowRange(first, last), other.rowRange(first, last), rows);
    });
    return result;
}

Plane take_known(const Image& canvas, const Image& aligned, const cv::Mat& weights) {
    return {product(as_mat(canvas.view()), weights), product(as_mat(aligned.view()), weights)};
}

// Half the size, of what is known there; `half` are the weights, halved, and `weights` what is left of them.
Plane halve(const Plane& plane, const cv::Mat& half, const cv::Mat& weights) {
    const cv::Mat scale = weights / cv::max(half, 1e-3);
    return {product(halve(plane.canvas), scale), product(halve(plane.aligned), scale)};
}

cv::Mat keep_mostly_known(const cv::Mat& half) {
    cv::Mat weights;
    cv::threshold(half, weights, mostly, 1, cv::THRESH_BINARY);
    return weights;
}

// Where gradients do not reach what is not known.
Image find_usable(const cv::Mat& weights) {
    Image usable({weights.cols, weights.rows}, one_byte);
    cv::Mat known;
    weights.convertTo(known, CV_8U, 255);
    cv::Mat inner = as_mat(usable.view());
    cv::erode(known, inner, cv::Mat::ones(3, 3, CV_8U));
    return usable;
}

} // namespace

std::vector<FeatureLevel> build_pyramid(const ImageView& canvas, const ImageView& reply) {
    cv::Mat one = as_mat(canvas);
    cv::Mat other = as_mat(reply);
    std::vector<FeatureLevel> levels;
    for (int level = 0; level < most_levels; ++level) {
        if (level > 0) {
            if (std::min(one.cols, one.rows) / 2 < smallest_side) {
                break;
            }
            one = halve(one);
            other = halve(other);
        }
        const int radius = level == 0 ? fine_radius : coarse_radius;
        const Known known = know_everywhere(one.size());
        levels.push_back({.canvas = make_features(one, known, radius, contrast_floor),
                          .reply = make_features(other, known, radius, contrast_floor),
                          .use = {},
                          .floor = contrast_floor,
                          .scale = 1 << level});
    }
    return levels;
}

std::vector<FeatureLevel> build_pyramid_of_same(const Opponents& canvas, const Opponents& aligned,
                                                const ImageView& same) {
    cv::Mat weights;
    cv::setNumThreads(1);
    as_mat(same).convertTo(weights, CV_32F);
    cv::threshold(weights, weights, 0, 1, cv::THRESH_BINARY);
    std::vector<Plane> planes{take_known(canvas.luma, aligned.luma, weights)};
    std::vector<FeatureLevel> levels;
    for (int level = 0; level < levels_of_same; ++level) {
        if (level > 0) {
            if (std::min(weights.cols, weights.rows) / 2 < smallest_side) {
                break;
            }
            const cv::Mat half = halve(weights);
            weights = keep_mostly_known(half);
            for (Plane& plane : planes) {
                plane = halve(plane, half, weights);
            }
        }
        if (level == 1) {
            planes.push_back(take_known(canvas.red, aligned.red, weights));
            planes.push_back(take_known(canvas.blue, aligned.blue, weights));
        }
        const int radius = level == 0 ? fine_radius : coarse_radius;
        const Known known = know(weights, radius);
        for (const Plane& plane : planes) {
            levels.push_back({.canvas = make_features(plane.canvas, known, radius, faint_contrast),
                              .reply = make_features(plane.aligned, known, radius, faint_contrast),
                              .use = find_usable(weights),
                              .floor = faint_contrast,
                              .scale = 1 << level});
        }
    }
    return levels;
}

} // namespace kontext
