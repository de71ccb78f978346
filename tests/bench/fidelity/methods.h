#pragma once

#include "tests/bench/fidelity/measure.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <opencv2/core.hpp>

namespace kontext {
struct FitPlan;
}

namespace kontext::bench {

// What a method says about a reply, and how long it took to say it.
struct Finding {
    PixelMap map;
    cv::Mat change;   // CV_8U: 255 where it believes that something changed
    cv::Mat alpha;    // CV_8U: how much of the reply it would show
    cv::Mat restored; // the reply brought back onto the sent picture, colours matched (CV_8UC3)
    std::string decision;
    double confidence = 1;
    double tone_shift = 0;
    double seconds = 0;
    std::uint64_t fingerprint = 0;       // of all that it says
    std::shared_ptr<const FitPlan> plan; // the core's
};

// The whole picture at full resolution with the reply in place.
struct Placed {
    cv::Mat picture;
    double seconds = 0;
};

// The methods that are compared. Pictures are CV_8UC3, RGB.
Finding find_with_core(const RoundTrip& trip);
// Whether the core takes a reply for the picture that was sent.
bool is_accepted_by_core(const cv::Mat& sent, const cv::Mat& reply);
enum class AddGrain { no, yes };
Placed place_with_core(const RoundTrip& trip, const Finding& finding, const cv::Mat& photo,
                       AddGrain grain = AddGrain::no);

// What everybody does: the reply scaled up over the photo. (CV cubic.)
Finding find_naively(const RoundTrip& trip);
Placed place_naively(const RoundTrip& trip, const cv::Mat& photo);

// Ready-made registrations: ECC by pyramid; AKAZE features with MAGSAC; DIS flow with MAGSAC. Affine all of
// them.
enum class Ready { ecc, features, flow };
Finding find_with_opencv(Ready method, const RoundTrip& trip);

// Of any bytes (FNV-1a).
std::uint64_t fingerprint_of(const void* bytes, std::size_t count);

} // namespace kontext::bench
