#pragma once

#include "core/engine/models.h"
#include "core/engine/request.h"
#include "core/image/image.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

// Whole pixels of a layer. May reach beyond it, where a picture is to grow.
struct PixelBox {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;

    bool operator==(const PixelBox&) const = default;
};

// The sizes that a model renders: those listed, or else any sides that are multiples of `multiple_of` with
// about `pixels` pixels in all.
struct CanvasSizes {
    std::vector<Size> listed;
    int multiple_of = 16;
    std::int64_t pixels = std::int64_t{1} << 20;
};

CanvasSizes canvas_sizes(const Model& model);

// What a canvas shows where there is no layer.
enum class Outside {
    mirrored, // the layer's own pixels, mirrored at its border: padding that no model stumbles over
    neutral,  // plain grey: a place to be filled
};

// How a region of a layer lies on a model's canvas. Both maps are exact: a scale per axis and a shift.
struct Framing {
    Size layer;      // of the layer that it was made for
    Size canvas;     // one of the model's sizes
    PixelBox region; // what a result covers: all that is shown and worth keeping, in layer pixels
    // What the whole canvas shows, in layer pixels: left, top, width, height; 0, 0 is the outer corner of the
    // first pixel. Not bound to whole pixels, and larger than the region where the canvas is padded.
    std::array<double, 4> crop{};
    Outside outside = Outside::mirrored;

    bool operator==(const Framing&) const = default;
};

// Chooses canvas and crop for a whole layer (no selection) or for what is selected (its bounding box within
// the layer), as close to one layer pixel per canvas pixel as the model's sizes allow and with at least a
// quarter of context around a selection where the layer has it. Shapes that no size has are stretched by up
// to 1.5 %, beyond that padded. A ratio other than "match" makes the picture grow to that ratio, or the
// context of a selection. Throws Error(invalid_argument) for an empty layer or a selection outside of it.
Framing choose_framing(Size layer, const CanvasSizes& sizes, const std::optional<PixelBox>& selection = {},
                       AspectRatio aspect = {});

// A layer that is stretched to fill a canvas of that size, whatever its shape.
Framing stretch_to_fill(Size layer, Size canvas);

struct PixelPoint {
    double x = 0;
    double y = 0;
};

// Between pixels of the layer and of the canvas; integers are pixel centres in both.
PixelPoint to_canvas(const Framing& framing, PixelPoint layer);
PixelPoint to_layer(const Framing& framing, PixelPoint canvas);
// The first as {a, b, c, d, e, f}: x' = a x + b y + c, y' = d x + e y + f.
std::array<double, 6> layer_to_canvas(const Framing& framing);

// Canvas pixels per layer pixel, the mean of both axes: 1 keeps all detail, less loses some.
double scale_of(const Framing& framing);
// How much more one axis is scaled than the other, minus 1: 0 is none.
double stretch_of(const Framing& framing);

// For people: "2400 × 1600 at 300, 120 of 6000 × 4000 on 1248 × 832, scale 0.52".
std::string describe(const Framing& framing);

// JSON with stable names. Reading throws Error(invalid_argument) for what is no framing.
std::string to_json(const Framing& framing);
Framing framing_from_json(std::string_view json);

} // namespace kontext
