#include "core/fidelity/pyramid.h"

#include "core/fidelity/mat.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

// Below this contrast a place counts as flat: JPEG's own 8x8 grid must not become a feature.
constexpr float contrast_floor = 0.012F;

// At half the size and less that grid is hardly seen.
constexpr float faint_contrast = 0.003F;

constexpr int most_levels = 4;
constexpr int smallest_side = 24;
constexpr int fine_radius = 8;   // pixels, at the full size …
constexpr int coarse_radius = 6; // … and below
constexpr PixelFormat one_float{SampleType::f32, 1};

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

// (Y - G*Y) / sqrt(G*(Y - G*Y)^2 + floor^2)
Image make_features(const cv::Mat& luma, int radius, float floor) {
    Image features({luma.cols, luma.rows}, one_float);
    cv::Mat result = as_mat(features.view());
    cv::Mat mean(luma.size(), CV_32F);
    smooth(luma, mean, radius);
    cv::Mat energy(luma.size(), CV_32F);
    for_each_band(luma.rows, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const auto* value = luma.ptr<float>(y);
            const auto* local = mean.ptr<float>(y);
            auto* difference = result.ptr<float>(y);
            auto* square = energy.ptr<float>(y);
            for (int x = 0; x < luma.cols; ++x) {
                difference[x] = value[x] - local[x];
                square[x] = difference[x] * difference[x];
            }
        }
    });
    smooth(energy, mean, radius);
    for_each_band(luma.rows, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const auto* square = mean.ptr<float>(y);
            auto* feature = result.ptr<float>(y);
            for (int x = 0; x < luma.cols; ++x) {
                feature[x] /= std::sqrt(std::max(0.0F, square[x]) + floor * floor);
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
        levels.push_back({make_features(one, radius, contrast_floor),
                          make_features(other, radius, contrast_floor), 1 << level});
    }
    return levels;
}

std::vector<FeatureLevel> count_faint_contrasts(std::vector<FeatureLevel> pyramid, const ImageView& canvas,
                                                const ImageView& reply) {
    cv::Mat one = as_mat(canvas);
    cv::Mat other = as_mat(reply);
    for (std::size_t level = 1; level < pyramid.size(); ++level) {
        one = halve(one);
        other = halve(other);
        pyramid[level].canvas = make_features(one, coarse_radius, faint_contrast);
        pyramid[level].reply = make_features(other, coarse_radius, faint_contrast);
    }
    return pyramid;
}

} // namespace kontext
