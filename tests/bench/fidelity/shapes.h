#pragma once

#include "tests/bench/fidelity/random.h"

#include <vector>

#include <opencv2/core.hpp>

namespace kontext::bench {

// A part of a picture: how much each pixel belongs to it (CV_8U), and where the mask lies.
struct Region {
    cv::Rect box;
    cv::Mat mask;
};

// The smooth outline of something, somewhere in a picture of `size`, which covers that share of its area.
std::vector<cv::Point2d> draw_outline(Random& random, cv::Size size, double area_share);

// Moves an outline's box to stand at `corner`.
std::vector<cv::Point2d> moved(std::vector<cv::Point2d> outline, cv::Point2d by);
cv::Rect2d box_of(const std::vector<cv::Point2d>& outline);

// What the outline encloses, with an edge of `softness` pixels (sigma), cut at the picture's border.
Region fill(const std::vector<cv::Point2d>& outline, cv::Size picture, double softness);

// Smooth noise of mean 0 and deviation 1 with the given wavelength in pixels (CV_32F).
cv::Mat smooth_noise(Random& random, cv::Size size, double wavelength);

// `into` where the mask is 0, `content` where it is full; both of the mask's size (CV_8UC3).
void blend(cv::Mat into, const cv::Mat& content, const cv::Mat& mask);

} // namespace kontext::bench
