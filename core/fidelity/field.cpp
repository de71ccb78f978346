#include "core/fidelity/field.h"

#include "core/fidelity/grid.h"
#include "core/fidelity/likely_field.h"
#include "core/fidelity/mat.h"
#include "core/parallel.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr float least_correlation = 0.45F; // of a square that takes part, …
constexpr float any_correlation = -1;      // … while all do where changes are known: noise hides, sums tell
constexpr float longest_step = 1.5F;       // pixels of the level, in one step
constexpr float tolerance = 0.6F;          // canvas pixels, against the neighbours, …
constexpr float settled_tolerance = 0.15F; // … and in the last steps
constexpr float unsure = 5;                // variances of a step that are no disagreement
constexpr float variance_floor = 0.02F;    // of features: what is not noise but drawn anew
constexpr float least_gradient = 5e-4F;    // mean square of a pixel's gradient
constexpr float pull_to_zero = 1;          // in the unit of a square's tensor over its variance
constexpr float pooled = 4;                // squares that a square and half of its neighbours are
constexpr float byte_step = 5.5e-4F; // deviation of what 8 bits leave of a smooth slope, of the whole range
constexpr float own_noise = 0.15F;   // deviation of a square by itself, canvas pixels: textures drawn anew

// What a square around a node says: sums over its pixels. Products of gradients: of both pictures' mean with
// itself, and of one picture's with the other's, of which noise has no part.
enum Sum {
    mean_xx,
    mean_xy,
    mean_yy,
    common_xx,
    common_xy,
    common_yy,
    x_error,
    y_error,
    canvas_square,
    reply_square,
    product,
    pixels,
    sums
};

// The sums of all nodes, one plane each.
using Sums = std::array<cv::Mat, sums>;

Sums make_sums(Size nodes) {
    Sums planes;
    for (cv::Mat& plane : planes) {
        plane = cv::Mat::zeros(nodes.height, nodes.width, CV_32F);
    }
    return planes;
}

// A band of the canvas's level and the aligned reply beneath, one row more at either end.
struct Rows {
    const cv::Mat& canvas;
    const cv::Mat& warped;
    const cv::Mat& weights;
    int first; // row of the level that row 0 of `warped` is
    int step;  // level pixels from node to node
};

// The gradient is that of both pictures' mean (as in Benhimane and Malis 2004): noise of one of them alone
// would make the steps too short.
void add_row(const Rows& rows, int y, int node_row, Sums& planes) {
    const cv::Mat& canvas = rows.canvas;
    const auto* here = canvas.ptr<float>(y);
    const auto* above = canvas.ptr<float>(std::max(0, y - 1));
    const auto* below = canvas.ptr<float>(std::min(canvas.rows - 1, y + 1));
    const auto* found = rows.warped.ptr<float>(y - rows.first);
    const auto* found_above = rows.warped.ptr<float>(std::max(0, y - rows.first - 1));
    const auto* found_below = rows.warped.ptr<float>(std::min(rows.warped.rows - 1, y - rows.first + 1));
    const auto* weights = rows.weights.ptr<float>(y - rows.first);
    const int nodes = planes[pixels].cols;
    for (int node = 0; node < nodes; ++node) {
        const int left = std::max(1, node * rows.step - rows.step / 2);
        const int right = std::min(canvas.cols - 1, node * rows.step - rows.step / 2 + rows.step);
        std::array<float, sums> sum{};
        for (int x = left; x < right; ++x) {
            const float weight = weights[x];
            const float canvas_x = 0.5F * (here[x + 1] - here[x - 1]);
            const float canvas_y = 0.5F * (below[x] - above[x]);
            const float reply_x = 0.5F * (found[x + 1] - found[x - 1]);
            const float reply_y = 0.5F * (found_below[x] - found_above[x]);
            const float gx = 0.5F * (canvas_x + reply_x);
            const float gy = 0.5F * (canvas_y + reply_y);
            const float error = here[x] - found[x];
            sum[mean_xx] += weight * gx * gx;
            sum[mean_xy] += weight * gx * gy;
            sum[mean_yy] += weight * gy * gy;
            sum[common_xx] += weight * canvas_x * reply_x;
            sum[common_xy] += weight * 0.5F * (canvas_x * reply_y + canvas_y * reply_x);
            sum[common_yy] += weight * canvas_y * reply_y;
            sum[x_error] += weight * gx * error;
            sum[y_error] += weight * gy * error;
            sum[canvas_square] += weight * here[x] * here[x];
            sum[reply_square] += weight * found[x] * found[x];
            sum[product] += weight * here[x] * found[x];
            sum[pixels] += weight;
        }
        for (std::size_t i = 0; i < sums; ++i) {
            planes[i].at<float>(node_row, node) += sum[i];
        }
    }
}

// Where the level's row lies in the reply's level, and 0 in `weights` where that is outside.
void locate_row(const Alignment& alignment, Size canvas, int scale, int y, cv::Mat& map, cv::Mat& weights,
                int row) {
    const double canvas_y = (y + 0.5) * scale - 0.5;
    const double half = std::max(canvas.width, canvas.height) / 2.0;
    const AffineShift& p = alignment.affine;
    const double v = (canvas_y + 0.5 - canvas.height / 2.0) / half;
    const std::vector<float> bend = grid_row(alignment.displacement, canvas_y,
                                             {.count = map.cols, .first = scale / 2, .every = scale}, 2);
    auto* place = map.ptr<cv::Vec2f>(row);
    auto* weight = weights.ptr<float>(row);
    const auto limit_x = static_cast<float>(canvas.width / scale - 1);
    const auto limit_y = static_cast<float>(canvas.height / scale - 1);
    const double unit = 1.0 / scale;
    const double start_x = half * (p[0] + p[2] * v);
    const double start_y = half * (p[3] + p[5] * v);
    for (int x = 0; x < map.cols; ++x) {
        const double from_center = (x + 0.5) * scale - canvas.width / 2.0;
        const auto at = static_cast<std::size_t>(2 * x);
        const auto to_x = static_cast<float>(x + unit * (start_x + p[1] * from_center + bend[at]));
        const auto to_y = static_cast<float>(y + unit * (start_y + p[4] * from_center + bend[at + 1]));
        place[x] = {to_x, to_y};
        weight[x] = to_x >= 0 && to_x <= limit_x && to_y >= 0 && to_y <= limit_y ? 1.0F : 0.0F;
    }
}

void leave_out_unknown(const FeatureLevel& level, int y, cv::Mat& weights, int row) {
    const auto* known = level.use.view().samples<std::uint8_t>(y);
    auto* weight = weights.ptr<float>(row);
    for (int x = 0; x < weights.cols; ++x) {
        weight[x] *= known[x] != 0 ? 1.0F : 0.0F;
    }
}

Sums sum_squares(const FeatureLevel& level, Size canvas, const Alignment& alignment) {
    const cv::Mat one = as_mat(level.canvas.view());
    const cv::Mat other = as_mat(level.reply.view());
    const int step = std::max(1, field_step / level.scale);
    const Size nodes = alignment.displacement.size;
    Sums planes = make_sums(nodes);
    cv::setNumThreads(1);
    for_each_parallel(nodes.height, [&](int node_row) {
        const int first = std::max(0, node_row * step - step / 2);
        const int last = std::min(one.rows, node_row * step - step / 2 + step);
        if (first >= last) {
            return;
        }
        const int above = std::max(0, first - 1);
        const int below = std::min(one.rows, last + 1);
        cv::Mat map(below - above, one.cols, CV_32FC2);
        cv::Mat weights(below - above, one.cols, CV_32F);
        for (int y = above; y < below; ++y) {
            locate_row(alignment, canvas, level.scale, y, map, weights, y - above);
            if (!level.use.empty()) {
                leave_out_unknown(level, y, weights, y - above);
            }
        }
        cv::Mat warped;
        cv::remap(other, warped, map, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
        for (int y = first; y < last; ++y) {
            add_row({one, warped, weights, above, step}, y, node_row, planes);
        }
    });
    return planes;
}

// A square and half of its neighbours: what a patch of twice its side would say.
void pool(Sums& planes) {
    const cv::Mat kernel = (cv::Mat_<float>(1, 3) << 0.5F, 1.0F, 0.5F);
    for (cv::Mat& plane : planes) {
        cv::sepFilter2D(plane, plane, -1, kernel, kernel, {-1, -1}, 0, cv::BORDER_CONSTANT);
    }
}

float correlation_of(const Sums& planes, int y, int x) {
    const float squares = planes[canvas_square].at<float>(y, x) * planes[reply_square].at<float>(y, x);
    return squares > 0 ? planes[product].at<float>(y, x) / std::sqrt(squares) : 0;
}

// A symmetric matrix of two by two.
struct Tensor {
    float xx = 0;
    float xy = 0;
    float yy = 0;
};

Tensor tensor_at(const Sums& planes, Sum first, int y, int x) {
    return {planes[first].at<float>(y, x), planes[first + 1].at<float>(y, x),
            planes[first + 2].at<float>(y, x)};
}

// Without the negative parts that chance alone makes.
Tensor positive_part(const Tensor& t) {
    const float half = (t.xx - t.yy) / 2;
    const float mean = (t.xx + t.yy) / 2;
    const float root = std::hypot(half, t.xy);
    const float high = std::max(0.0F, mean + root);
    const float low = std::max(0.0F, mean - root);
    const float middle = (high + low) / 2;
    const float stretch = root > 0 ? (high - low) / (2 * root) : 0;
    return {middle + stretch * half, stretch * t.xy, middle - stretch * half};
}

Tensor inverse(const Tensor& t) {
    const float determinant = t.xx * t.yy - t.xy * t.xy;
    return {t.yy / determinant, -t.xy / determinant, t.xx / determinant};
}

cv::Vec2f times(const Tensor& t, const cv::Vec2f& v) {
    return {t.xx * v[0] + t.xy * v[1], t.xy * v[0] + t.yy * v[1]};
}

Tensor with_diagonal(const Tensor& t, float value) {
    return {t.xx + value, t.xy, t.yy + value};
}

// The steps that the squares of one level want, in canvas pixels, and how surely each is known: the inverse
// of its covariance, and that times the step.
struct Steps {
    cv::Mat x, y;
    cv::Mat xx, xy, yy;
    cv::Mat right_x, right_y;
    float tolerance = 0; // canvas pixels, against the neighbours
};

// How much a square has to correlate to take part, and may differ from its neighbours (canvas pixels; more at
// coarse levels).
struct Demands {
    float correlation;
    float tolerance;
};

// Variance of a pixel's features that the step does not explain. The steps of 8 bits on a smooth slope are no
// noise that many pixels make up for.
float unexplained_variance(const Sums& planes, const FeatureLevel& level, int y, int x) {
    const float count = planes[pixels].at<float>(y, x);
    const float energy = planes[canvas_square].at<float>(y, x) + planes[reply_square].at<float>(y, x);
    const float difference = energy - 2 * planes[product].at<float>(y, x);
    const float flatness = std::max(0.0F, 1 - energy / (2 * count));
    const float byte_steps = byte_step * static_cast<float>(level.scale) / level.floor;
    return difference / count + variance_floor + byte_steps * byte_steps * flatness;
}

// With E the gradients that both have in common and M those of their mean, noise included: the step is E^-1
// times the errors' sum, whose covariance is M times the variance. So E M^-1 E over the variance is how
// surely the step is known. (M alone would take noise for knowledge and find that every step is 0.)
Steps solve_squares(const Sums& planes, const FeatureLevel& level, const Demands& demands) {
    const cv::Size nodes = planes[pixels].size();
    const auto unit = static_cast<float>(level.scale);
    Steps steps{.tolerance = demands.tolerance * std::max(1.0F, unit / 2)};
    for (cv::Mat* plane :
         {&steps.x, &steps.y, &steps.xx, &steps.xy, &steps.yy, &steps.right_x, &steps.right_y}) {
        *plane = cv::Mat::zeros(nodes, CV_32F);
    }
    for (int y = 0; y < nodes.height; ++y) {
        for (int x = 0; x < nodes.width; ++x) {
            const float count = planes[pixels].at<float>(y, x);
            if (count < 1 || correlation_of(planes, y, x) < demands.correlation) {
                continue;
            }
            const Tensor common = positive_part(tensor_at(planes, common_xx, y, x));
            const cv::Vec2f errors(planes[x_error].at<float>(y, x), planes[y_error].at<float>(y, x));
            const float damping = 0.002F * count + 0.02F * (common.xx + common.yy);
            const cv::Vec2f step = times(inverse(with_diagonal(common, damping)), errors);
            if (std::hypot(step[0], step[1]) > longest_step) {
                continue;
            }
            const Tensor noise =
                inverse(with_diagonal(tensor_at(planes, mean_xx, y, x), least_gradient * count));
            const float belief = 1 / (unexplained_variance(planes, level, y, x) * unit * unit);
            const cv::Vec2f across = times(noise, {common.xx, common.xy}); // M^-1 E, column by column
            const cv::Vec2f down = times(noise, {common.xy, common.yy});
            const cv::Vec2f right = times(common, times(noise, errors));
            steps.x.at<float>(y, x) = unit * step[0];
            steps.y.at<float>(y, x) = unit * step[1];
            steps.xx.at<float>(y, x) = belief * (common.xx * across[0] + common.xy * across[1]);
            steps.xy.at<float>(y, x) = belief * (common.xx * down[0] + common.xy * down[1]);
            steps.yy.at<float>(y, x) = belief * (common.xy * down[0] + common.yy * down[1]);
            steps.right_x.at<float>(y, x) = belief * unit * right[0];
            steps.right_y.at<float>(y, x) = belief * unit * right[1];
        }
    }
    return steps;
}

struct Field {
    cv::Mat x;
    cv::Mat y;
};

// Tukey's weights for what differs from the neighbourhood's mean by more than its own uncertainty.
void distrust_outliers(const Steps& steps, const Field& mean, cv::Mat& trust) {
    for (int y = 0; y < trust.rows; ++y) {
        for (int x = 0; x < trust.cols; ++x) {
            const Tensor sureness{steps.xx.at<float>(y, x), steps.xy.at<float>(y, x),
                                  steps.yy.at<float>(y, x)};
            const float sum = std::max(1e-6F, sureness.xx + sureness.yy);
            const cv::Vec2f right(steps.right_x.at<float>(y, x), steps.right_y.at<float>(y, x));
            const cv::Vec2f off = right - times(sureness, {mean.x.at<float>(y, x), mean.y.at<float>(y, x)});
            const float allowed = 4 * steps.tolerance * steps.tolerance + unsure / sum;
            const float inner = std::max(0.0F, 1 - off.dot(off) / (sum * sum * allowed));
            trust.at<float>(y, x) = inner * inner;
        }
    }
}

// What the squares of one level say, and how far they are to be trusted.
struct Opinion {
    Steps steps;
    cv::Mat trust;
};

Opinion form_opinion(const FeatureLevel& level, Size canvas, const Alignment& start, const Demands& demands) {
    Sums planes = sum_squares(level, canvas, start);
    pool(planes);
    Opinion opinion{.steps = solve_squares(planes, level, demands),
                    .trust = cv::Mat(planes[pixels].size(), CV_32F, cv::Scalar(1))};
    return opinion;
}

// Smooth field through the steps of all levels: their tensor-weighted mean over a Gaussian of `sigma` nodes,
// with a pull to 0.
Field average(const std::vector<Opinion>& opinions, double sigma) {
    const cv::Size nodes = opinions.front().trust.size();
    std::array<cv::Mat, 5> planes;
    for (cv::Mat& plane : planes) {
        plane = cv::Mat::zeros(nodes, CV_32F);
    }
    for (const auto& [steps, trust] : opinions) {
        planes[0] += steps.xx.mul(trust);
        planes[1] += steps.xy.mul(trust);
        planes[2] += steps.yy.mul(trust);
        planes[3] += steps.right_x.mul(trust);
        planes[4] += steps.right_y.mul(trust);
    }
    for (cv::Mat& plane : planes) {
        cv::GaussianBlur(plane, plane, {}, sigma, sigma, cv::BORDER_CONSTANT);
    }
    Field mean{cv::Mat(nodes, CV_32F), cv::Mat(nodes, CV_32F)};
    for (int y = 0; y < nodes.height; ++y) {
        for (int x = 0; x < nodes.width; ++x) {
            const float a = planes[0].at<float>(y, x) + pull_to_zero;
            const float b = planes[1].at<float>(y, x);
            const float c = planes[2].at<float>(y, x) + pull_to_zero;
            const float determinant = a * c - b * b;
            const float right_x = planes[3].at<float>(y, x);
            const float right_y = planes[4].at<float>(y, x);
            mean.x.at<float>(y, x) = (c * right_x - b * right_y) / determinant;
            mean.y.at<float>(y, x) = (a * right_y - b * right_x) / determinant;
        }
    }
    return mean;
}

void add_vote(const Opinion& opinion, int y, int x, Vote& vote) {
    const float share = opinion.trust.at<float>(y, x) / pooled;
    const Steps& steps = opinion.steps;
    vote.xx += share * steps.xx.at<float>(y, x);
    vote.xy += share * steps.xy.at<float>(y, x);
    vote.yy += share * steps.yy.at<float>(y, x);
    vote.right_x += share * steps.right_x.at<float>(y, x);
    vote.right_y += share * steps.right_y.at<float>(y, x);
}

// The same vote once the square's own noise is a part of its covariance C: (C + n² 1)^-1 = (1 + n² C^-1)^-1
// C^-1.
Vote with_own_noise(const Vote& vote) {
    constexpr float variance = own_noise * own_noise;
    const float a = 1 + variance * vote.xx;
    const float b = variance * vote.xy;
    const float c = 1 + variance * vote.yy;
    const float determinant = a * c - b * b;
    return {.xx = (c * vote.xx - b * vote.xy) / determinant,
            .xy = (c * vote.xy - b * vote.yy) / determinant,
            .yy = (a * vote.yy - b * vote.xy) / determinant,
            .right_x = (c * vote.right_x - b * vote.right_y) / determinant,
            .right_y = (a * vote.right_y - b * vote.right_x) / determinant};
}

// Votes for the displacement itself: what there is and the steps together.
std::vector<Vote> collect_votes(const std::vector<Opinion>& opinions, const Grid& displacement) {
    std::vector<Vote> votes;
    for (int y = 0; y < displacement.size.height; ++y) {
        for (int x = 0; x < displacement.size.width; ++x) {
            Vote step;
            for (const Opinion& opinion : opinions) {
                add_vote(opinion, y, x, step);
            }
            Vote vote = with_own_noise(step);
            const float* old = displacement.values.data() + 2 * votes.size();
            vote.right_x += vote.xx * old[0] + vote.xy * old[1];
            vote.right_y += vote.xy * old[0] + vote.yy * old[1];
            votes.push_back(vote);
        }
    }
    return votes;
}

Field steps_between(const Grid& from, const Grid& to) {
    const cv::Size nodes(from.size.width, from.size.height);
    Field steps{cv::Mat(nodes, CV_32F), cv::Mat(nodes, CV_32F)};
    std::size_t at = 0;
    for (int y = 0; y < nodes.height; ++y) {
        for (int x = 0; x < nodes.width; ++x, at += 2) {
            steps.x.at<float>(y, x) = to.values[at] - from.values[at];
            steps.y.at<float>(y, x) = to.values[at + 1] - from.values[at + 1];
        }
    }
    return steps;
}

Grid sum_of(const Grid& one, const Grid& other) {
    Grid sum = one;
    std::transform(sum.values.begin(), sum.values.end(), other.values.begin(), sum.values.begin(),
                   std::plus{});
    return sum;
}

} // namespace

Alignment improve_alignment(std::span<const FeatureLevel> levels, Size canvas, const Alignment& start,
                            double reach) {
    std::vector<Opinion> opinions;
    for (const FeatureLevel& level : levels) {
        opinions.push_back(form_opinion(level, canvas, start, {least_correlation, tolerance}));
    }
    Field mean = average(opinions, reach);
    for (int round = 0; round < 3; ++round) {
        for (Opinion& opinion : opinions) {
            distrust_outliers(opinion.steps, mean, opinion.trust);
        }
        mean = average(opinions, reach);
    }
    Alignment improved = start;
    std::size_t node = 0;
    for (int y = 0; y < mean.x.rows; ++y) {
        for (int x = 0; x < mean.x.cols; ++x) {
            improved.displacement.values[node++] += mean.x.at<float>(y, x);
            improved.displacement.values[node++] += mean.y.at<float>(y, x);
        }
    }
    return improved;
}

Grid settle_displacement(std::span<const FeatureLevel> levels, Size canvas, const Grid& aligned,
                         const Grid& start) {
    std::vector<Opinion> opinions;
    for (const FeatureLevel& level : levels) {
        opinions.push_back(form_opinion(level, canvas, {.affine = {}, .displacement = start},
                                        {any_correlation, settled_tolerance}));
    }
    const Grid before = sum_of(aligned, start);
    Grid likely = before;
    for (int round = 0; round < 3; ++round) {
        likely = find_likely_field(before, collect_votes(opinions, before));
        const Field steps = steps_between(before, likely);
        for (Opinion& opinion : opinions) {
            distrust_outliers(opinion.steps, steps, opinion.trust);
        }
    }
    for (std::size_t i = 0; i < likely.values.size(); ++i) {
        likely.values[i] -= aligned.values[i];
    }
    return likely;
}

Agreement measure_agreement(const FeatureLevel& level, Size canvas, const Alignment& alignment) {
    Sums planes = sum_squares(level, canvas, alignment);
    pool(planes);
    Agreement agreement;
    for (int y = 0; y < planes[pixels].rows; ++y) {
        for (int x = 0; x < planes[pixels].cols; ++x) {
            const float count = planes[pixels].at<float>(y, x);
            agreement.correlation.push_back(correlation_of(planes, y, x));
            agreement.texture.push_back(count > 0 ? planes[canvas_square].at<float>(y, x) / count : 0);
        }
    }
    return agreement;
}

} // namespace kontext
