#include "core/fidelity/field.h"

#include "core/fidelity/grid.h"
#include "core/fidelity/mat.h"
#include "core/parallel.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr float least_correlation = 0.45F; // of a square that takes part
constexpr float longest_step = 1.5F;       // pixels of the level, in one step
constexpr float tolerance = 0.6F;          // pixels of the level, against the neighbours

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

// Rows [first, last) of the canvas's level and the aligned reply beneath, with the row that weighs them.
struct Rows {
    const cv::Mat& canvas;
    const cv::Mat& warped;
    const cv::Mat& weights;
    int first;
    int step; // level pixels from node to node
};

void add_row(const Rows& rows, int y, int node_row, Sums& planes) {
    const cv::Mat& canvas = rows.canvas;
    const auto* here = canvas.ptr<float>(y);
    const auto* above = canvas.ptr<float>(std::max(0, y - 1));
    const auto* below = canvas.ptr<float>(std::min(canvas.rows - 1, y + 1));
    const auto* found = rows.warped.ptr<float>(y - rows.first);
    const auto* weights = rows.weights.ptr<float>(y - rows.first);
    const int nodes = planes[xx].cols;
    for (int node = 0; node < nodes; ++node) {
        const int left = std::max(1, node * rows.step - rows.step / 2);
        const int right = std::min(canvas.cols - 1, node * rows.step - rows.step / 2 + rows.step);
        std::array<float, sums> sum{};
        for (int x = left; x < right; ++x) {
            const float weight = weights[x];
            const float gx = 0.5F * (here[x + 1] - here[x - 1]);
            const float gy = 0.5F * (below[x] - above[x]);
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
    const std::vector<float> bend = grid_row(alignment.displacement, canvas_y, canvas.width, 2);
    auto* place = map.ptr<cv::Vec2f>(row);
    auto* weight = weights.ptr<float>(row);
    const auto limit_x = static_cast<float>(canvas.width / scale - 1);
    const auto limit_y = static_cast<float>(canvas.height / scale - 1);
    for (int x = 0; x < map.cols; ++x) {
        const double canvas_x = (x + 0.5) * scale - 0.5;
        const double u = (canvas_x + 0.5 - canvas.width / 2.0) / half;
        const auto at = static_cast<std::size_t>(2 * std::min(canvas.width - 1, x * scale + scale / 2));
        const double dx = half * (p[0] + p[1] * u + p[2] * v) + bend[at];
        const double dy = half * (p[3] + p[4] * u + p[5] * v) + bend[at + 1];
        place[x] = {static_cast<float>(x + dx / scale), static_cast<float>(y + dy / scale)};
        const bool inside =
            place[x][0] >= 0 && place[x][0] <= limit_x && place[x][1] >= 0 && place[x][1] <= limit_y;
        weight[x] = inside ? 1.0F : 0.0F;
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
        cv::Mat map(last - first, one.cols, CV_32FC2);
        cv::Mat weights(last - first, one.cols, CV_32F);
        for (int y = first; y < last; ++y) {
            locate_row(alignment, canvas, level.scale, y, map, weights, y - first);
            if (allowed.data != nullptr) {
                weigh_row(allowed, level.scale, y, weights, y - first);
            }
        }
        cv::Mat warped;
        cv::remap(other, warped, map, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
        for (int y = first; y < last; ++y) {
            add_row({one, warped, weights, first, step}, y, node_row, planes);
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

// The steps that the squares want, and how much each is to be believed (a structure tensor).
struct Steps {
    cv::Mat x, y;       // pixels of the level
    cv::Mat xx, xy, yy; // weights
};

Steps solve_squares(const Sums& planes, float pixels_per_square) {
    const cv::Size nodes = planes[xx].size();
    Steps steps;
    for (cv::Mat* plane : {&steps.x, &steps.y, &steps.xx, &steps.xy, &steps.yy}) {
        *plane = cv::Mat::zeros(nodes, CV_32F);
    }
    for (int y = 0; y < nodes.height; ++y) {
        for (int x = 0; x < nodes.width; ++x) {
            const float a = planes[xx].at<float>(y, x);
            const float b = planes[xy].at<float>(y, x);
            const float c = planes[yy].at<float>(y, x);
            const float damping = 0.002F * pixels_per_square + 0.02F * (a + c);
            const float determinant = (a + damping) * (c + damping) - b * b;
            const float right_x = planes[x_error].at<float>(y, x);
            const float right_y = planes[y_error].at<float>(y, x);
            const float dx = ((c + damping) * right_x - b * right_y) / determinant;
            const float dy = ((a + damping) * right_y - b * right_x) / determinant;
            const float correlation = correlation_of(planes, y, x);
            if (correlation < least_correlation || std::hypot(dx, dy) > longest_step) {
                continue;
            }
            // The residual's variance falls as the correlation rises.
            const float trust = correlation * correlation / (1.05F - correlation);
            steps.x.at<float>(y, x) = dx;
            steps.y.at<float>(y, x) = dy;
            steps.xx.at<float>(y, x) = trust * a;
            steps.xy.at<float>(y, x) = trust * b;
            steps.yy.at<float>(y, x) = trust * c;
        }
    }
    return steps;
}

// Smooth field through the steps: their tensor-weighted mean over a Gaussian of `sigma` nodes, with a pull to
// 0.
void average(const Steps& steps, const cv::Mat& trust, double sigma, float pull, cv::Mat& mean_x,
             cv::Mat& mean_y) {
    std::array<cv::Mat, 5> planes;
    planes[0] = steps.xx.mul(trust);
    planes[1] = steps.xy.mul(trust);
    planes[2] = steps.yy.mul(trust);
    planes[3] = planes[0].mul(steps.x) + planes[1].mul(steps.y);
    planes[4] = planes[1].mul(steps.x) + planes[2].mul(steps.y);
    for (cv::Mat& plane : planes) {
        cv::GaussianBlur(plane, plane, {}, sigma, sigma, cv::BORDER_CONSTANT);
    }
    for (int y = 0; y < mean_x.rows; ++y) {
        for (int x = 0; x < mean_x.cols; ++x) {
            const float a = planes[0].at<float>(y, x) + pull;
            const float b = planes[1].at<float>(y, x);
            const float c = planes[2].at<float>(y, x) + pull;
            const float determinant = a * c - b * b;
            const float right_x = planes[3].at<float>(y, x);
            const float right_y = planes[4].at<float>(y, x);
            mean_x.at<float>(y, x) = (c * right_x - b * right_y) / determinant;
            mean_y.at<float>(y, x) = (a * right_y - b * right_x) / determinant;
        }
    }
}

// Tukey's weights for what differs from the neighbourhood's mean.
void distrust_outliers(const Steps& steps, const cv::Mat& mean_x, const cv::Mat& mean_y, cv::Mat& trust) {
    for (int y = 0; y < trust.rows; ++y) {
        for (int x = 0; x < trust.cols; ++x) {
            const float error = std::hypot(steps.x.at<float>(y, x) - mean_x.at<float>(y, x),
                                           steps.y.at<float>(y, x) - mean_y.at<float>(y, x)) /
                                (2 * tolerance);
            const float inner = std::max(0.0F, 1 - error * error);
            trust.at<float>(y, x) = inner * inner;
        }
    }
}

} // namespace

Alignment improve_alignment(const FeatureLevel& level, Size canvas, const Alignment& start, double reach,
                            const ImageView& weights) {
    Sums planes = sum_squares(level, canvas, start, weights);
    pool(planes);
    const int step = std::max(1, field_step / level.scale);
    const auto square = static_cast<float>(step * step);
    const Steps steps = solve_squares(planes, 4 * square);
    cv::Mat trust(planes[xx].size(), CV_32F, cv::Scalar(1));
    cv::Mat mean_x(trust.size(), CV_32F);
    cv::Mat mean_y(trust.size(), CV_32F);
    for (int round = 0; round < 3; ++round) {
        average(steps, trust, reach, 0.002F * square, mean_x, mean_y);
        distrust_outliers(steps, mean_x, mean_y, trust);
    }
    average(steps, trust, reach, 0.002F * square, mean_x, mean_y);
    Alignment improved = start;
    std::size_t node = 0;
    const auto scale = static_cast<float>(level.scale);
    for (int y = 0; y < mean_x.rows; ++y) {
        for (int x = 0; x < mean_x.cols; ++x) {
            improved.displacement.values[node++] += scale * mean_x.at<float>(y, x);
            improved.displacement.values[node++] += scale * mean_y.at<float>(y, x);
        }
    }
    return improved;
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
