#include "core/fidelity/follow_light.h"

#include "core/fidelity/mat.h"
#include "core/image/lab_tables.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr float clipped = 0.95F;       // a channel over this may have been anything beyond
constexpr float least_noise = 0.0015F; // deviation of a channel at a quarter of the size, …
constexpr float usual_gain = 0.3F;     // … and of gains
constexpr double close = 3;            // quarter pixels over which a gain is averaged, …
constexpr double wide = 10;            // … and where little speaks for one that close …
constexpr float wide_say = 60;         // … (evidence, 1 / variance)
constexpr int rounds = 3;              // of finding the colour from the gain and the gain from the colour
constexpr double towards_white = 0.02; // ridge
constexpr float visible = 2.3F;        // ΔE that people just see
constexpr int beyond = 30;             // pixels around a part in which it may go on
constexpr int least_contact = 100;     // pixels of it that what goes on shares with it
constexpr int grown = 2;               // pixels that what is seen is taken to be larger

// All at a quarter of the size, three floats.
struct Places {
    cv::Mat canvas;
    cv::Mat change; // reply - canvas
    cv::Mat known;  // 1, or 0 where a channel is clipped or not covered
};

// Variances of a channel, of its own and of what all have in common.
struct Noise {
    float own = least_noise * least_noise;
    float common = 0;
};

// Of a gain: the sum of weights, and with values.
struct Evidence {
    cv::Mat value;
    cv::Mat weight;
};

Places compare_places(const LightScene& scene) {
    Places places{.canvas = as_mat(scene.canvas_small), .change = {}, .known = {}};
    places.change = as_mat(scene.matched_small) - places.canvas;
    cv::Mat covered;
    cv::resize(as_mat(scene.covered), covered, places.canvas.size(), 0, 0, cv::INTER_AREA);
    places.known.create(places.canvas.size(), CV_32FC3);
    for (int y = 0; y < covered.rows; ++y) {
        const auto* reply = as_mat(scene.matched_small).ptr<cv::Vec3f>(y);
        const auto* inside = covered.ptr<std::uint8_t>(y);
        auto* known = places.known.ptr<cv::Vec3f>(y);
        for (int x = 0; x < covered.cols; ++x) {
            for (int c = 0; c < 3; ++c) {
                known[x][c] = inside[x] > 230 && reply[x][c] < clipped ? 1.0F : 0.0F;
            }
        }
    }
    return places;
}

// The inverse of the covariance own 1 + common 11ᵀ of the known channels, between two vectors (Sherman and
// Morrison 1950).
struct Product {
    cv::Vec3f known;
    Noise noise;
    float shared = noise.common / (noise.own + noise.common * (known[0] + known[1] + known[2]));

    float operator()(const cv::Vec3f& a, const cv::Vec3f& b) const {
        float each = 0;
        float all_a = 0;
        float all_b = 0;
        for (int c = 0; c < 3; ++c) {
            each += known[c] * a[c] * b[c];
            all_a += known[c] * a[c];
            all_b += known[c] * b[c];
        }
        return (each - shared * all_a * all_b) / noise.own;
    }
};

// What each place says of the gain of light of a colour.
Evidence ask_places(const Places& places, const cv::Vec3f& color, const Noise& noise) {
    Evidence evidence{cv::Mat(places.canvas.size(), CV_32F), cv::Mat(places.canvas.size(), CV_32F)};
    for (int y = 0; y < places.canvas.rows; ++y) {
        for (int x = 0; x < places.canvas.cols; ++x) {
            const cv::Vec3f lit = places.canvas.at<cv::Vec3f>(y, x).mul(color);
            const Product product{.known = places.known.at<cv::Vec3f>(y, x), .noise = noise};
            evidence.value.at<float>(y, x) = product(lit, places.change.at<cv::Vec3f>(y, x));
            evidence.weight.at<float>(y, x) = product(lit, lit);
        }
    }
    return evidence;
}

cv::Mat average(const Evidence& evidence) {
    const auto blurred = [](const cv::Mat& plane, double deviation) {
        cv::Mat result;
        cv::GaussianBlur(plane, result, {}, deviation, deviation, cv::BORDER_REPLICATE);
        return result;
    };
    const cv::Mat around =
        blurred(evidence.value, wide) / (blurred(evidence.weight, wide) + 1 / (usual_gain * usual_gain));
    cv::Mat gain = blurred(evidence.value, close) + wide_say * around;
    gain /= blurred(evidence.weight, close) + wide_say;
    return gain;
}

// The colour of light of a known gain, its brightest channel 1; `part`: where it is looked at.
cv::Vec3f find_color(const Places& places, const cv::Mat& gain, const cv::Mat& part, const Noise& noise) {
    cv::Matx33d matrix = cv::Matx33d::zeros();
    cv::Vec3d right;
    for (int y = 0; y < part.rows; ++y) {
        for (int x = 0; x < part.cols; ++x) {
            if (part.at<std::uint8_t>(y, x) == 0) {
                continue;
            }
            const Product product{.known = places.known.at<cv::Vec3f>(y, x), .noise = noise};
            const cv::Vec3f lit = places.canvas.at<cv::Vec3f>(y, x) * gain.at<float>(y, x);
            for (int a = 0; a < 3; ++a) {
                cv::Vec3f one;
                one[a] = lit[a];
                right[a] += product(one, places.change.at<cv::Vec3f>(y, x));
                for (int b = a; b < 3; ++b) {
                    cv::Vec3f other;
                    other[b] = lit[b];
                    matrix(a, b) += product(one, other);
                    matrix(b, a) = matrix(a, b);
                }
            }
        }
    }
    const double ridge = towards_white * cv::trace(matrix) / 3 + 1e-9;
    cv::Vec3d color;
    cv::solve(matrix + ridge * cv::Matx33d::eye(), right + cv::Vec3d::all(ridge), color, cv::DECOMP_CHOLESKY);
    const double brightest = std::max({std::abs(color[0]), std::abs(color[1]), std::abs(color[2])});
    return brightest > 0 ? cv::Vec3f(color / brightest) : cv::Vec3f::all(1);
}

// 255 where light multiplies the canvas visibly, at the size of `gain`.
cv::Mat find_visible(const cv::Mat& canvas, const cv::Mat& gain, const cv::Vec3f& color) {
    cv::Mat seen(canvas.size(), CV_8U);
    for_each_band(canvas.rows, [&](int first, int last) {
        cv::Mat before;
        cv::Mat after(last - first, canvas.cols, CV_32FC3);
        cv::cvtColor(canvas.rowRange(first, last), before, cv::COLOR_RGB2Lab);
        for (int y = first; y < last; ++y) {
            for (int x = 0; x < canvas.cols; ++x) {
                for (int c = 0; c < 3; ++c) {
                    const float lit = canvas.at<cv::Vec3f>(y, x)[c] * (1 + gain.at<float>(y, x) * color[c]);
                    after.at<cv::Vec3f>(y - first, x)[c] = std::clamp(lit, 0.0F, 1.0F);
                }
            }
        }
        cv::cvtColor(after, after, cv::COLOR_RGB2Lab);
        cv::Mat rows = seen.rowRange(first, last);
        cv::compare(lengths_of(after - before), visible, rows, cv::CMP_GT);
    });
    return seen;
}

// The components of `mask` that have enough in common with `part`.
cv::Mat keep_connected(const cv::Mat& mask, const cv::Mat& part) {
    cv::Mat labels;
    const int count = cv::connectedComponents(mask, labels, 8, CV_32S);
    std::vector<int> contact(static_cast<std::size_t>(count));
    for (int y = 0; y < mask.rows; ++y) {
        for (int x = 0; x < mask.cols; ++x) {
            contact[static_cast<std::size_t>(labels.at<int>(y, x))] +=
                part.at<std::uint8_t>(y, x) != 0 ? 1 : 0;
        }
    }
    cv::Mat kept(mask.size(), CV_8U);
    for (int y = 0; y < mask.rows; ++y) {
        for (int x = 0; x < mask.cols; ++x) {
            const int label = labels.at<int>(y, x);
            const bool keeps = label != 0 && contact[static_cast<std::size_t>(label)] >= least_contact;
            kept.at<std::uint8_t>(y, x) = keeps ? 255 : 0;
        }
    }
    return kept;
}

cv::Mat ellipse(int radius) {
    return cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
}

cv::Mat follow_part(const LightScene& scene, const Places& places, const cv::Mat& part,
                    const cv::Mat& nearby) {
    cv::Mat small;
    cv::resize(part, small, places.canvas.size(), 0, 0, cv::INTER_AREA);
    small = small > 127;
    cv::Mat gain = average(ask_places(places, cv::Vec3f::all(1), {}));
    const float uneven = scene.spread.is_light_even() ? 0 : scene.spread.light;
    const Noise noise{.common = uneven * uneven};
    cv::Vec3f color;
    for (int round = 0; round < rounds; ++round) {
        color = find_color(places, gain, small, noise);
        gain = average(ask_places(places, color, noise));
    }
    cv::resize(gain, gain, part.size(), 0, 0, cv::INTER_LINEAR);
    cv::Mat seen = find_visible(as_mat(scene.canvas), gain, color) & nearby;
    cv::morphologyEx(seen, seen, cv::MORPH_CLOSE, ellipse(3));
    seen = keep_connected(seen, part);
    cv::dilate(seen, seen, ellipse(grown));
    return seen;
}

} // namespace

FollowedLight follow_light(const LightScene& scene) {
    make_lab_tables();
    cv::setNumThreads(1);
    const cv::Mat lights = as_mat(scene.lights);
    FollowedLight followed{Image(scene.lights.size, scene.lights.format),
                           Image(scene.lights.size, scene.lights.format)};
    cv::Mat mask = as_mat(followed.mask.view());
    cv::Mat looked_at = as_mat(followed.looked_at.view());
    cv::dilate(lights, looked_at, cv::Mat::ones(2 * beyond + 1, 2 * beyond + 1, CV_8U));
    mask.setTo(0);
    const Places places = compare_places(scene);
    cv::Mat labels;
    const int count = cv::connectedComponents(looked_at, labels, 8, CV_32S);
    for (int label = 1; label < count; ++label) {
        const cv::Mat nearby = labels == label;
        mask |= follow_part(scene, places, lights & nearby, nearby);
    }
    return followed;
}

} // namespace kontext
