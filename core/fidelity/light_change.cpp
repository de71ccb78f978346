#include "core/fidelity/light_change.h"

#include "core/fidelity/mat.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr float redrawn = 0.75F;       // similarity of structure under which something was drawn anew, …
constexpr float redrawn_share = 0.12F; // … where light has less of it
constexpr float abrupt = 6;            // ΔE that is not faint, …
constexpr float abrupt_share = 0.3F;   // … where light ends at less of it
constexpr int border = 3;              // pixels of a part along its outline: where it ends
constexpr double least_area = 0.005;   // of the canvas
constexpr int beyond = 5;              // pixels that light goes on unseen

// Counts of pixels of one part.
struct Part {
    int area = 0;
    int redrawn = 0;
    int border = 0;
    int abrupt = 0;
};

float at(const cv::Mat& plane, int y, int x) {
    return plane.at<float>(std::min(y, plane.rows - 1), std::min(x, plane.cols - 1));
}

std::vector<Part> describe_parts(const cv::Mat& labels, int count, const Difference& difference) {
    const cv::Mat similarity = as_mat(difference.similarity.view());
    const cv::Mat shift = lengths_of(as_mat(difference.shift.view()));
    cv::Mat inside;
    constexpr int side = 2 * border + 1;
    cv::erode(labels != 0, inside, cv::Mat::ones(side, side, CV_8U)); // the canvas's own border is no outline
    std::vector<Part> parts(static_cast<std::size_t>(count));
    for (int y = 0; y < labels.rows; ++y) {
        const auto* label = labels.ptr<int>(y);
        const auto* is_inside = inside.ptr<std::uint8_t>(y);
        for (int x = 0; x < labels.cols; ++x) {
            if (label[x] == 0) {
                continue;
            }
            Part& part = parts[static_cast<std::size_t>(label[x])];
            ++part.area;
            part.redrawn += at(similarity, y / 2, x / 2) < redrawn ? 1 : 0;
            if (is_inside[x] == 0) {
                ++part.border;
                part.abrupt += at(shift, y / 4, x / 4) > abrupt ? 1 : 0;
            }
        }
    }
    return parts;
}

bool is_light(const Part& part, double least) {
    return part.area > least &&
           static_cast<float>(part.redrawn) < redrawn_share * static_cast<float>(part.area) &&
           static_cast<float>(part.abrupt) < abrupt_share * static_cast<float>(part.border);
}

} // namespace

Image find_light_changes(const ImageView& changes, const Difference& difference) {
    cv::setNumThreads(1);
    cv::Mat labels;
    const int count = cv::connectedComponents(as_mat(changes), labels, 8, CV_32S);
    const double least = least_area * static_cast<double>(labels.total());
    std::vector<std::uint8_t> keep;
    for (const Part& part : describe_parts(labels, count, difference)) {
        keep.push_back(is_light(part, least) ? 255 : 0);
    }
    Image result(changes.size, changes.format);
    cv::Mat lights = as_mat(result.view());
    for (int y = 0; y < labels.rows; ++y) {
        const auto* label = labels.ptr<int>(y);
        auto* row = lights.ptr<std::uint8_t>(y);
        for (int x = 0; x < labels.cols; ++x) {
            row[x] = keep[static_cast<std::size_t>(label[x])];
        }
    }
    constexpr int side = 2 * beyond + 1;
    cv::dilate(lights, lights, cv::getStructuringElement(cv::MORPH_ELLIPSE, {side, side}));
    return result;
}

} // namespace kontext
