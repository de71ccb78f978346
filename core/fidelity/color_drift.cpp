#include "core/fidelity/color_drift.h"

#include "core/fidelity/mat.h"
#include "core/fidelity/median.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

// Deviations, in canvas widths, over which what unchanged places differ by is averaged: narrow enough to
// leave little uneven light around a change, …
constexpr double near = 1 / 18.0;
constexpr double far = 1 / 10.0; // … where nothing is known that near, …
constexpr double wide = 1 / 3.0; // … and where it is even, so that a soft change is not averaged away

constexpr float known = 0.4F;            // share of known pixels around a node that speaks for its place
constexpr std::size_t fewest_nodes = 50; // that say how much drift varies
constexpr double deviations = 1.4826;    // of a normal distribution in its median absolute deviation

using Axis = std::array<float, 3>;
constexpr Axis light_axis{0.57735F, 0.57735F, 0.57735F};
constexpr std::array<Axis, 2> color_axes{{{0.70711F, 0, -0.70711F}, {0.40825F, -0.81650F, 0.40825F}}};

float along(const Axis& axis, const float* rgb) {
    return axis[0] * rgb[0] + axis[1] * rgb[1] + axis[2] * rgb[2];
}

float robust_deviation(std::vector<float> values) {
    const auto middle = static_cast<float>(median_of(values));
    for (float& value : values) {
        value = std::abs(value - middle);
    }
    return static_cast<float>(deviations * median_of(values));
}

} // namespace

DriftSpread measure_spread(const Residuals& residuals) {
    const Grid& sums = residuals.sums;
    const cv::Mat all(
        sums.size.height, sums.size.width, CV_32FC4,
        const_cast<float*>(sums.values.data())); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    const double deviation = std::max(0.3, near * residuals.canvas.width / sums.step);
    cv::Mat around;
    cv::setNumThreads(1);
    cv::GaussianBlur(all, around, {}, deviation, deviation, cv::BORDER_CONSTANT);
    const float enough = known * static_cast<float>(sums.step * sums.step);
    std::array<std::vector<float>, 3> values;
    for (int y = 0; y < around.rows; ++y) {
        for (int x = 0; x < around.cols; ++x) {
            const auto& node = around.at<cv::Vec4f>(y, x);
            if (node[3] >= enough) {
                values[0].push_back(along(light_axis, node.val) / node[3]);
                values[1].push_back(along(color_axes[0], node.val) / node[3]);
                values[2].push_back(along(color_axes[1], node.val) / node[3]);
            }
        }
    }
    if (values[0].size() < fewest_nodes) {
        return {};
    }
    return {.light = robust_deviation(std::move(values[0])) * light_axis[0],
            .color =
                std::max(robust_deviation(std::move(values[1])), robust_deviation(std::move(values[2])))};
}

Grid fit_drift(const Residuals& residuals, const DriftSpread& spread) {
    const double width = residuals.canvas.width;
    const Grid smooth = smooth_residuals(residuals, wide * width, wide * width);
    if (spread.is_light_even()) {
        return smooth;
    }
    Grid field = smooth_residuals(residuals, near * width, far * width);
    if (!spread.is_color_even()) {
        return field;
    }
    for (std::size_t i = 0; i + 2 < field.values.size(); i += 3) {
        const float light =
            along(light_axis, field.values.data() + i) - along(light_axis, smooth.values.data() + i);
        for (std::size_t c = 0; c < 3; ++c) {
            field.values[i + c] = smooth.values[i + c] + light_axis[c] * light;
        }
    }
    return field;
}

} // namespace kontext
