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

// ΔE from which a soft difference beside a change belongs to it, and down to which one is followed that
// fades. What drift is uneven in is looked for next to its surroundings, which show a part of the change.
struct Limits {
    float soft;
    float fading;
};
constexpr Limits under_even_light{2.2F, 2.0F};
constexpr Limits under_even_color{2.0F, 1.7F};
constexpr Limits under_drift{1.8F, 1.3F};

constexpr float color_say = 1.5F;      // how much colour counts where light is taken away with the drift
constexpr float fading_outline = 0.4F; // share of its outline along which a change fades that is followed
constexpr float loud = 5.5F;           // ΔE from which it is a change by itself, …
constexpr double least_loud = 0.002;   // … on so much of the canvas
constexpr int beside = 25;             // pixels across, of the surroundings that count as beside it
constexpr float gentle = 14;           // ΔE under which a change may go on softly …
constexpr float gentle_share = 0.3F;   // … where so much of its border is
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

const Limits& limits_for(const DriftSpread& spread) {
    return spread.is_light_even()   ? under_even_light
           : spread.is_color_even() ? under_even_color
                                    : under_drift;
}

// By how much colours differ broadly beyond the drift that most of the surroundings show, ΔE; `usable` (8
// bits) is 0 where that cannot be said.
cv::Mat measure_strength(const cv::Mat& picture, const cv::Mat& usable, const DriftSpread& spread) {
    cv::Mat open;
    usable.convertTo(open, CV_32F, 1 / 255.0);
    if (spread.is_light_even()) {
        return lengths_of(weighted_mean(picture, open, look));
    }
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
    cv::Mat drift = weighted_mean(picture, weights, wide);
    if (spread.is_color_even()) {
        cv::multiply(drift, cv::Scalar(1, 0, 0), drift); // of lightness alone
    }
    rest = picture - drift;
    cv::Mat broad = weighted_mean(rest, open, look);
    cv::Mat strength = lengths_of(broad);
    if (spread.is_color_even()) {
        cv::multiply(broad, cv::Scalar(0, color_say, color_say), broad);
        strength = cv::max(strength, lengths_of(broad));
    }
    return strength;
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

// Parts of the canvas by their number, 0 being none, and what was counted in each.
struct Parts {
    cv::Mat labels;
    std::vector<int> loud;
    std::vector<int> contact; // pixels of changes beside it, …
    std::vector<int> gentle;  // … and those of them that are gentle
};

// The parts of `soft_places` outside of `changes`; `strength` as from measure_strength(), `shift` the length
// of Difference's at its size.
Parts count_parts(const cv::Mat& soft_places, const cv::Mat& changes, const cv::Mat& strength,
                  const cv::Mat& shift) {
    Parts parts;
    const cv::Mat apart = soft_places & ~changes;
    const auto count = static_cast<std::size_t>(cv::connectedComponents(apart, parts.labels, 8, CV_32S));
    for (std::vector<int>* counts : {&parts.loud, &parts.contact, &parts.gentle}) {
        counts->resize(count);
    }
    cv::Mat around;
    parts.labels.convertTo(around, CV_32F); // exact: there are fewer than 2^24
    cv::dilate(around, around, cv::Mat::ones(beside, beside, CV_8U));
    for (int y = 0; y < apart.rows; ++y) {
        const auto* off = shift.ptr<float>(std::min(y / 4, shift.rows - 1));
        for (int x = 0; x < apart.cols; ++x) {
            if (changes.at<std::uint8_t>(y, x) != 0) {
                const auto part = static_cast<std::size_t>(around.at<float>(y, x));
                ++parts.contact[part];
                parts.gentle[part] += off[std::min(x / 4, shift.cols - 1)] < gentle ? 1 : 0;
            } else {
                const auto part = static_cast<std::size_t>(parts.labels.at<int>(y, x));
                parts.loud[part] += strength.at<float>(y, x) > loud ? 1 : 0;
            }
        }
    }
    return parts;
}

// Whether a part belongs to the changes beside it: those that go on softly are soft at their border, too, and
// something that was put in is not.
bool continues_change(const Parts& parts, std::size_t part) {
    return static_cast<float>(parts.gentle[part]) > gentle_share * static_cast<float>(parts.contact[part]);
}

// The parts of `soft_places` that continue `changes`; `alone`: or are loud enough on so many pixels.
cv::Mat join_soft(const Parts& parts, double alone) {
    cv::Mat joined(parts.labels.size(), CV_8U);
    for (int y = 0; y < joined.rows; ++y) {
        for (int x = 0; x < joined.cols; ++x) {
            const auto part = static_cast<std::size_t>(parts.labels.at<int>(y, x));
            const bool joins = part != 0 && (continues_change(parts, part) || parts.loud[part] > alone);
            joined.at<std::uint8_t>(y, x) = joins ? 255 : 0;
        }
    }
    return joined;
}

} // namespace

Image find_soft_changes(const ImageView& shift, const ImageView& covered, const ImageView& changes,
                        const DriftSpread& spread, double sensitivity) {
    cv::setNumThreads(1);
    const cv::Mat known = as_mat(covered) != 0;
    const cv::Mat found = as_mat(changes);
    cv::Mat taken;
    cv::dilate(found | ~known, taken, cv::Mat::ones(9, 9, CV_8U));
    cv::resize(taken, taken, as_mat(shift).size(), 0, 0, cv::INTER_AREA);
    cv::Mat strength;
    cv::resize(measure_strength(as_mat(shift), taken == 0, spread), strength, found.size(), 0, 0,
               cv::INTER_LINEAR);
    strength *= sensitivity;
    const cv::Mat length = lengths_of(as_mat(shift));
    const Limits& limits = limits_for(spread);
    const cv::Mat faint = (strength > limits.fading) & known;
    const double enough = least_loud * static_cast<double>(found.total());
    const cv::Mat joined =
        join_soft(count_parts((strength > limits.soft) & known, found, strength, length), enough);
    const cv::Mat faders = find_faders(found | joined, faint);
    const auto never = static_cast<double>(found.total());
    const cv::Mat all = joined | join_soft(count_parts(faint, faders, strength, length), never);
    Image result(changes.size, changes.format);
    all.copyTo(as_mat(result.view()));
    return result;
}

} // namespace kontext
