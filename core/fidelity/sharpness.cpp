#include "core/fidelity/sharpness.h"

#include "core/fidelity/mat.h"
#include "core/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr std::array<double, 2> deviations{0.8, 1.6}; // of the blurs, canvas pixels
constexpr int reach = 7;                              // of the wider blur, rows
constexpr float different = 0.12F; // of a channel: what is off by more is not of the same drawing
constexpr double ridge = 1e-5; // per sample, towards leaving a picture as it is: the square of faint noise
constexpr double most = 6;     // of a gain, either way
constexpr int band_rows = 64;

struct Details {
    std::array<cv::Mat, 2> of; // three-channel floats
};

// What rows `first` to `last` of a picture have beyond their blurred surroundings.
Details find_details(const cv::Mat& picture, int first, int last) {
    const int above = std::min(first, reach);
    const int below = std::min(picture.rows - last, reach);
    const cv::Mat around = picture.rowRange(first - above, last + below);
    Details details;
    for (std::size_t i = 0; i < deviations.size(); ++i) {
        // A part of a larger picture would be filtered with that one's rows.
        cv::GaussianBlur(around, details.of[i], {}, deviations[i], deviations[i],
                         cv::BORDER_REFLECT_101 | cv::BORDER_ISOLATED);
        details.of[i] = picture.rowRange(first, last) - details.of[i].rowRange(above, above + last - first);
    }
    return details;
}

// Sums of a least squares fit of two gains.
struct Sums {
    double narrow = 0;
    double wide = 0;
    double both = 0;
    double narrow_off = 0;
    double wide_off = 0;
    double count = 0;

    Sums& operator+=(const Sums& other) {
        narrow += other.narrow;
        wide += other.wide;
        both += other.both;
        narrow_off += other.narrow_off;
        wide_off += other.wide_off;
        count += other.count;
        return *this;
    }
};

Sums sum_rows(const ImageView& canvas, const ImageView& matched, const ImageView& use, int first, int last) {
    const Details details = find_details(as_mat(matched), first, last);
    Sums sums;
    for (int y = first; y < last; ++y) {
        const auto* wanted = canvas.samples<float>(y);
        const auto* got = matched.samples<float>(y);
        const auto* used = use.samples<std::uint8_t>(y);
        const auto* narrow = details.of[0].ptr<float>(y - first);
        const auto* wide = details.of[1].ptr<float>(y - first);
        for (int i = 0; i < 3 * canvas.size.width; ++i) {
            const float off = wanted[i] - got[i];
            if (used[i / 3] == 0 || std::abs(off) > different) {
                continue;
            }
            sums.narrow += narrow[i] * narrow[i];
            sums.wide += wide[i] * wide[i];
            sums.both += narrow[i] * wide[i];
            sums.narrow_off += narrow[i] * off;
            sums.wide_off += wide[i] * off;
            sums.count += 1;
        }
    }
    return sums;
}

} // namespace

Sharpening fit_sharpening(const ImageView& canvas, const ImageView& matched, const ImageView& use) {
    const int rows = canvas.size.height;
    std::vector<Sums> bands(static_cast<std::size_t>((rows + band_rows - 1) / band_rows));
    cv::setNumThreads(1);
    for_each_parallel(static_cast<int>(bands.size()), [&](int band) {
        bands[static_cast<std::size_t>(band)] =
            sum_rows(canvas, matched, use, band * band_rows, std::min(rows, (band + 1) * band_rows));
    });
    Sums sums; // in one order on any number of threads
    for (const Sums& band : bands) {
        sums += band;
    }
    const double narrow = sums.narrow + ridge * (sums.count + 1);
    const double wide = sums.wide + ridge * (sums.count + 1);
    const double determinant = narrow * wide - sums.both * sums.both;
    const auto gain = [&](double value) {
        return static_cast<float>(std::clamp(value / determinant, -most, most));
    };
    return {.narrow = gain(wide * sums.narrow_off - sums.both * sums.wide_off),
            .wide = gain(narrow * sums.wide_off - sums.both * sums.narrow_off)};
}

Image sharpen(const ImageView& picture, const Sharpening& sharpening) {
    Image crisp(picture.size, picture.format);
    cv::Mat result = as_mat(crisp.view());
    for_each_band(picture.size.height, [&](int first, int last) {
        cv::Mat rows = result.rowRange(first, last);
        const Details details = find_details(as_mat(picture), first, last);
        cv::scaleAdd(details.of[0], sharpening.narrow, as_mat(picture).rowRange(first, last), rows);
        cv::scaleAdd(details.of[1], sharpening.wide, rows, rows);
    });
    return crisp;
}

} // namespace kontext
