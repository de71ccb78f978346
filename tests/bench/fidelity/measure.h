#pragma once

#include "tests/bench/fidelity/round_trip.h"

#include <functional>
#include <optional>
#include <vector>

#include <opencv2/core.hpp>

namespace kontext::bench {

constexpr double visible_distance = 2.3; // ΔE (CIE 1976) that people just see

// ΔE of two pictures (CV_8UC3, RGB), pixel by pixel (CV_32F); with `blur`, of both pictures blurred so far.
cv::Mat colour_distance(const cv::Mat& one, const cv::Mat& other, double blur = 0);

// Where a method believes a pixel of the sent picture to be in the reply.
using PixelMap = std::function<cv::Point2d(cv::Point2d)>;

// Mean distance from the truth, in pixels at model scale, over the pixels that the reply shows and that did
// not change; over all that it shows where the edit changes the whole picture.
double registration_error(const RoundTrip& trip, const PixelMap& map, EditKind edit);

// Where a pixel that is unchanged by truth is known to be visible in the reply, well away from changes
// (CV_8U).
cv::Mat unchanged_pixels(const RoundTrip& trip);

double share(const cv::Mat& mask); // of pixels that are not 0
// Intersection over union of two masks; 1 where both are empty.
double overlap(const cv::Mat& one, const cv::Mat& other);
double mean_where(const cv::Mat& values, const cv::Mat& mask);

struct PixelCounts {
    double untouched_exact = 1; // share of the truly untouched pixels whose bits are the photo's
    double untouched_psnr = 0;  // dB, identical is 99
    double changed_psnr = 0;
};

// At full resolution; `changed` is the truth at full resolution, CV_8U.
PixelCounts compare_pixels(const cv::Mat& photo, const cv::Mat& truth, const cv::Mat& result);

// Mean structural similarity (Wang 2004: luminance, 11 x 11 Gaussian) over the pixels of `where`.
double structural_similarity(const cv::Mat& one, const cv::Mat& other, const cv::Mat& where);

// How strong the noise of the flatter squares within `where` is (CV_8U, the picture's size): deviation of
// luminance from what a Gaussian of 2 pixels leaves, in steps of 8 bits. None where there are too few
// squares.
std::optional<double> noise_of(const cv::Mat& picture, const cv::Mat& where);

double median(std::vector<double> values);
double quantile(std::vector<double> values, double share);

} // namespace kontext::bench
