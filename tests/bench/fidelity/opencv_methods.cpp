#include "tests/bench/fidelity/methods.h"

#include <chrono>
#include <vector>

#include <opencv2/calib3d.hpp>
#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

namespace kontext::bench {

namespace {

cv::Mat to_grey(const cv::Mat& picture) {
    cv::Mat grey;
    cv::cvtColor(picture, grey, cv::COLOR_RGB2GRAY);
    return grey;
}

PixelMap affine_map(const cv::Mat& affine) {
    cv::Matx23d matrix(1, 0, 0, 0, 1, 0);
    if (!affine.empty()) {
        affine.convertTo(matrix, CV_64F);
    }
    return [matrix](cv::Point2d at) {
        const cv::Vec2d place = matrix * cv::Vec3d(at.x, at.y, 1);
        return cv::Point2d(place[0], place[1]);
    };
}

cv::Mat fit_affine(const std::vector<cv::Point2f>& sent, const std::vector<cv::Point2f>& reply) {
    constexpr double reach = 1.5; // pixels
    return sent.size() < 8 ? cv::Mat() : cv::estimateAffine2D(sent, reply, {}, cv::USAC_MAGSAC, reach, 5000);
}

// Enhanced correlation coefficient, from coarse to fine, started from the known map.
cv::Mat find_by_ecc(const cv::Mat& sent, const cv::Mat& reply) {
    constexpr int levels = 4;
    std::vector<cv::Mat> sent_levels;
    std::vector<cv::Mat> reply_levels;
    cv::buildPyramid(to_grey(sent), sent_levels, levels - 1);
    cv::buildPyramid(to_grey(reply), reply_levels, levels - 1);
    cv::Mat affine = cv::Mat::eye(2, 3, CV_32F);
    for (int level = levels - 1; level >= 0; --level) {
        const auto at = static_cast<std::size_t>(level);
        try {
            cv::findTransformECC(sent_levels[at], reply_levels[at], affine, cv::MOTION_AFFINE,
                                 {cv::TermCriteria::COUNT | cv::TermCriteria::EPS, 40, 1e-5}, cv::noArray(),
                                 5);
        } catch (const cv::Exception&) { // it does not converge: what the level above found has to do
        }
        if (level > 0) {
            affine.col(2) *= 2;
        }
    }
    return affine;
}

cv::Mat find_by_features(const cv::Mat& sent, const cv::Mat& reply) {
    const auto detector = cv::AKAZE::create();
    std::vector<cv::KeyPoint> sent_points;
    std::vector<cv::KeyPoint> reply_points;
    cv::Mat sent_descriptors;
    cv::Mat reply_descriptors;
    detector->detectAndCompute(to_grey(sent), {}, sent_points, sent_descriptors);
    detector->detectAndCompute(to_grey(reply), {}, reply_points, reply_descriptors);
    if (sent_descriptors.empty() || reply_descriptors.empty()) {
        return {};
    }
    std::vector<std::vector<cv::DMatch>> matches;
    cv::BFMatcher(cv::NORM_HAMMING).knnMatch(sent_descriptors, reply_descriptors, matches, 2);
    std::vector<cv::Point2f> from;
    std::vector<cv::Point2f> to;
    for (const auto& match : matches) {
        if (match.size() == 2 && match[0].distance < 0.8F * match[1].distance) {
            from.push_back(sent_points[static_cast<std::size_t>(match[0].queryIdx)].pt);
            to.push_back(reply_points[static_cast<std::size_t>(match[0].trainIdx)].pt);
        }
    }
    return fit_affine(from, to);
}

cv::Mat find_by_flow(const cv::Mat& sent, const cv::Mat& reply) {
    cv::Mat flow;
    cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM)->calc(to_grey(sent), to_grey(reply), flow);
    std::vector<cv::Point2f> from;
    std::vector<cv::Point2f> to;
    constexpr int step = 12;
    for (int y = step; y < flow.rows - step; y += step) {
        for (int x = step; x < flow.cols - step; x += step) {
            const cv::Point2f at(static_cast<float>(x), static_cast<float>(y));
            from.push_back(at);
            to.push_back(at + flow.at<cv::Point2f>(y, x));
        }
    }
    return fit_affine(from, to);
}

} // namespace

Finding find_with_opencv(Ready method, const RoundTrip& trip) {
    const auto start = std::chrono::steady_clock::now();
    cv::Mat affine;
    switch (method) {
    case Ready::ecc: affine = find_by_ecc(trip.sent, trip.reply); break;
    case Ready::features: affine = find_by_features(trip.sent, trip.reply); break;
    case Ready::flow: affine = find_by_flow(trip.sent, trip.reply); break;
    }
    Finding finding = find_naively(trip); // they say nothing of changes
    finding.map = affine_map(affine);
    finding.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return finding;
}

} // namespace kontext::bench
