#include "core/fidelity/patch_match.h"

#include "core/fidelity/mat.h"
#include "core/parallel.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr float least_correlation = 0.35F;
constexpr float least_energy = 0.05F; // mean square of a patch's features; 1 is full contrast
constexpr float rival_share = 0.92F;  // of the best correlation: a repeated pattern

// Positions of a level in units of half the longer side of the canvas, from its centre.
struct Units {
    Units(Size canvas, int scale)
        : half(std::max(canvas.width, canvas.height) / 2.0 / scale),
          center_x(canvas.width / 2.0 / scale - 0.5), center_y(canvas.height / 2.0 / scale - 0.5) {}

    double half;
    double center_x;
    double center_y;
};

cv::Mat warp(const cv::Mat& reply, const AffineShift& p, const Units& units) {
    // x' = x + half * (p0 + p1 u + p2 v), with u = (x - center_x) / half
    const cv::Matx23d map(1 + p[1], p[2],
                          units.half * p[0] - p[1] * units.center_x - p[2] * units.center_y, //
                          p[4], 1 + p[5], units.half * p[3] - p[4] * units.center_x - p[5] * units.center_y);
    cv::Mat warped(reply.size(), CV_32F);
    cv::setNumThreads(1);
    cv::warpAffine(reply, warped, map, reply.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                   cv::BORDER_CONSTANT, 0);
    return warped;
}

struct Template {
    cv::Mat values; // mean 0
    double energy;
    std::array<float, 3> tensor;
};

std::optional<Template> cut_template(const cv::Mat& canvas, const cv::Rect& place) {
    Template patch{canvas(place).clone(), 0, {0, 0, 0}};
    patch.values -= cv::mean(patch.values)[0];
    patch.energy = patch.values.dot(patch.values);
    if (patch.energy < static_cast<double>(least_energy) * place.area()) {
        return std::nullopt;
    }
    for (int y = 1; y + 1 < place.height; ++y) {
        const auto* row = patch.values.ptr<float>(y);
        const auto* above = patch.values.ptr<float>(y - 1);
        const auto* below = patch.values.ptr<float>(y + 1);
        for (int x = 1; x + 1 < place.width; ++x) {
            const float across = (row[x + 1] - row[x - 1]) / 2;
            const float down = (below[x] - above[x]) / 2;
            patch.tensor[0] += across * across;
            patch.tensor[1] += across * down;
            patch.tensor[2] += down * down;
        }
    }
    return patch;
}

// Normalised correlation at every offset; offsets that reach out of the picture are -1.
class Correlations {
public:
    Correlations(const cv::Mat& warped, const Template& patch, const cv::Rect& place, int reach)
        : reach_(reach), values_(2 * reach + 1, 2 * reach + 1, CV_32F, cv::Scalar(-1)) {
        const cv::Rect wanted(place.x - reach, place.y - reach, place.width + 2 * reach,
                              place.height + 2 * reach);
        const cv::Rect inside = wanted & cv::Rect(0, 0, warped.cols, warped.rows);
        if (inside.width < place.width || inside.height < place.height) {
            return;
        }
        cv::Mat part = values_(cv::Rect(inside.x - wanted.x, inside.y - wanted.y,
                                        inside.width - place.width + 1, inside.height - place.height + 1));
        cv::Mat found;
        cv::matchTemplate(warped(inside), patch.values, found, cv::TM_CCOEFF_NORMED);
        found.copyTo(part);
    }

    float at(int dx, int dy) const { return values_.at<float>(dy + reach_, dx + reach_); }
    cv::Point best() const {
        cv::Point where;
        cv::minMaxLoc(values_, nullptr, nullptr, nullptr, &where);
        return {where.x - reach_, where.y - reach_};
    }
    // The best that is not on the same hill.
    float rival(const cv::Point& best) const {
        float rival = -1;
        for (int dy = 1 - reach_; dy < reach_; ++dy) {
            for (int dx = 1 - reach_; dx < reach_; ++dx) {
                if (std::max(std::abs(dx - best.x), std::abs(dy - best.y)) > 3) {
                    rival = std::max(rival, at(dx, dy));
                }
            }
        }
        return rival;
    }

private:
    int reach_;
    cv::Mat values_;
};

double vertex(float before, float middle, float after) {
    const float bend = before - 2 * middle + after;
    return bend < -1e-6F ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;
}

std::optional<Match> match_patch(const cv::Mat& canvas, const cv::Mat& warped, const cv::Rect& place,
                                 const AffineShift& start, const Units& units, int reach) {
    const std::optional<Template> patch = cut_template(canvas, place);
    if (!patch) {
        return std::nullopt;
    }
    const Correlations found(warped, *patch, place, reach);
    const cv::Point best = found.best();
    const float value = found.at(best.x, best.y);
    if (value < least_correlation || std::max(std::abs(best.x), std::abs(best.y)) >= reach) {
        return std::nullopt;
    }
    const double x = best.x + vertex(found.at(best.x - 1, best.y), value, found.at(best.x + 1, best.y));
    const double y = best.y + vertex(found.at(best.x, best.y - 1), value, found.at(best.x, best.y + 1));
    Match match;
    match.u = (place.x + (place.width - 1) / 2.0 - units.center_x) / units.half;
    match.v = (place.y + (place.height - 1) / 2.0 - units.center_y) / units.half;
    const auto [dx, dy] = shift_at(start, match.u + x / units.half, match.v + y / units.half);
    match.dx = x / units.half + dx;
    match.dy = y / units.half + dy;
    match.weight = reach > 4 && found.rival(best) > rival_share * value ? 0.2F : 1.0F;
    match.tensor = patch->tensor;
    return match;
}

} // namespace

std::vector<Match> match_patches(const FeatureLevel& level, Size canvas, const AffineShift& start,
                                 const PatchSearch& search) {
    const cv::Mat one = as_mat(level.canvas.view());
    const Units units(canvas, level.scale);
    const cv::Mat warped = warp(as_mat(level.reply.view()), start, units);
    const int side = std::min({search.side, one.cols, one.rows});
    const int columns = (one.cols - side) / search.step + 1;
    const int rows = (one.rows - side) / search.step + 1;
    std::vector<std::vector<Match>> by_row(static_cast<std::size_t>(rows));
    for_each_parallel(rows, [&](int row) {
        for (int column = 0; column < columns; ++column) {
            const cv::Rect place(column * search.step, row * search.step, side, side);
            if (const auto match = match_patch(one, warped, place, start, units, search.reach)) {
                by_row[static_cast<std::size_t>(row)].push_back(*match);
            }
        }
    });
    std::vector<Match> matches;
    for (const auto& row : by_row) {
        matches.insert(matches.end(), row.begin(), row.end());
    }
    return matches;
}

} // namespace kontext
