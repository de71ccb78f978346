#include "core/fidelity/soft_change.h"

#include "core/fidelity/mat.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr float soft = 2.2F;           // ΔE from which a soft difference beside a change belongs to it …
constexpr float fading_end = 1.4F;     // … and down to which one is followed that fades …
constexpr float fading_outline = 0.4F; // … along so much of its outline
constexpr float loud = 4;              // ΔE from which it is a change by itself, …
constexpr double least_loud = 0.002;   // … on so much of the canvas
constexpr double look = 1.5;           // deviation of the broad look, in quarters of the size
constexpr std::array tolerances = {4.0F, 2.0F, 1.2F}; // ΔE that drift may be off by from place to place

// Means of a picture over a Gaussian, of what `weights` (one-channel float) say counts; at a lower size where
// the Gaussian is wide.
cv::Mat weighted_mean(const cv::Mat& picture, const cv::Mat& weights, double deviation) {
    const int factor = std::max(1, static_cast<int>(deviation / 4));
    cv::Mat three;
    cv::merge(std::vector<cv::Mat>{weights, weights, weights}, three);
    cv::Mat sums = picture.mul(three);
    cv::Mat counts = weights.clone();
    if (factor > 1) {
        const cv::Size small(std::max(1, picture.cols / factor), std::max(1, picture.rows / factor));
        cv::resize(sums, sums, small, 0, 0, cv::INTER_AREA);
        cv::resize(counts, counts, small, 0, 0, cv::INTER_AREA);
    }
    cv::GaussianBlur(sums, sums, {}, deviation / factor, deviation / factor, cv::BORDER_REFLECT_101);
    cv::GaussianBlur(counts, counts, {}, deviation / factor, deviation / factor, cv::BORDER_REFLECT_101);
    counts += 1e-4F;
    cv::merge(std::vector<cv::Mat>{counts, counts, counts}, three);
    cv::Mat mean = sums / three;
    if (factor > 1) {
        cv::resize(mean, mean, picture.size(), 0, 0, cv::INTER_LINEAR);
    }
    return mean;
}

// By how much colours differ broadly beyond the drift that most of the surroundings show, ΔE; `usable` (8
// bits) is 0 where that cannot be said.
cv::Mat measure_strength(const cv::Mat& picture, const cv::Mat& usable) {
    cv::Mat open;
    usable.convertTo(open, CV_32F, 1 / 255.0);
    const double wide = std::max(2.0, std::max(picture.cols, picture.rows) / 12.0);
    cv::Mat weights = open.clone();
    cv::Mat rest = picture.clone();
    for (const float tolerance : tolerances) {
        rest = picture - weighted_mean(picture, weights, wide);
        const cv::Mat off = lengths_of(rest);
        for (int y = 0; y < off.rows; ++y) {
            const auto* distance = off.ptr<float>(y);
            const auto* counts = open.ptr<float>(y);
            auto* weight = weights.ptr<float>(y);
            for (int x = 0; x < off.cols; ++x) {
                const float share = distance[x] / tolerance;
                const float robust = 1 / (1 + share * share);
                weight[x] = counts[x] * robust * robust;
            }
        }
    }
    rest = picture - weighted_mean(picture, weights, wide);
    return lengths_of(weighted_mean(rest, open, look));
}

// The components of `mask` that fade away along enough of their outline, `fading` being 255 where a soft
// change may be.
cv::Mat find_faders(const cv::Mat& mask, const cv::Mat& fading) {
    cv::Mat labels;
    const int count = cv::connectedComponents(mask, labels, 8, CV_32S);
    cv::Mat grown;
    labels.convertTo(grown, CV_32F);
    cv::dilate(grown, grown, cv::Mat::ones(11, 11, CV_8U));
    std::vector<int> outline(static_cast<std::size_t>(count));
    std::vector<int> faded(static_cast<std::size_t>(count));
    for (int y = 0; y < mask.rows; ++y) {
        for (int x = 0; x < mask.cols; ++x) {
            if (labels.at<int>(y, x) == 0 && grown.at<float>(y, x) > 0) {
                const auto label = static_cast<std::size_t>(grown.at<float>(y, x));
                ++outline[label];
                faded[label] += fading.at<std::uint8_t>(y, x) != 0 ? 1 : 0;
            }
        }
    }
    cv::Mat faders(mask.size(), CV_8U);
    for (int y = 0; y < mask.rows; ++y) {
        for (int x = 0; x < mask.cols; ++x) {
            const auto label = static_cast<std::size_t>(labels.at<int>(y, x));
            const bool fades = label != 0 && static_cast<float>(faded[label]) >
                                                 fading_outline * static_cast<float>(outline[label]);
            faders.at<std::uint8_t>(y, x) = fades ? 255 : 0;
        }
    }
    return faders;
}

// The parts of `soft_places` that touch `changes`, or have enough pixels in `loud_places` to be a change
// alone.
cv::Mat join_soft(const cv::Mat& soft_places, const cv::Mat& changes, const cv::Mat& loud_places) {
    cv::Mat near;
    cv::dilate(changes, near, cv::Mat::ones(11, 11, CV_8U));
    cv::Mat labels;
    const int count = cv::connectedComponents(soft_places | near, labels, 8, CV_32S);
    std::vector<bool> touches(static_cast<std::size_t>(count));
    std::vector<int> loud_pixels(static_cast<std::size_t>(count));
    for (int y = 0; y < labels.rows; ++y) {
        for (int x = 0; x < labels.cols; ++x) {
            const auto label = static_cast<std::size_t>(labels.at<int>(y, x));
            touches[label] = touches[label] || changes.at<std::uint8_t>(y, x) != 0;
            loud_pixels[label] += loud_places.at<std::uint8_t>(y, x) != 0 ? 1 : 0;
        }
    }
    const double least = least_loud * static_cast<double>(labels.total());
    cv::Mat joined(labels.size(), CV_8U);
    for (int y = 0; y < labels.rows; ++y) {
        for (int x = 0; x < labels.cols; ++x) {
            const auto label = static_cast<std::size_t>(labels.at<int>(y, x));
            const bool joins =
                soft_places.at<std::uint8_t>(y, x) != 0 && (touches[label] || loud_pixels[label] > least);
            joined.at<std::uint8_t>(y, x) = joins ? 255 : 0;
        }
    }
    return joined;
}

} // namespace

Image find_soft_changes(const ImageView& shift, const ImageView& covered, const ImageView& changes,
                        double sensitivity) {
    cv::setNumThreads(1);
    const cv::Mat known = as_mat(covered) != 0;
    const cv::Mat found = as_mat(changes);
    cv::Mat taken;
    cv::dilate(found | ~known, taken, cv::Mat::ones(9, 9, CV_8U));
    cv::resize(taken, taken, as_mat(shift).size(), 0, 0, cv::INTER_AREA);
    cv::Mat strength;
    cv::resize(measure_strength(as_mat(shift), taken == 0), strength, found.size(), 0, 0, cv::INTER_LINEAR);
    strength *= sensitivity;
    const cv::Mat faint = (strength > fading_end) & known;
    const cv::Mat joined = join_soft((strength > soft) & known, found, strength > loud);
    const cv::Mat faders = find_faders(found | joined, faint);
    const cv::Mat all = joined | join_soft(faint, faders, cv::Mat::zeros(found.size(), CV_8U));
    Image result(changes.size, changes.format);
    all.copyTo(as_mat(result.view()));
    return result;
}

} // namespace kontext
