#include "tests/bench/fidelity/methods.h"

#include <chrono>

#include <opencv2/imgproc.hpp>

namespace kontext::bench {

Finding find_naively(const RoundTrip& trip) {
    constexpr double visible_grey = 25; // the usual "Difference" threshold
    Finding finding{.map = [](cv::Point2d at) { return at; },
                    .change = {},
                    .alpha = cv::Mat(trip.sent.size(), CV_8U, cv::Scalar(255)),
                    .restored = trip.reply,
                    .decision = "everything"};
    cv::Mat sent;
    cv::Mat reply;
    cv::cvtColor(trip.sent, sent, cv::COLOR_RGB2GRAY);
    cv::cvtColor(trip.reply, reply, cv::COLOR_RGB2GRAY);
    cv::absdiff(sent, reply, sent);
    finding.change = sent > visible_grey;
    return finding;
}

Placed place_naively(const RoundTrip& trip, const cv::Mat& photo) {
    const auto start = std::chrono::steady_clock::now();
    Placed placed;
    const auto& [x, y, width, height] = trip.framing.crop;
    cv::Mat whole;
    cv::resize(trip.reply, whole, {cvRound(width), cvRound(height)}, 0, 0, cv::INTER_CUBIC);
    placed.picture = whole({cv::Point(cvRound(-x), cvRound(-y)), photo.size()}).clone();
    placed.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return placed;
}

} // namespace kontext::bench
