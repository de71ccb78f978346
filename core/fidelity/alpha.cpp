#include "core/fidelity/alpha.h"

#include "core/fidelity/mat.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

// Canvas pixels
constexpr double around_change = 5;
constexpr double around_light = 28;
constexpr double inside_selection = 8;

std::uint8_t eased(float share) {
    const float t = std::clamp(share, 0.0F, 1.0F);
    return static_cast<std::uint8_t>(std::lround(255 * t * t * (3 - 2 * t)));
}

// 255 on the mask, falling smoothly to 0 over `feather` pixels around it.
std::vector<std::uint8_t> feather_outside(const ImageView& mask, double feather) {
    const cv::Mat inside = as_mat(mask);
    std::vector<std::uint8_t> alpha(static_cast<std::size_t>(mask.size.pixels()));
    if (cv::countNonZero(inside) == 0) {
        return alpha;
    }
    cv::Mat distance;
    cv::distanceTransform(inside == 0, distance, cv::DIST_L2, 5);
    std::size_t at = 0;
    for (int y = 0; y < distance.rows; ++y) {
        const auto* row = distance.ptr<float>(y);
        for (int x = 0; x < distance.cols; ++x) {
            alpha[at++] = row[x] <= 0 ? 255 : eased(1 - row[x] / static_cast<float>(feather + 1));
        }
    }
    return alpha;
}

// 0 outside, rising smoothly to 255 over `feather` pixels inside, or less where the shape is too narrow for
// it. The picture's border is no edge.
std::vector<std::uint8_t> feather_inside(const ImageView& mask, double feather) {
    const cv::Mat inside = as_mat(mask) != 0;
    std::vector<std::uint8_t> alpha(static_cast<std::size_t>(mask.size.pixels()), 255);
    if (cv::countNonZero(inside) == static_cast<int>(inside.total())) {
        return alpha;
    }
    cv::Mat distance;
    cv::distanceTransform(inside, distance, cv::DIST_L2, 5);
    cv::Mat labels;
    const int count = cv::connectedComponents(inside, labels, 8, CV_32S);
    std::vector<float> widest(static_cast<std::size_t>(count));
    for (int y = 0; y < distance.rows; ++y) {
        for (int x = 0; x < distance.cols; ++x) {
            float& most = widest[static_cast<std::size_t>(labels.at<int>(y, x))];
            most = std::max(most, distance.at<float>(y, x));
        }
    }
    std::size_t at = 0;
    for (int y = 0; y < distance.rows; ++y) {
        for (int x = 0; x < distance.cols; ++x) {
            const float most = widest[static_cast<std::size_t>(labels.at<int>(y, x))];
            const float reach = std::min(static_cast<float>(feather), 0.6F * most);
            const float depth = distance.at<float>(y, x);
            alpha[at++] = depth <= 0 ? 0 : eased(depth / std::max(1.0F, reach));
        }
    }
    return alpha;
}

} // namespace

std::vector<std::uint8_t> alpha_of_change(const ImageView& changed, const ImageView& light) {
    std::vector<std::uint8_t> alpha = feather_outside(changed, around_change);
    if (light.data != nullptr) {
        const std::vector<std::uint8_t> soft = feather_outside(light, around_light);
        std::ranges::transform(alpha, soft, alpha.begin(),
                               [](auto one, auto other) { return std::max(one, other); });
    }
    return alpha;
}

std::vector<std::uint8_t> alpha_of_selection(const ImageView& selection, const ImageView& protection) {
    if (selection.data == nullptr && protection.data == nullptr) {
        return {};
    }
    Image allowed(selection.data != nullptr ? selection.size : protection.size, {SampleType::u8, 1});
    cv::Mat mat = as_mat(allowed.view());
    mat.setTo(255);
    if (selection.data != nullptr) {
        as_mat(selection).copyTo(mat);
    }
    if (protection.data != nullptr) {
        mat.setTo(0, as_mat(protection) != 0);
    }
    cv::setNumThreads(1);
    std::vector<std::uint8_t> alpha = feather_inside(allowed.view(), inside_selection);
    for (int y = 0; y < mat.rows; ++y) { // soft selections stay as soft as they are
        for (int x = 0; x < mat.cols; ++x) {
            std::uint8_t& value = alpha[static_cast<std::size_t>(y * mat.cols + x)];
            value = std::min(value, mat.at<std::uint8_t>(y, x));
        }
    }
    return alpha;
}

} // namespace kontext
