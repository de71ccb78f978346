#include "tests/bench/fidelity/shapes.h"

#include <algorithm>
#include <array>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace kontext::bench {

std::vector<cv::Point2d> draw_outline(Random& random, cv::Size size, double area_share) {
    constexpr int points = 240;
    std::array<double, 5> amplitudes{};
    std::array<double, 5> phases{};
    for (std::size_t k = 0; k < amplitudes.size(); ++k) {
        amplitudes[k] = random.around_zero(0.28 / static_cast<double>(k + 1));
        phases[k] = random.uniform(0, 2 * std::numbers::pi);
    }
    const double stretch = std::exp(random.around_zero(0.35));
    const double turn = random.uniform(0, std::numbers::pi);
    std::vector<cv::Point2d> outline;
    double doubled_area = 0;
    for (int i = 0; i < points; ++i) {
        const double angle = 2 * std::numbers::pi * i / points;
        double radius = 1;
        for (std::size_t k = 0; k < amplitudes.size(); ++k) {
            radius += amplitudes[k] * std::cos(static_cast<double>(k + 2) * angle + phases[k]);
        }
        const double x = radius * std::cos(angle) * stretch;
        const double y = radius * std::sin(angle) / stretch;
        outline.emplace_back(x * std::cos(turn) - y * std::sin(turn),
                             x * std::sin(turn) + y * std::cos(turn));
    }
    for (std::size_t i = 0; i < outline.size(); ++i) {
        doubled_area += outline[i].cross(outline[(i + 1) % outline.size()]);
    }
    const double scale = std::sqrt(2 * area_share * size.width * size.height / std::abs(doubled_area));
    for (cv::Point2d& point : outline) {
        point *= scale;
    }
    const cv::Rect2d box = box_of(outline);
    // Up to a tenth of it may lie outside the picture.
    const double left = random.uniform(-0.1 * box.width, std::max(0.0, size.width - 0.9 * box.width));
    const double top = random.uniform(-0.1 * box.height, std::max(0.0, size.height - 0.9 * box.height));
    return moved(outline, {left - box.x, top - box.y});
}

std::vector<cv::Point2d> moved(std::vector<cv::Point2d> outline, cv::Point2d by) {
    for (cv::Point2d& point : outline) {
        point += by;
    }
    return outline;
}

cv::Rect2d box_of(const std::vector<cv::Point2d>& outline) {
    cv::Point2d low = outline.front();
    cv::Point2d high = low;
    for (const cv::Point2d& point : outline) {
        low = {std::min(low.x, point.x), std::min(low.y, point.y)};
        high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
    return {low, high};
}

Region fill(const std::vector<cv::Point2d>& outline, cv::Size picture, double softness) {
    const double margin = 3 * softness + 2;
    const cv::Rect2d box = box_of(outline);
    const cv::Point low(static_cast<int>(std::floor(box.x - margin)),
                        static_cast<int>(std::floor(box.y - margin)));
    const cv::Point high(static_cast<int>(std::ceil(box.br().x + margin)),
                         static_cast<int>(std::ceil(box.br().y + margin)));
    const cv::Rect whole(low, high);
    constexpr int bits = 4;
    std::vector<cv::Point> polygon;
    for (const cv::Point2d& point : outline) {
        polygon.emplace_back(static_cast<int>(std::lround((point.x - low.x) * (1 << bits))),
                             static_cast<int>(std::lround((point.y - low.y) * (1 << bits))));
    }
    cv::Mat mask = cv::Mat::zeros(whole.size(), CV_8U);
    cv::fillPoly(mask, std::vector<std::vector<cv::Point>>{polygon}, 255, cv::LINE_AA, bits);
    cv::GaussianBlur(mask, mask, {}, softness);
    const cv::Rect inside = whole & cv::Rect({}, picture);
    return {.box = inside, .mask = mask(inside - low).clone()};
}

cv::Mat smooth_noise(Random& random, cv::Size size, double wavelength) {
    // White noise on a grid of half a wavelength, interpolated.
    const cv::Size grid(std::max(3, static_cast<int>(std::ceil(2 * size.width / wavelength)) + 1),
                        std::max(3, static_cast<int>(std::ceil(2 * size.height / wavelength)) + 1));
    cv::Mat coarse(grid, CV_32F);
    for (int y = 0; y < grid.height; ++y) {
        for (int x = 0; x < grid.width; ++x) {
            coarse.at<float>(y, x) = static_cast<float>(random.normal());
        }
    }
    cv::Mat fine;
    cv::resize(coarse, fine, size, 0, 0, cv::INTER_CUBIC);
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(fine, mean, deviation);
    return (fine - mean[0]) / std::max(1e-6, deviation[0]);
}

void blend(cv::Mat into, const cv::Mat& content, const cv::Mat& mask) {
    cv::parallel_for_({0, into.rows}, [&](const cv::Range& rows) {
        for (int y = rows.start; y < rows.end; ++y) {
            auto* to = into.ptr<std::uint8_t>(y);
            const auto* from = content.ptr<std::uint8_t>(y);
            const auto* weights = mask.ptr<std::uint8_t>(y);
            for (int x = 0; x < into.cols; ++x, to += 3, from += 3) {
                const int weight = weights[x];
                for (int c = 0; weight != 0 && c < 3; ++c) {
                    to[c] =
                        static_cast<std::uint8_t>((to[c] * (255 - weight) + from[c] * weight + 127) / 255);
                }
            }
        }
    });
}

} // namespace kontext::bench
