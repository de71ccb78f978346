#include "core/fidelity/aligned.h"

#include "core/fidelity/grid.h"
#include "core/fidelity/mat.h"
#include "core/parallel.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr int seam_step = 16;
constexpr float largest_correction = 0.08F;
constexpr PixelFormat one_float{SampleType::f32, 1};

// Where rows [first, last) of a canvas lie in the reply, and those of the canvas at half the size.
struct Positions {
    cv::Mat full;
    cv::Mat half;
};

Positions find_positions(const Alignment& alignment, Size canvas, int first, int last) {
    Positions positions{cv::Mat(last - first, canvas.width, CV_32FC2), {}};
    for (int y = first; y < last; ++y) {
        const std::vector<float> row = reply_positions(alignment, canvas, y);
        std::copy(row.begin(), row.end(), positions.full.ptr<float>(y - first));
    }
    positions.half.create((last - first) / 2, canvas.width / 2, CV_32FC2);
    for (int y = 0; y < positions.half.rows; ++y) {
        const auto* above = positions.full.ptr<cv::Vec2f>(2 * y);
        const auto* below = positions.full.ptr<cv::Vec2f>(2 * y + 1);
        auto* place = positions.half.ptr<cv::Vec2f>(y);
        // The middle of four pixels is at 0.5 of two and at 0 of one.
        for (int x = 0; x < positions.half.cols; ++x) {
            place[x] = 0.25F * (above[2 * x] + below[2 * x + 1]) - cv::Vec2f(0.25F, 0.25F);
        }
    }
    return positions;
}

void remap_rows(const Image& from, Image& to, const cv::Mat& positions, int first) {
    cv::Mat target = as_mat(to.view());
    cv::Mat rows = target.rowRange(first, first + positions.rows);
    cv::remap(as_mat(from.view()), rows, positions, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
}

} // namespace

Image fit_size(const ImageView& reply, Size canvas) {
    Image fitted(canvas, reply.format);
    cv::Mat target = as_mat(fitted.view());
    cv::setNumThreads(1);
    if (reply.size == canvas) {
        as_mat(reply).copyTo(target);
        return fitted;
    }
    const bool shrinks = reply.size.width >= canvas.width && reply.size.height >= canvas.height;
    cv::resize(as_mat(reply), target, target.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
    return fitted;
}

AlignedReply align_reply(const ImageView& reply, const Alignment& alignment) {
    const Size size = reply.size;
    AlignedReply aligned{Image(size, reply.format), Image(size, {SampleType::u8, 1})};
    const cv::Mat source = as_mat(reply);
    cv::Mat target = as_mat(aligned.picture.view());
    for_each_band(size.height, [&](int first, int last) {
        cv::Mat map(last - first, size.width, CV_32FC2);
        for (int y = first; y < last; ++y) {
            const std::vector<float> positions = reply_positions(alignment, size, y);
            std::copy(positions.begin(), positions.end(), map.ptr<float>(y - first));
            auto* covered = aligned.covered.view().samples<std::uint8_t>(y);
            for (int x = 0; x < size.width; ++x) {
                const float at_x = positions[static_cast<std::size_t>(2 * x)];
                const float at_y = positions[static_cast<std::size_t>(2 * x + 1)];
                const bool inside = at_x >= -0.5F && at_y >= -0.5F &&
                                    at_x <= static_cast<float>(size.width) - 0.5F &&
                                    at_y <= static_cast<float>(size.height) - 0.5F;
                covered[x] = inside ? 255 : 0;
            }
        }
        cv::Mat rows = target.rowRange(first, last);
        cv::remap(source, rows, map, cv::noArray(), cv::INTER_LANCZOS4, cv::BORDER_REFLECT_101);
    });
    return aligned;
}

Image make_luma(const ImageView& picture) {
    Image luma(picture.size, {SampleType::f32, 1});
    for_each_band(picture.size.height, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const auto* rgb = picture.samples<std::uint8_t>(y);
            auto* row = luma.view().samples<float>(y);
            for (int x = 0; x < picture.size.width; ++x, rgb += 3) { // Rec. 601, as everywhere for 8-bit luma
                row[x] = static_cast<float>(299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 255'000;
            }
        }
    });
    return luma;
}

Opponents split_color(const ImageView& picture) {
    const Image half = reduce(picture, 2);
    Opponents opponents{make_luma(picture), Image(half.size(), one_float), Image(half.size(), one_float)};
    for_each_band(half.size().height, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const auto* rgb = half.view().samples<float>(y);
            auto* red = opponents.red.view().samples<float>(y);
            auto* blue = opponents.blue.view().samples<float>(y);
            for (int x = 0; x < half.size().width; ++x, rgb += 3) {
                const float luma = 0.299F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2];
                red[x] = rgb[0] - luma;
                blue[x] = rgb[2] - luma;
            }
        }
    });
    return opponents;
}

Opponents align_color(const Opponents& reply, const Alignment& alignment) {
    const Size size = reply.luma.size();
    const Size half = reply.red.size();
    Opponents aligned{Image(size, one_float), Image(half, one_float), Image(half, one_float)};
    for_each_band(size.height, [&](int first, int last) { // whose first row is even
        const Positions positions = find_positions(alignment, size, first, last);
        remap_rows(reply.luma, aligned.luma, positions.full, first);
        if (!positions.half.empty()) {
            remap_rows(reply.red, aligned.red, positions.half, first / 2);
            remap_rows(reply.blue, aligned.blue, positions.half, first / 2);
        }
    });
    return aligned;
}

Image reduce(const ImageView& picture, int factor) {
    const Size size{std::max(1, picture.size.width / factor), std::max(1, picture.size.height / factor)};
    Image reduced(size, {SampleType::f32, picture.format.channels});
    cv::Mat target = as_mat(reduced.view());
    for_each_band(size.height, [&](int first, int last) {
        cv::Mat rows = target.rowRange(first, last);
        const int width = std::min(picture.size.width, size.width * factor);
        const int end = std::min(picture.size.height, last * factor);
        const cv::Mat source = as_mat(picture)(cv::Rect(0, first * factor, width, end - first * factor));
        cv::Mat part;
        source.convertTo(part, CV_32F, picture.format.sample == SampleType::u8 ? 1 / 255.0 : 1.0);
        cv::resize(part, rows, rows.size(), 0, 0, cv::INTER_AREA);
    });
    return reduced;
}

Residuals sum_residuals(const ImageView& canvas, const ImageView& aligned, const ImageView& use) {
    Residuals residuals{make_grid(canvas.size, seam_step, 4), canvas.size};
    Grid& sums = residuals.sums;
    for_each_parallel(sums.size.height, [&](int j) {
        const int first = std::max(0, j * seam_step - seam_step / 2);
        const int last = std::min(canvas.size.height, j * seam_step + seam_step / 2);
        float* row = sums.values.data() + std::ptrdiff_t{4} * j * sums.size.width;
        for (int y = first; y < last; ++y) {
            const auto* one = canvas.samples<float>(y);
            const auto* other = aligned.samples<float>(y);
            const auto* used = use.samples<std::uint8_t>(y);
            for (int x = 0; x < canvas.size.width; ++x) {
                if (used[x] != 0) {
                    float* node = row + std::ptrdiff_t{4} * ((x + seam_step / 2) / seam_step);
                    for (std::ptrdiff_t c = 0; c < 3; ++c) {
                        node[c] += one[3 * x + c] - other[3 * x + c];
                    }
                    node[3] += 1;
                }
            }
        }
    });
    return residuals;
}

Grid smooth_residuals(const Residuals& residuals, double near, double far) {
    const Size nodes = residuals.sums.size;
    const cv::Mat sums(
        nodes.height, nodes.width, CV_32FC4,
        const_cast<float*>(residuals.sums.values.data())); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    cv::Mat close;
    cv::Mat wide;
    const auto deviation = [](double pixels) { return std::max(0.3, pixels / seam_step); };
    cv::setNumThreads(1);
    cv::GaussianBlur(sums, close, {}, deviation(near), deviation(near), cv::BORDER_CONSTANT);
    cv::GaussianBlur(sums, wide, {}, deviation(far), deviation(far), cv::BORDER_CONSTANT);
    Grid field = make_grid(residuals.canvas, seam_step, 3);
    constexpr float few = 0.02F * seam_step * seam_step; // pixels that count as hardly any
    std::size_t at = 0;
    for (int j = 0; j < nodes.height; ++j) {
        for (int i = 0; i < nodes.width; ++i) {
            const auto& c = close.at<cv::Vec4f>(j, i);
            const auto& w = wide.at<cv::Vec4f>(j, i);
            for (int channel = 0; channel < 3; ++channel) {
                const float far_mean = w[channel] / (w[3] + 0.01F * few);
                const float mean = (c[channel] + few * far_mean) / (c[3] + few);
                field.values[at++] = std::clamp(mean, -largest_correction, largest_correction);
            }
        }
    }
    return field;
}

} // namespace kontext
