#pragma once

#include "tests/bench/fidelity/random.h"

#include <array>

#include <opencv2/core.hpp>

namespace kontext::bench {

// What a model does to a picture besides the edit: it shifts, zooms and bends it, changes its colours and
// draws every texture anew. Geometry is known exactly, which is what makes the truth.
struct Drift {
    cv::Matx23d to_sent; // reply pixel -> sent pixel, without the bending
    // Sum of waves that bends the picture, in pixels at a reply pixel.
    struct Wave {
        cv::Point2d direction; // what it moves, in pixels
        cv::Point2d frequency; // radians per pixel
        double phase = 0;
    };
    std::array<Wave, 6> waves;
    double jitter = 0; // pixels, of textures; no part of the truth

    std::array<double, 3> gamma{1, 1, 1};
    std::array<double, 3> gain{1, 1, 1};
    std::array<double, 3> offset{};
    double contrast = 1;
    double saturation = 1;
    double light = 0; // deviation of an uneven light

    double blur = 0;
    double smoothing = 0; // of a bilateral filter; 0: none
    double grain = 0;
    int jpeg_quality = 0; // 0: not compressed

    std::uint64_t noise_seed = 0;

    // Where a pixel of the sent picture is in the reply.
    cv::Point2d to_reply(cv::Point2d sent) const;
};

enum class DriftStrength { none, light, full };

// With `tone`, colours go further than usual, as they do when a model paints another sky.
Drift draw_drift(Random& random, cv::Size size, DriftStrength strength, bool tone);

// The reply of a model that drifts so, given what it would have drawn without (CV_8UC3). What comes from
// outside the frame is mirrored: the model makes it up.
cv::Mat apply(const Drift& drift, const cv::Mat& picture);

} // namespace kontext::bench
