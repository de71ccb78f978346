#include "core/fidelity/apply.h"

#include "core/error.h"
#include "core/fidelity/aligned.h"
#include "core/fidelity/band.h"
#include "core/fidelity/color_table.h"
#include "core/fidelity/detail.h"
#include "core/fidelity/grid.h"
#include "core/fidelity/layer_color.h"
#include "core/fidelity/mat.h"
#include "core/fidelity/measure_grain.h"
#include "core/fidelity/sharpness.h"
#include "core/fidelity/tone.h"

#include <algorithm>
#include <utility>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr PixelFormat rgb_bytes{SampleType::u8, 3};
constexpr PixelFormat rgb_floats{SampleType::f32, 3};

// Where a whole picture got another look, its structure is expected to be the old one.
constexpr DetailTrust structure_kept{.from = 0.35F, .wholly = 0.65F};

void check(const FitPlan& plan, const ImageView& canvas, const ImageView& reply, const CanvasMap& map) {
    if (canvas.format != rgb_bytes || reply.format != rgb_bytes || canvas.size != plan.canvas ||
        reply.size != plan.reply) {
        throw Error(ErrorCode::invalid_argument, "The pictures are not those that the fit was planned for.");
    }
    if (map[1] != 0 || map[3] != 0 || !(map[0] > 0) || !(map[4] > 0)) {
        throw Error(ErrorCode::invalid_argument,
                    "A reply can be scaled and shifted onto its layer, not turned.");
    }
}

// The plan's geometry for a reply that was brought to the canvas's size.
Alignment alignment_of(const FitPlan& plan) {
    const double half = std::max(plan.canvas.width, plan.canvas.height) / 2.0;
    const double scale_x = static_cast<double>(plan.reply.width) / plan.canvas.width;
    const double scale_y = static_cast<double>(plan.reply.height) / plan.canvas.height;
    const auto& m = plan.transform;
    const double a = m[0] / scale_x - 1;
    const double b = m[1] / scale_x;
    const double d = m[3] / scale_y;
    const double e = m[4] / scale_y - 1;
    const double center_x = plan.canvas.width / 2.0 - 0.5;
    const double center_y = plan.canvas.height / 2.0 - 0.5;
    const double c = (m[2] + 0.5) / scale_x - 0.5;
    const double f = (m[5] + 0.5) / scale_y - 0.5;
    Alignment alignment{
        {(c + a * center_x + b * center_y) / half, a, b, (f + d * center_x + e * center_y) / half, d, e},
        plan.displacement};
    for (std::size_t i = 0; i + 1 < alignment.displacement.values.size(); i += 2) {
        alignment.displacement.values[i] /= static_cast<float>(scale_x);
        alignment.displacement.values[i + 1] /= static_cast<float>(scale_y);
    }
    return alignment;
}

// What is to be laid onto the original, in sRGB on the canvas's pixels.
Image make_picture(const FitPlan& plan, const ImageView& reply, FidelityMode mode) {
    const bool aligns = plan.decision != Decision::unregistered &&
                        (mode != FidelityMode::raw || plan.decision == Decision::recreated);
    const bool matches = plan.decision != Decision::unregistered && mode == FidelityMode::keep;
    const Image fitted = fit_size(reply, plan.canvas);
    const Image placed = aligns ? align_reply(fitted.view(), alignment_of(plan)).picture : Image();
    const ImageView source = aligns ? placed.view() : fitted.view();
    Image picture(plan.canvas, rgb_floats);
    for_each_band(plan.canvas.height, [&](int first, int last) {
        cv::Mat row(1, plan.canvas.width, CV_32FC3);
        for (int y = first; y < last; ++y) {
            as_mat(rows_of(source, y, 1)).convertTo(row, CV_32F, 1 / 255.0);
            auto* to = picture.view().samples<float>(y);
            if (!matches) {
                std::copy_n(row.ptr<float>(), 3 * plan.canvas.width, to);
                continue;
            }
            apply_tone(plan.tone, row.ptr<float>(), to, plan.canvas.width);
            add_from_table(plan.colors, to, plan.canvas.width);
            const std::vector<float> seam = grid_row(plan.seam, y, {plan.canvas.width}, 3);
            for (std::size_t i = 0; i < seam.size(); ++i) {
                to[i] += seam[i];
            }
        }
    });
    return matches ? sharpen(picture.view(), plan.sharpening) : std::move(picture);
}

// Alpha on the canvas: of the change or of everything, within the selection.
std::vector<float> make_alpha(const FitPlan& plan, FidelityMode mode, Extent extent) {
    const auto pixels = static_cast<std::size_t>(plan.canvas.pixels());
    std::vector<float> alpha(pixels, 1.0F);
    if (mode == FidelityMode::keep && extent == Extent::changes) {
        for (std::size_t i = 0; i < pixels; ++i) {
            alpha[i] = plan.mask.empty() ? 0 : static_cast<float>(plan.mask[i]) / 255;
        }
    }
    for (std::size_t i = 0; i < plan.selection.size(); ++i) {
        alpha[i] *= static_cast<float>(plan.selection[i]) / 255;
    }
    return alpha;
}

} // namespace

struct Placement::Pixels {
    BandSource source;
};

Placement::Placement(const FitPlan& plan, const ImageView& canvas, const ImageView& reply,
                     const ColorEncoding& color, const CanvasMap& layer_to_canvas,
                     const PlacementOptions& options, const std::stop_token& stop) {
    check(plan, canvas, reply, layer_to_canvas);
    const FidelityMode mode = options.mode == FidelityMode::automatic ? plan.mode : options.mode;
    const LayerColor layer(color);
    BandSource source;
    source.map = layer_to_canvas;
    source.canvas = plan.canvas;
    source.takes_roots = layer.takes_roots();
    source.alpha = make_alpha(plan, mode, options.extent);
    source.picture = layer.to_work(make_picture(plan, reply, mode).view());
    if (stop.stop_requested()) {
        throw Cancelled();
    }
    if (mode == FidelityMode::keep || mode == FidelityMode::look) {
        source.detail = learn_detail(layer.to_work(reduce(canvas, 1).view()).view(), source.picture.view(),
                                     mode == FidelityMode::look ? structure_kept : DetailTrust{});
    }
    soften_for_small_layers(source);
    if (options.grain_of != nullptr && mode == FidelityMode::keep && !plan.mask.empty()) {
        source.grain = measure_grain(source, *options.grain_of, plan.mask);
    }
    pixels_ = std::make_unique<const Pixels>(std::move(source));
}

Placement::Placement(Placement&&) noexcept = default;
Placement& Placement::operator=(Placement&&) noexcept = default;
Placement::~Placement() = default;

void Placement::fill(const Band& band, const MutableImageView& result, const MutableImageView& mask) const {
    fill_band(pixels_->source, band, result, mask);
}

void Placement::blend(const Band& band, const MutableImageView& result) const {
    blend_band(pixels_->source, band, result);
}

} // namespace kontext
