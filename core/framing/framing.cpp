#include "core/framing/framing.h"

#include "core/error.h"
#include "core/framing/canvas_size.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace kontext {

namespace {

// More than this is seen in faces and circles.
constexpr double stretch_limit = 0.015;

// A box with real sides, in layer pixels.
struct Box {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};

Box box_of(PixelBox box) {
    return {static_cast<double>(box.x), static_cast<double>(box.y), static_cast<double>(box.width),
            static_cast<double>(box.height)};
}

double ratio_of(const Box& box) {
    return box.width / box.height;
}

// As large as asked, its centre staying, then moved into the layer; centred on it where it is larger.
double place_within(double centre, double length, double limit) {
    return length >= limit ? (limit - length) / 2 : std::clamp(centre - length / 2, 0.0, limit - length);
}

Box resized_within(const Box& box, double width, double height, Size layer) {
    return {place_within(box.x + box.width / 2, width, layer.width),
            place_within(box.y + box.height / 2, height, layer.height), width, height};
}

// The smallest box of that ratio around another, with the same centre.
Box grown_to_ratio(const Box& box, double ratio) {
    const double width = std::max(box.width, box.height * ratio);
    const double height = std::max(box.height, box.width / ratio);
    return {box.x - (width - box.width) / 2, box.y - (height - box.height) / 2, width, height};
}

// The pixels of the layer that a box shows.
PixelBox pixels_within(const Box& box, Size layer) {
    constexpr double tolerance = 1e-9; // of arithmetic, in pixels
    const int left = std::clamp(static_cast<int>(std::floor(box.x + tolerance)), 0, layer.width - 1);
    const int top = std::clamp(static_cast<int>(std::floor(box.y + tolerance)), 0, layer.height - 1);
    const int right =
        std::clamp(static_cast<int>(std::ceil(box.x + box.width - tolerance)), left + 1, layer.width);
    const int bottom =
        std::clamp(static_cast<int>(std::ceil(box.y + box.height - tolerance)), top + 1, layer.height);
    return {left, top, right - left, bottom - top};
}

Framing make_framing(Size layer, Size canvas, PixelBox region, const Box& crop, Outside outside) {
    return {.layer = layer,
            .canvas = canvas,
            .region = region,
            .crop = {crop.x, crop.y, crop.width, crop.height},
            .outside = outside};
}

// A box that a canvas shows whole: stretched a little to fill it, or with something around it.
Box crop_around(const Box& shown, Size canvas) {
    const double distance = shape_distance(canvas, ratio_of(shown));
    return std::abs(distance) <= std::log1p(stretch_limit)
               ? shown
               : grown_to_ratio(shown, static_cast<double>(canvas.width) / canvas.height);
}

Framing frame_whole(Size layer, const CanvasSizes& sizes) {
    const Box whole{0, 0, static_cast<double>(layer.width), static_cast<double>(layer.height)};
    const Size canvas = nearest_canvas(sizes, ratio_of(whole));
    return make_framing(layer, canvas, {0, 0, layer.width, layer.height}, crop_around(whole, canvas),
                        Outside::mirrored);
}

// The layer in the middle of a larger picture of that ratio, by whole pixels.
PixelBox grow_layer(Size layer, AspectRatio aspect) {
    const double ratio = static_cast<double>(aspect.width) / aspect.height;
    const int width = std::max(layer.width, static_cast<int>(std::lround(layer.height * ratio)));
    const int height = std::max(layer.height, static_cast<int>(std::lround(layer.width / ratio)));
    return {-((width - layer.width) / 2), -((height - layer.height) / 2), width, height};
}

Framing frame_grown(Size layer, const CanvasSizes& sizes, AspectRatio aspect) {
    const PixelBox region = grow_layer(layer, aspect);
    const Size canvas = nearest_canvas(sizes, ratio_of(box_of(region)));
    return make_framing(layer, canvas, region, crop_around(box_of(region), canvas), Outside::neutral);
}

// A selection with the context that a model needs to understand scale and light; `shrink` is layer pixels per
// canvas pixel.
Box with_context(const Box& selection, double shrink, double ratio, Size layer) {
    constexpr double least_margin = 64; // canvas pixels
    constexpr double margin_share = 0.25;
    const double margin =
        std::max(least_margin * shrink, margin_share * std::max(selection.width, selection.height));
    Box wanted{selection.x - margin, selection.y - margin, selection.width + 2 * margin,
               selection.height + 2 * margin};
    if (ratio > 0) {
        wanted = grown_to_ratio(wanted, ratio);
    }
    return resized_within(wanted, std::min<double>(wanted.width, layer.width),
                          std::min<double>(wanted.height, layer.height), layer);
}

// One layer pixel per canvas pixel: no resampling at all.
std::optional<Framing> frame_natively(Size layer, const CanvasSizes& sizes, const Box& wanted, double ratio) {
    CanvasSizes fitting = sizes;
    const auto is_too_small = [&](Size size) {
        return size.width < wanted.width || size.height < wanted.height || size.width > layer.width ||
               size.height > layer.height;
    };
    std::erase_if(fitting.listed, is_too_small);
    if (fitting.listed.empty() && !sizes.listed.empty()) {
        return std::nullopt;
    }
    const Size canvas = nearest_canvas(fitting, ratio > 0 ? ratio : ratio_of(wanted));
    if (is_too_small(canvas)) {
        return std::nullopt;
    }
    const Box box = resized_within(wanted, canvas.width, canvas.height, layer);
    const Box crop{std::round(box.x), std::round(box.y), box.width, box.height};
    return make_framing(layer, canvas, pixels_within(crop, layer), crop, Outside::mirrored);
}

// The smallest box of the canvas's exact shape with whole sides that holds another.
Box whole_multiple_of(Size canvas, const Box& wanted, Size layer) {
    const int divisor = std::gcd(canvas.width, canvas.height);
    const double step_x = static_cast<double>(canvas.width) / divisor;
    const double step_y = static_cast<double>(canvas.height) / divisor;
    const double steps = std::ceil(std::max(wanted.width / step_x, wanted.height / step_y));
    return resized_within(wanted, steps * step_x, steps * step_y, layer);
}

Framing frame_selection(Size layer, const CanvasSizes& sizes, const Box& selection, double ratio) {
    if (auto native = frame_natively(layer, sizes, with_context(selection, 1, ratio, layer), ratio)) {
        return *native;
    }
    // The margin grows with the shrinking, and the shrinking with the margin: a few rounds settle it.
    double shrink = 1;
    Size canvas;
    Box crop;
    for (int round = 0; round < 6; ++round) {
        const Box wanted = with_context(selection, shrink, ratio, layer);
        canvas = nearest_canvas(sizes, ratio > 0 ? ratio : ratio_of(wanted));
        crop = whole_multiple_of(canvas, wanted, layer);
        shrink = crop.width / canvas.width;
    }
    if (crop.width >= layer.width && crop.height >= layer.height) {
        return frame_whole(layer, sizes);
    }
    const Box box{std::floor(crop.x), std::floor(crop.y), crop.width, crop.height};
    return make_framing(layer, canvas, pixels_within(box, layer), box, Outside::mirrored);
}

} // namespace

CanvasSizes canvas_sizes(const Model& model) {
    return {.listed = model.sizes, .multiple_of = model.multiple_of, .pixels = model.pixels};
}

Framing choose_framing(Size layer, const CanvasSizes& sizes, const std::optional<PixelBox>& selection,
                       AspectRatio aspect) {
    if (layer.width <= 0 || layer.height <= 0) {
        throw Error(ErrorCode::invalid_argument, "An empty layer cannot be edited.");
    }
    if (!selection) {
        return aspect.is_match() ? frame_whole(layer, sizes) : frame_grown(layer, sizes, aspect);
    }
    const PixelBox& box = *selection;
    if (box.width <= 0 || box.height <= 0 || box.x < 0 || box.y < 0 || box.width > layer.width - box.x ||
        box.height > layer.height - box.y) {
        throw Error(ErrorCode::invalid_argument, "The selection does not lie within the layer.");
    }
    const double ratio = aspect.is_match() ? 0 : static_cast<double>(aspect.width) / aspect.height;
    return frame_selection(layer, sizes, box_of(box), ratio);
}

Framing stretch_to_fill(Size layer, Size canvas) {
    const PixelBox whole{0, 0, layer.width, layer.height};
    return make_framing(layer, canvas, whole, box_of(whole), Outside::mirrored);
}

PixelPoint to_canvas(const Framing& framing, PixelPoint layer) {
    const auto& [x, y, width, height] = framing.crop;
    return {(layer.x + 0.5 - x) * framing.canvas.width / width - 0.5,
            (layer.y + 0.5 - y) * framing.canvas.height / height - 0.5};
}

PixelPoint to_layer(const Framing& framing, PixelPoint canvas) {
    const auto& [x, y, width, height] = framing.crop;
    return {(canvas.x + 0.5) * width / framing.canvas.width + x - 0.5,
            (canvas.y + 0.5) * height / framing.canvas.height + y - 0.5};
}

std::array<double, 6> layer_to_canvas(const Framing& framing) {
    const PixelPoint origin = to_canvas(framing, {0, 0});
    return {framing.canvas.width / framing.crop[2],  0,       origin.x, 0,
            framing.canvas.height / framing.crop[3], origin.y};
}

double scale_of(const Framing& framing) {
    return (framing.canvas.width / framing.crop[2] + framing.canvas.height / framing.crop[3]) / 2;
}

double stretch_of(const Framing& framing) {
    const double x = framing.canvas.width / framing.crop[2];
    const double y = framing.canvas.height / framing.crop[3];
    return std::max(x, y) / std::min(x, y) - 1;
}

std::string describe(const Framing& framing) {
    const auto size = [](int width, int height) {
        return std::to_string(width) + " × " + std::to_string(height);
    };
    std::array<char, 16> scale{};
    std::snprintf(scale.data(), scale.size(), "%.3g", scale_of(framing));
    const PixelBox& region = framing.region;
    return size(region.width, region.height) + " at " + std::to_string(region.x) + ", " +
           std::to_string(region.y) + " of " + size(framing.layer.width, framing.layer.height) + " on " +
           size(framing.canvas.width, framing.canvas.height) + ", scale " + scale.data();
}

} // namespace kontext
