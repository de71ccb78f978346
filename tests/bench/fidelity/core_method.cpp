#include "core/fidelity/apply.h"
#include "core/fidelity/color_table.h"
#include "core/fidelity/mat.h"
#include "core/fidelity/plan.h"
#include "core/fidelity/sharpness.h"
#include "core/image/color.h"
#include "core/image/raster.h"
#include "core/parallel.h"
#include "tests/bench/fidelity/methods.h"
#include "tests/bench/fidelity/views.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>

#include <opencv2/imgproc.hpp>

namespace kontext::bench {

namespace {

PixelMap map_of(std::shared_ptr<const FitPlan> plan) {
    return [plan = std::move(plan)](cv::Point2d at) {
        const auto& m = plan->transform;
        const double w = m[6] * at.x + m[7] * at.y + m[8];
        return cv::Point2d(
            (m[0] * at.x + m[1] * at.y + m[2]) / w + value_at(plan->displacement, at.x, at.y, 0),
            (m[3] * at.x + m[4] * at.y + m[5]) / w + value_at(plan->displacement, at.x, at.y, 1));
    };
}

// What the reply looks like on the canvas, by the plan.
cv::Mat restore(const RoundTrip& trip, const FitPlan& plan, const PixelMap& map) {
    cv::Mat places(trip.sent.size(), CV_32FC2);
    cv::parallel_for_({0, places.rows}, [&](const cv::Range& rows) {
        for (int y = rows.start; y < rows.end; ++y) {
            for (int x = 0; x < places.cols; ++x) {
                places.at<cv::Point2f>(y, x) = map(cv::Point2d(x, y));
            }
        }
    });
    cv::Mat picture;
    cv::remap(trip.reply, picture, places, {}, cv::INTER_CUBIC, cv::BORDER_REFLECT_101);
    picture.convertTo(picture, CV_32FC3, 1 / 255.0);
    cv::parallel_for_({0, places.rows}, [&](const cv::Range& rows) {
        for (int y = rows.start; y < rows.end; ++y) {
            auto* row = picture.ptr<cv::Vec3f>(y);
            for (int x = 0; x < picture.cols; ++x) {
                std::array<float, 3> colour = toned(plan.tone, {row[x][0], row[x][1], row[x][2]});
                add_from_table(plan.colors, colour.data(), 1);
                for (int c = 0; c < 3; ++c) {
                    row[x][c] = colour[static_cast<std::size_t>(c)] + value_at(plan.seam, x, y, c);
                }
            }
        }
    });
    const ImageView floats{reinterpret_cast<const std::byte*>(picture.data),
                           {picture.cols, picture.rows},
                           {SampleType::f32, 3},
                           static_cast<std::ptrdiff_t>(picture.step)};
    const Image crisp = sharpen(floats, plan.sharpening);
    cv::Mat result;
    as_mat(crisp.view()).convertTo(result, CV_8UC3, 255);
    return result;
}

FitPlan make_plan(const RoundTrip& trip) {
    return plan_fit({.canvas = view_of(trip.sent), .reply = view_of(trip.reply)});
}

} // namespace

Finding find_with_core(const RoundTrip& trip) {
    const auto start = std::chrono::steady_clock::now();
    const auto plan = std::make_shared<const FitPlan>(make_plan(trip));
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    Finding finding{.map = map_of(plan),
                    .change = {},
                    .alpha = cv::Mat::zeros(trip.sent.size(), CV_8U),
                    .restored = {},
                    .decision = std::string(to_text(plan->decision)),
                    .confidence = plan->confidence,
                    .tone_shift = plan->tone_shift,
                    .seconds = elapsed.count()};
    if (!plan->mask.empty()) {
        std::copy(plan->mask.begin(), plan->mask.end(), finding.alpha.data);
    }
    finding.change = finding.alpha == 255;
    const std::string plan_text = to_json(*plan);
    finding.fingerprint = fingerprint_of(plan_text.data(), plan_text.size());
    finding.plan = plan;
    finding.restored = restore(trip, *plan, finding.map);
    return finding;
}

bool is_accepted_by_core(const cv::Mat& sent, const cv::Mat& reply) {
    return plan_fit({.canvas = view_of(sent), .reply = view_of(reply)}).decision != Decision::unregistered;
}

std::uint64_t fingerprint_of(const void* bytes, std::size_t count) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    const auto* byte = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) {
        hash = (hash ^ byte[i]) * 0x100000001B3U;
    }
    return hash;
}

Placed place_with_core(const RoundTrip& trip, const Finding& finding, const cv::Mat& photo, AddGrain grain) {
    const FitPlan& plan = *finding.plan;
    Placed placed;
    placed.picture.create(photo.size(), CV_8UC3);
    Raster layer;
    if (grain == AddGrain::yes) {
        layer = Raster({photo.cols, photo.rows}, {SampleType::u8, 3});
        layer.write_rows(0, view_of(photo));
    }
    const auto start = std::chrono::steady_clock::now();
    const Placement placement(plan, view_of(trip.sent), view_of(trip.reply), {},
                              layer_to_canvas(trip.framing), {.grain_of = layer.empty() ? nullptr : &layer});
    constexpr int band = 128;
    const ImageView original = view_of(photo);
    const MutableImageView result = view_of(placed.picture);
    for_each_parallel((photo.rows + band - 1) / band, [&](int index) {
        const int y = index * band;
        const int rows = std::min(band, photo.rows - y);
        placement.blend(
            {.x = 0, .y = y, .original = rows_of(original, y, rows), .selection = {}, .protection = {}},
            rows_of(result, y, rows));
    });
    placed.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return placed;
}

} // namespace kontext::bench
