#include "core/job/plan_reply.h"

#include "core/fidelity/grid.h"
#include "core/framing/boxes.h"
#include "core/framing/frame_picture.h"

#include <algorithm>
#include <cmath>

namespace kontext {

namespace {

using Matrix = std::array<double, 9>;

// Pixel of one picture -> pixel of another that shows the same, integers being pixel centres.
Matrix scaling(Size from, Size to) {
    const double x = static_cast<double>(to.width) / from.width;
    const double y = static_cast<double>(to.height) / from.height;
    return {x, 0, (x - 1) / 2, 0, y, (y - 1) / 2, 0, 0, 1};
}

Matrix multiply(const Matrix& second, const Matrix& first) {
    Matrix product{};
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t column = 0; column < 3; ++column) {
            for (std::size_t k = 0; k < 3; ++k) {
                product[3 * row + column] += second[3 * row + k] * first[3 * k + column];
            }
        }
    }
    return product;
}

// The canvas's pixels that show the layer and nothing else; empty where there is none.
PixelBox layer_on_canvas(const Framing& framing) {
    const auto map = layer_to_canvas(framing);
    const auto first = [](double scale, double shift) {
        return static_cast<int>(std::ceil(std::max(0.0, shift - scale / 2 + 0.5) - 1e-6));
    };
    const auto end = [](double scale, double shift, int layer, int canvas) {
        return static_cast<int>(
            std::floor(std::min(canvas + 0.0, (layer - 0.5) * scale + shift + 0.5) + 1e-6));
    };
    const int left = first(map[0], map[2]);
    const int top = first(map[4], map[5]);
    return {left, top, std::max(0, end(map[0], map[2], framing.layer.width, framing.canvas.width) - left),
            std::max(0, end(map[4], map[5], framing.layer.height, framing.canvas.height) - top)};
}

// A grid over a part of the canvas, gone on with beyond it.
Grid widened(const Grid& grid, Size canvas, const PixelBox& box) {
    if (grid.values.empty()) {
        return {};
    }
    Grid wide = make_grid(canvas, grid.step, grid.channels);
    auto value = wide.values.begin();
    for (int j = 0; j < wide.size.height; ++j) {
        for (int i = 0; i < wide.size.width; ++i) {
            const double x = std::clamp(i * grid.step - box.x, 0, box.width - 1);
            const double y = std::clamp(j * grid.step - box.y, 0, box.height - 1);
            for (int c = 0; c < grid.channels; ++c) {
                *value++ = value_at(grid, x, y, c);
            }
        }
    }
    return wide;
}

// Alpha of a part of the canvas, full beyond it.
std::vector<std::uint8_t> widened(const std::vector<std::uint8_t>& alpha, std::uint8_t otherwise, Size canvas,
                                  const PixelBox& box) {
    std::vector<std::uint8_t> wide(static_cast<std::size_t>(canvas.pixels()), 255);
    const auto width = static_cast<std::size_t>(box.width);
    for (std::size_t y = 0; y < static_cast<std::size_t>(box.height); ++y) {
        const std::size_t to =
            (y + static_cast<std::size_t>(box.y)) * static_cast<std::size_t>(canvas.width) +
            static_cast<std::size_t>(box.x);
        if (alpha.empty()) {
            std::fill_n(wide.begin() + static_cast<std::ptrdiff_t>(to), width, otherwise);
        } else {
            std::copy_n(alpha.begin() + static_cast<std::ptrdiff_t>(y * width), width,
                        wide.begin() + static_cast<std::ptrdiff_t>(to));
        }
    }
    return wide;
}

// The plan of a part, for the whole canvas.
FitPlan widened(FitPlan plan, Size canvas, const PixelBox& box) {
    const Matrix to_part{1, 0, -1.0 * box.x, 0, 1, -1.0 * box.y, 0, 0, 1};
    const Matrix from_part{1, 0, 1.0 * box.x, 0, 1, 1.0 * box.y, 0, 0, 1};
    plan.transform = multiply(from_part, multiply(plan.transform, to_part));
    plan.displacement = widened(plan.displacement, canvas, box);
    plan.seam = widened(plan.seam, canvas, box);
    plan.mask = widened(plan.mask, 0, canvas, box);
    if (!plan.selection.empty()) {
        plan.selection = widened(plan.selection, 255, canvas, box);
    }
    for (ChangedRegion& region : plan.regions) {
        region.x += box.x;
        region.y += box.y;
    }
    const double share = static_cast<double>(box.width) * box.height / static_cast<double>(canvas.pixels());
    plan.changed_fraction = 1 - share * (1 - plan.changed_fraction);
    plan.uncovered_fraction *= share;
    if (plan.decision == Decision::unchanged) { // of the layer; around it there is something new
        plan.decision = Decision::local;
    }
    plan.canvas = canvas;
    plan.reply = canvas;
    return plan;
}

} // namespace

std::array<double, 9> layer_to_reply(const Fit& fit) {
    const auto map = layer_to_canvas(fit.framing);
    const Matrix known{map[0], map[1], map[2], map[3], map[4], map[5], 0, 0, 1};
    return multiply(scaling(fit.plan.reply, fit.reply), multiply(fit.plan.transform, known));
}

Image reply_on_canvas(const DecodedPicture& reply, Size canvas, const std::stop_token& stop) {
    return frame_picture(reply.pixels, reply.color, stretch_to_fill(reply.pixels.size(), canvas), stop);
}

FitPlan plan_reply(const FitInput& input, const Framing& framing, const std::stop_token& stop) {
    const PixelBox box = layer_on_canvas(framing);
    FitPlan plan;
    if (contains(box_of(framing.layer), framing.region) || is_empty(box)) {
        plan = plan_fit(input, stop);
    } else {
        FitInput part = input;
        for (ImageView* view : {&part.canvas, &part.reply, &part.selection, &part.protection}) {
            *view = view->data != nullptr ? part_of(*view, box_of(framing.canvas), box) : *view;
        }
        plan = widened(plan_fit(part, stop), input.canvas.size, box);
    }
    if (plan.decision == Decision::unregistered) {
        plan.mode = FidelityMode::raw;
    }
    return plan;
}

} // namespace kontext
