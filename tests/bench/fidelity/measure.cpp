#include "tests/bench/fidelity/measure.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext::bench {

namespace {

cv::Mat to_lab(const cv::Mat& picture, double blur) {
    cv::Mat lab;
    picture.convertTo(lab, CV_32FC3, 1 / 255.0);
    if (blur > 0) {
        cv::GaussianBlur(lab, lab, {}, blur);
    }
    cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
    return lab;
}

double to_psnr(double squares, double samples) {
    constexpr double identical = 99;
    return squares == 0 || samples == 0
               ? identical
               : std::min(identical, 10 * std::log10(255.0 * 255.0 * samples / squares));
}

} // namespace

cv::Mat colour_distance(const cv::Mat& one, const cv::Mat& other, double blur) {
    const cv::Mat lab = to_lab(one, blur);
    const cv::Mat lab_other = to_lab(other, blur);
    cv::Mat distance(one.size(), CV_32F);
    cv::parallel_for_({0, one.rows}, [&](const cv::Range& rows) {
        for (int y = rows.start; y < rows.end; ++y) {
            for (int x = 0; x < one.cols; ++x) {
                distance.at<float>(y, x) =
                    static_cast<float>(cv::norm(lab.at<cv::Vec3f>(y, x) - lab_other.at<cv::Vec3f>(y, x)));
            }
        }
    });
    return distance;
}

cv::Mat unchanged_pixels(const RoundTrip& trip) {
    cv::Mat near_change;
    cv::dilate(trip.changed, near_change, cv::getStructuringElement(cv::MORPH_ELLIPSE, {13, 13}));
    // The reply's frame as it lies on the sent picture, less what the bending may move and a filter's reach.
    constexpr int margin = 8;
    const double right = trip.reply.cols - 1 - margin;
    const double bottom = trip.reply.rows - 1 - margin;
    std::vector<cv::Point> frame;
    for (const cv::Point2d corner : {cv::Point2d(margin, margin), cv::Point2d(right, margin),
                                     cv::Point2d(right, bottom), cv::Point2d(margin, bottom)}) {
        const cv::Vec2d place = trip.drift.to_sent * cv::Vec3d(corner.x, corner.y, 1);
        frame.emplace_back(cvRound(place[0]), cvRound(place[1]));
    }
    cv::Mat covered = cv::Mat::zeros(trip.sent.size(), CV_8U);
    cv::fillConvexPoly(covered, frame, 255);
    return covered & (near_change == 0);
}

double registration_error(const RoundTrip& trip, const PixelMap& map, EditKind edit) {
    constexpr int step = 6;
    double sum = 0;
    int count = 0;
    for (int y = step / 2; y < trip.sent.rows; y += step) {
        for (int x = step / 2; x < trip.sent.cols; x += step) {
            if (!is_global(edit) && trip.changed.at<std::uint8_t>(y, x) != 0) {
                continue;
            }
            const cv::Point2d there = trip.drift.to_reply(cv::Point2d(x, y));
            if (there.x >= 0 && there.y >= 0 && there.x <= trip.reply.cols - 1 &&
                there.y <= trip.reply.rows - 1) {
                sum += cv::norm(map(cv::Point2d(x, y)) - there);
                ++count;
            }
        }
    }
    return count == 0 ? 0 : sum / count;
}

double share(const cv::Mat& mask) {
    return static_cast<double>(cv::countNonZero(mask)) / static_cast<double>(mask.total());
}

double overlap(const cv::Mat& one, const cv::Mat& other) {
    const int either = cv::countNonZero(one | other);
    return either == 0 ? 1 : static_cast<double>(cv::countNonZero(one & other)) / either;
}

double mean_where(const cv::Mat& values, const cv::Mat& mask) {
    return cv::mean(values, mask)[0];
}

PixelCounts compare_pixels(const cv::Mat& photo, const cv::Mat& truth, const cv::Mat& result) {
    double untouched = 0;
    double exact = 0;
    double untouched_squares = 0;
    double changed_squares = 0;
    std::mutex mutex;
    cv::parallel_for_({0, photo.rows}, [&](const cv::Range& rows) {
        std::int64_t counts[4] = {};
        for (int y = rows.start; y < rows.end; ++y) {
            const auto* before = photo.ptr<std::uint8_t>(y);
            const auto* wanted = truth.ptr<std::uint8_t>(y);
            const auto* got = result.ptr<std::uint8_t>(y);
            for (int x = 0; x < photo.cols; ++x, before += 3, wanted += 3, got += 3) {
                std::int64_t squares = 0;
                bool is_touched = false;
                for (int c = 0; c < 3; ++c) {
                    const int difference = got[c] - wanted[c];
                    squares += difference * difference;
                    is_touched |= before[c] != wanted[c];
                }
                counts[0] += is_touched ? 0 : 1;
                counts[1] += !is_touched && squares == 0 ? 1 : 0;
                counts[2] += is_touched ? 0 : squares;
                counts[3] += is_touched ? squares : 0;
            }
        }
        const std::scoped_lock lock(mutex);
        untouched += static_cast<double>(counts[0]);
        exact += static_cast<double>(counts[1]);
        untouched_squares += static_cast<double>(counts[2]);
        changed_squares += static_cast<double>(counts[3]);
    });
    const auto touched = static_cast<double>(photo.total()) - untouched;
    return {.untouched_exact = untouched > 0 ? exact / untouched : 1,
            .untouched_psnr = to_psnr(untouched_squares, 3 * untouched),
            .changed_psnr = to_psnr(changed_squares, 3 * touched)};
}

double structural_similarity(const cv::Mat& one, const cv::Mat& other, const cv::Mat& where) {
    const cv::Rect box = cv::boundingRect(where);
    if (box.empty()) {
        return 1;
    }
    const auto luminance = [&](const cv::Mat& picture) {
        cv::Mat grey;
        cv::cvtColor(picture(box), grey, cv::COLOR_RGB2GRAY);
        grey.convertTo(grey, CV_32F);
        return grey;
    };
    const auto blurred = [](const cv::Mat& picture) {
        cv::Mat result;
        cv::GaussianBlur(picture, result, {11, 11}, 1.5);
        return result;
    };
    const cv::Mat a = luminance(one);
    const cv::Mat b = luminance(other);
    const cv::Mat mean_a = blurred(a);
    const cv::Mat mean_b = blurred(b);
    const cv::Mat square_a = blurred(a.mul(a));
    const cv::Mat square_b = blurred(b.mul(b));
    const cv::Mat product = blurred(a.mul(b));
    cv::Mat similarity(box.size(), CV_32F);
    similarity.forEach<float>([&](float& value, const int* at) {
        constexpr float c1 = 6.5025F;
        constexpr float c2 = 58.5225F;
        const float ma = mean_a.at<float>(at[0], at[1]);
        const float mb = mean_b.at<float>(at[0], at[1]);
        const float variances =
            square_a.at<float>(at[0], at[1]) - ma * ma + square_b.at<float>(at[0], at[1]) - mb * mb;
        const float covariance = product.at<float>(at[0], at[1]) - ma * mb;
        value = (2 * ma * mb + c1) * (2 * covariance + c2) / ((ma * ma + mb * mb + c1) * (variances + c2));
    });
    return mean_where(similarity, where(box));
}

std::optional<double> noise_of(const cv::Mat& picture, const cv::Mat& where) {
    constexpr int side = 16;
    constexpr std::size_t fewest = 12;
    cv::Mat grey;
    cv::cvtColor(picture, grey, cv::COLOR_RGB2GRAY);
    grey.convertTo(grey, CV_32F);
    cv::Mat smooth;
    cv::GaussianBlur(grey, smooth, {}, 2);
    const cv::Mat noise = grey - smooth;
    std::vector<double> strengths;
    for (int y = 0; y + side <= picture.rows; y += side) {
        for (int x = 0; x + side <= picture.cols; x += side) {
            const cv::Rect square(x, y, side, side);
            if (cv::countNonZero(where(square)) == side * side) {
                cv::Scalar mean;
                cv::Scalar deviation;
                cv::meanStdDev(noise(square), mean, deviation);
                strengths.push_back(deviation[0]);
            }
        }
    }
    return strengths.size() < fewest ? std::nullopt : std::optional(quantile(std::move(strengths), 0.25));
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double part = place - static_cast<double>(below);
    return values[below] * (1 - part) + values[above] * part;
}

double median(std::vector<double> values) {
    return quantile(std::move(values), 0.5);
}

} // namespace kontext::bench
