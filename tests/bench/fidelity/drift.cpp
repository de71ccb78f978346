#include "tests/bench/fidelity/drift.h"

#include "tests/bench/fidelity/jpeg.h"
#include "tests/bench/fidelity/shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace kontext::bench {

namespace {

cv::Point2d bend(const Drift& drift, cv::Point2d reply) {
    cv::Point2d moved{};
    for (const Drift::Wave& wave : drift.waves) {
        moved += wave.direction * std::sin(wave.frequency.dot(reply) + wave.phase);
    }
    return moved;
}

cv::Matx23d draw_affine(Random& random, cv::Size size, double strength) {
    const double zoom = 1 + random.around_zero(0.03) * strength;
    const double aspect = 1 + random.around_zero(0.02) * strength;
    const double turn = random.around_zero(0.3 / 180 * std::numbers::pi) * strength;
    const cv::Point2d shift(random.around_zero(0.03) * strength * size.width,
                            random.around_zero(0.03) * strength * size.height);
    const cv::Matx22d matrix = cv::Matx22d(std::cos(turn), -std::sin(turn), std::sin(turn), std::cos(turn)) *
                               cv::Matx22d(zoom * std::sqrt(aspect), 0, 0, zoom / std::sqrt(aspect));
    const cv::Vec2d centre((size.width - 1) / 2.0, (size.height - 1) / 2.0);
    const cv::Vec2d rest = centre + cv::Vec2d(shift.x, shift.y) - matrix * centre;
    return {matrix(0, 0), matrix(0, 1), rest[0], matrix(1, 0), matrix(1, 1), rest[1]};
}

cv::Mat bend_picture(const Drift& drift, const cv::Mat& picture, Random& noise) {
    cv::Mat map_x = smooth_noise(noise, picture.size(), 14) * (drift.jitter / 2.5);
    cv::Mat map_y = smooth_noise(noise, picture.size(), 14) * (drift.jitter / 2.5);
    cv::parallel_for_({0, picture.rows}, [&](const cv::Range& rows) {
        for (int y = rows.start; y < rows.end; ++y) {
            for (int x = 0; x < picture.cols; ++x) {
                const cv::Point2d bent = bend(drift, cv::Point2d(x, y));
                const auto& m = drift.to_sent;
                map_x.at<float>(y, x) += static_cast<float>(m(0, 0) * x + m(0, 1) * y + m(0, 2) + bent.x);
                map_y.at<float>(y, x) += static_cast<float>(m(1, 0) * x + m(1, 1) * y + m(1, 2) + bent.y);
            }
        }
    });
    cv::Mat bent;
    cv::remap(picture, bent, map_x, map_y, cv::INTER_LANCZOS4, cv::BORDER_REFLECT_101);
    return bent;
}

// CV_8UC3 -> CV_32FC3 in 0..1
cv::Mat change_colours(const Drift& drift, const cv::Mat& picture, Random& noise) {
    cv::Mat curves(1, 256, CV_32FC3);
    for (int value = 0; value < 256; ++value) {
        for (int c = 0; c < 3; ++c) {
            const auto i = static_cast<std::size_t>(c);
            const double curved = std::pow(value / 255.0, drift.gamma[i]);
            const double contrasted = (curved - 0.5) * drift.contrast + 0.5;
            curves.at<cv::Vec3f>(value)[c] = static_cast<float>(contrasted * drift.gain[i] + drift.offset[i]);
        }
    }
    cv::Mat light = cv::Mat::zeros(picture.size(), CV_32F);
    if (drift.light > 0) {
        light = smooth_noise(noise, picture.size(), picture.cols / 2.0) * drift.light;
    }
    cv::Mat result(picture.size(), CV_32FC3);
    const auto saturation = static_cast<float>(drift.saturation);
    cv::parallel_for_({0, picture.rows}, [&](const cv::Range& rows) {
        for (int y = rows.start; y < rows.end; ++y) {
            const auto* from = picture.ptr<cv::Vec3b>(y);
            auto* to = result.ptr<cv::Vec3f>(y);
            for (int x = 0; x < picture.cols; ++x) {
                cv::Vec3f colour;
                for (int c = 0; c < 3; ++c) {
                    colour[c] = curves.at<cv::Vec3f>(from[x][c])[c];
                }
                const float grey = 0.299F * colour[0] + 0.587F * colour[1] + 0.114F * colour[2];
                for (int c = 0; c < 3; ++c) {
                    to[x][c] = grey + (colour[c] - grey) * saturation + light.at<float>(y, x);
                }
            }
        }
    });
    return result;
}

cv::Mat draw_anew(const Drift& drift, cv::Mat picture, Random& noise) {
    cv::GaussianBlur(picture, picture, {}, drift.blur);
    if (drift.smoothing > 0) {
        cv::Mat smooth;
        cv::bilateralFilter(picture, smooth, 5, drift.smoothing, 1.5);
        picture = smooth;
    }
    if (drift.grain > 0) {
        cv::RNG generator(noise.draw());
        cv::Mat grain(picture.size(), CV_32FC3);
        generator.fill(grain, cv::RNG::NORMAL, 0, drift.grain);
        picture += grain;
    }
    cv::Mat result;
    picture.convertTo(result, CV_8UC3, 255);
    return drift.jpeg_quality > 0 ? decode_jpeg(encode_jpeg(result, drift.jpeg_quality)) : result;
}

} // namespace

cv::Point2d Drift::to_reply(cv::Point2d sent) const {
    const cv::Matx22d matrix(to_sent(0, 0), to_sent(0, 1), to_sent(1, 0), to_sent(1, 1));
    const cv::Matx22d inverse = matrix.inv();
    cv::Point2d reply = sent;
    for (int i = 0; i < 12; ++i) { // the bending is gentle: this converges by a factor of 20 or more a step
        const cv::Point2d before = reply;
        const cv::Point2d rest = sent - bend(*this, reply) - cv::Point2d(to_sent(0, 2), to_sent(1, 2));
        reply = {inverse(0, 0) * rest.x + inverse(0, 1) * rest.y,
                 inverse(1, 0) * rest.x + inverse(1, 1) * rest.y};
        if (std::abs(reply.x - before.x) + std::abs(reply.y - before.y) < 1e-4) {
            break;
        }
    }
    return reply;
}

Drift draw_drift(Random& random, cv::Size size, DriftStrength strength, bool tone) {
    const double reach = strength == DriftStrength::full ? 1 : strength == DriftStrength::light ? 0.18 : 0;
    Drift drift;
    drift.to_sent = draw_affine(random, size, reach);
    for (Drift::Wave& wave : drift.waves) {
        const double direction = random.uniform(0, 2 * std::numbers::pi);
        const double heading = random.uniform(0, 2 * std::numbers::pi);
        const double length = random.uniform(200, 500);
        const double height = random.uniform(0.1, 0.65) * reach; // six together reach about 2 px
        wave = {.direction = height * cv::Point2d(std::cos(direction), std::sin(direction)),
                .frequency =
                    2 * std::numbers::pi / length * cv::Point2d(std::cos(heading), std::sin(heading)),
                .phase = random.uniform(0, 2 * std::numbers::pi)};
    }
    drift.jitter = random.uniform(0, 0.5) * (reach > 0 ? 1 : 0);
    for (std::size_t c = 0; c < 3; ++c) {
        drift.gamma[c] = std::exp(random.around_zero(0.08));
        drift.gain[c] = 1 + random.around_zero(0.045);
        drift.offset[c] = random.around_zero(0.018);
    }
    if (tone) {
        drift.gain[0] += random.uniform(0.02, 0.07);
        drift.gain[2] -= random.uniform(0.02, 0.07);
    }
    drift.contrast = 1 + random.around_zero(0.07);
    drift.saturation = random.uniform(0.90, 1.14);
    drift.light = random.chance(0.5) ? 0.012 : 0;
    drift.blur = random.uniform(0.35, 0.9);
    drift.smoothing = random.chance(0.5) ? random.uniform(0.02, 0.06) : 0;
    drift.grain = random.chance(0.5) ? random.uniform(0.004, 0.012) : 0;
    drift.jpeg_quality = random.chance(0.7) ? 82 + random.below(15) : 0;
    drift.noise_seed = random.draw();
    return drift;
}

cv::Mat apply(const Drift& drift, const cv::Mat& picture) {
    Random noise(drift.noise_seed);
    const cv::Mat bent = bend_picture(drift, picture, noise);
    return draw_anew(drift, change_colours(drift, bent, noise), noise);
}

} // namespace kontext::bench
