#include "core/fidelity/field.h"

#include "core/fidelity/grid.h"
#include "core/fidelity/likely_field.h"
#include "core/fidelity/mat.h"
#include "core/parallel.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr float least_correlation = 0.45F;    // of a square that takes part, …
constexpr float least_where_unchanged = 0.2F; // … or where changes are known: noise alone may hide a picture
constexpr float longest_step = 1.5F;          // pixels of the level, in one step
constexpr float tolerance = 0.6F;             // canvas pixels, against the neighbours, …
constexpr float settled_tolerance = 0.4F;     // … and in the last steps
constexpr float variance_floor = 0.02F;       // of features: what is not noise but drawn anew
constexpr float pull_to_zero = 1;             // in the unit of a square's tensor over its variance
constexpr float alike = 4;        // neighbouring pixels, and levels, that say the same thing but once
constexpr float own_noise = 0.1F; // deviation of a square by itself, canvas pixels: textures drawn anew

// What a square around a node says: sums over its pixels.
enum Sum { xx, xy, yy, x_error, y_error, canvas_square, reply_square, product, pixels, sums };

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
    const int nodes = planes[xx].cols;
    for (int node = 0; node < nodes; ++node) {
        const int left = std::max(1, node * rows.step - rows.step / 2);
        const int right = std::min(canvas.cols - 1, node * rows.step - rows.step / 2 + rows.step);
        std::array<float, sums> sum{};
        for (int x = left; x < right; ++x) {
            const float weight = weights[x];
            const float gx = 0.25F * (here[x + 1] - here[x - 1] + found[x + 1] - found[x - 1]);
            const float gy = 0.25F * (below[x] - above[x] + found_below[x] - found_above[x]);
            const float error = here[x] - found[x];
            sum[xx] += weight * gx * gx;
            sum[xy] += weight * gx * gy;
            sum[yy] += weight * gy * gy;
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

void weigh_row(const ImageView& allowed, int scale, int y, cv::Mat& weights, int row) {
    const auto* source =
        allowed.samples<std::uint8_t>(std::min(allowed.size.height - 1, y * scale + scale / 2));
    auto* weight = weights.ptr<float>(row);
    for (int x = 0; x < weights.cols; ++x) {
        weight[x] *= source[std::min(allowed.size.width - 1, x * scale + scale / 2)] != 0 ? 1.0F : 0.0F;
    }
}

Sums sum_squares(const FeatureLevel& level, Size canvas, const Alignment& alignment,
                 const ImageView& allowed) {
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
            if (allowed.data != nullptr) {
                weigh_row(allowed, level.scale, y, weights, y - above);
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

// The steps that the squares of one level want, in canvas pixels, and how much each is to be believed: its
// structure tensor over the variance of what the step does not explain.
struct Steps {
    cv::Mat x, y;
    cv::Mat xx, xy, yy;
    cv::Mat right_x, right_y; // tensor times step, before it was damped
    cv::Mat belief;           // 1 / variance of what the step does not explain
    float tolerance = 0;      // canvas pixels, against the neighbours
};

// How much a square has to correlate to take part, and may differ from its neighbours (canvas pixels; more at
// coarse levels).
struct Demands {
    float correlation;
    float tolerance;
};

Steps solve_squares(const Sums& planes, int scale, const Demands& demands) {
    const cv::Size nodes = planes[xx].size();
    const auto unit = static_cast<float>(scale);
    Steps steps{.tolerance = demands.tolerance * std::max(1.0F, unit / 2)};
    for (cv::Mat* plane : {&steps.x, &steps.y, &steps.xx, &steps.xy, &steps.yy, &steps.right_x,
                           &steps.right_y, &steps.belief}) {
        *plane = cv::Mat::zeros(nodes, CV_32F);
    }
    for (int y = 0; y < nodes.height; ++y) {
        for (int x = 0; x < nodes.width; ++x) {
            const float count = planes[pixels].at<float>(y, x);
            const float correlation = correlation_of(planes, y, x);
            if (count < 1 || correlation < demands.correlation) {
                continue;
            }
            const float a = planes[xx].at<float>(y, x);
            const float b = planes[xy].at<float>(y, x);
            const float c = planes[yy].at<float>(y, x);
            const float damping = 0.002F * count + 0.02F * (a + c);
            const float determinant = (a + damping) * (c + damping) - b * b;
            const float right_x = planes[x_error].at<float>(y, x);
            const float right_y = planes[y_error].at<float>(y, x);
            const float dx = ((c + damping) * right_x - b * right_y) / determinant;
            const float dy = ((a + damping) * right_y - b * right_x) / determinant;
            if (std::hypot(dx, dy) > longest_step) {
                continue;
            }
            const float unexplained =
                (planes[canvas_square].at<float>(y, x) + planes[reply_square].at<float>(y, x) -
                 2 * planes[product].at<float>(y, x)) /
                count;
            const float trust = 1 / ((unexplained + variance_floor) * unit * unit);
            steps.x.at<float>(y, x) = unit * dx;
            steps.y.at<float>(y, x) = unit * dy;
            steps.belief.at<float>(y, x) = trust;
            steps.xx.at<float>(y, x) = trust * a;
            steps.xy.at<float>(y, x) = trust * b;
            steps.yy.at<float>(y, x) = trust * c;
            steps.right_x.at<float>(y, x) = trust * unit * right_x;
            steps.right_y.at<float>(y, x) = trust * unit * right_y;
        }
    }
    return steps;
}

struct Field {
    cv::Mat x;
    cv::Mat y;
};

// Smooth field through the steps of all levels: their tensor-weighted mean over a Gaussian of `sigma` nodes,
// with a pull to 0.
Field average(const std::vector<Steps>& levels, const std::vector<cv::Mat>& trust, double sigma) {
    const cv::Size nodes = trust.front().size();
    std::array<cv::Mat, 5> planes;
    for (cv::Mat& plane : planes) {
        plane = cv::Mat::zeros(nodes, CV_32F);
    }
    for (std::size_t level = 0; level < levels.size(); ++level) {
        const Steps& steps = levels[level];
        planes[0] += steps.xx.mul(trust[level]);
        planes[1] += steps.xy.mul(trust[level]);
        planes[2] += steps.yy.mul(trust[level]);
        planes[3] += steps.right_x.mul(trust[level]);
        planes[4] += steps.right_y.mul(trust[level]);
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

// Tukey's weights for what differs from the neighbourhood's mean.
void distrust_outliers(const Steps& steps, const Field& mean, cv::Mat& trust) {
    for (int y = 0; y < trust.rows; ++y) {
        for (int x = 0; x < trust.cols; ++x) {
            const float error = std::hypot(steps.x.at<float>(y, x) - mean.x.at<float>(y, x),
                                           steps.y.at<float>(y, x) - mean.y.at<float>(y, x)) /
                                (2 * steps.tolerance);
            const float inner = std::max(0.0F, 1 - error * error);
            trust.at<float>(y, x) = inner * inner;
        }
    }
}

// What a level says by itself, without its neighbours, and the steps that its pooled squares want.
struct Opinion {
    Sums own;
    Steps steps;
    cv::Mat trust;
    int scale = 1;
};

Opinion form_opinion(const FeatureLevel& level, Size canvas, const Alignment& start,
                     const ImageView& weights) {
    Opinion opinion{.own = sum_squares(level, canvas, start, weights), .scale = level.scale};
    Sums planes;
    for (std::size_t i = 0; i < sums; ++i) {
        planes[i] = opinion.own[i].clone();
    }
    pool(planes);
    opinion.steps = solve_squares(planes, level.scale, {least_where_unchanged, settled_tolerance});
    opinion.trust = cv::Mat(planes[xx].size(), CV_32F, cv::Scalar(1));
    return opinion;
}

void add_vote(const Opinion& opinion, int y, int x, Vote& vote) {
    const auto of = [&](Sum sum) { return opinion.own[sum].at<float>(y, x); };
    const float belief = opinion.steps.belief.at<float>(y, x) * opinion.trust.at<float>(y, x) / alike;
    vote.xx += belief * of(xx);
    vote.xy += belief * of(xy);
    vote.yy += belief * of(yy);
    vote.right_x += static_cast<float>(opinion.scale) * belief * of(x_error);
    vote.right_y += static_cast<float>(opinion.scale) * belief * of(y_error);
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

} // namespace

Alignment improve_alignment(std::span<const FeatureLevel> levels, Size canvas, const Alignment& start,
                            double reach, const ImageView& weights) {
    std::vector<Steps> steps;
    std::vector<cv::Mat> trust;
    for (const FeatureLevel& level : levels) {
        Sums planes = sum_squares(level, canvas, start, weights);
        pool(planes);
        steps.push_back(solve_squares(planes, level.scale, {least_correlation, tolerance}));
        trust.emplace_back(planes[xx].size(), CV_32F, cv::Scalar(1));
    }
    Field mean = average(steps, trust, reach);
    for (int round = 0; round < 3; ++round) {
        for (std::size_t level = 0; level < steps.size(); ++level) {
            distrust_outliers(steps[level], mean, trust[level]);
        }
        mean = average(steps, trust, reach);
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

Alignment settle_alignment(std::span<const FeatureLevel> levels, Size canvas, const Alignment& start,
                           const ImageView& weights) {
    std::vector<Opinion> opinions;
    for (const FeatureLevel& level : levels) {
        opinions.push_back(form_opinion(level, canvas, start, weights));
    }
    Alignment settled = start;
    for (int round = 0; round < 3; ++round) {
        settled.displacement =
            find_likely_field(start.displacement, collect_votes(opinions, start.displacement));
        const Field steps = steps_between(start.displacement, settled.displacement);
        for (Opinion& opinion : opinions) {
            distrust_outliers(opinion.steps, steps, opinion.trust);
        }
    }
    return settled;
}

Agreement measure_agreement(const FeatureLevel& level, Size canvas, const Alignment& alignment) {
    Sums planes = sum_squares(level, canvas, alignment, {});
    pool(planes);
    Agreement agreement;
    for (int y = 0; y < planes[xx].rows; ++y) {
        for (int x = 0; x < planes[xx].cols; ++x) {
            const float count = planes[pixels].at<float>(y, x);
            agreement.correlation.push_back(correlation_of(planes, y, x));
            agreement.texture.push_back(count > 0 ? planes[canvas_square].at<float>(y, x) / count : 0);
        }
    }
    return agreement;
}

Alignment normalise(const Alignment& alignment, Size canvas, const std::vector<float>& weights) {
    const double half = std::max(canvas.width, canvas.height) / 2.0;
    const Grid& field = alignment.displacement;
    std::vector<Match> nodes;
    for (int j = 0; j < field.size.height; ++j) {
        for (int i = 0; i < field.size.width; ++i) {
            const auto node = static_cast<std::size_t>(j * field.size.width + i);
            if (weights[node] > 0) {
                nodes.push_back({.u = (i * field.step + 0.5 - canvas.width / 2.0) / half,
                                 .v = (j * field.step + 0.5 - canvas.height / 2.0) / half,
                                 .dx = field.values[2 * node] / half,
                                 .dy = field.values[2 * node + 1] / half,
                                 .weight = weights[node]});
            }
        }
    }
    const AffineShift common = refine_affine(nodes, {}, 4 / half);
    Alignment normal = alignment;
    for (std::size_t i = 0; i < common.size(); ++i) {
        normal.affine[i] += common[i];
    }
    for (int j = 0; j < field.size.height; ++j) {
        for (int i = 0; i < field.size.width; ++i) {
            const auto node = static_cast<std::size_t>(j * field.size.width + i);
            const auto [dx, dy] = shift_at(common, (i * field.step + 0.5 - canvas.width / 2.0) / half,
                                           (j * field.step + 0.5 - canvas.height / 2.0) / half);
            normal.displacement.values[2 * node] -= static_cast<float>(half * dx);
            normal.displacement.values[2 * node + 1] -= static_cast<float>(half * dy);
        }
    }
    return normal;
}

} // namespace kontext
