#pragma once

#include "core/engine/request.h"
#include "core/image/image.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

// What the reply turned out to be, measured against the picture that was sent.
enum class Decision {
    unchanged,    // the same picture: the mask is empty
    local,        // some regions changed, the rest is the same picture
    grade,        // tone or colour changed all over, the structure was kept
    recreated,    // the same composition drawn anew: a style, another medium
    unregistered, // not recognised as the same picture
};

// Values on a regular grid over the canvas: node (i, j) lies at canvas pixel (i * step, j * step), the last
// nodes on or beyond the border. value_at() tells what lies between.
struct Grid {
    Size size; // nodes
    int step = 0;
    int channels = 0;
    std::vector<float> values; // node by node, channels together; empty: zero everywhere

    bool operator==(const Grid&) const = default;
};

// The grid's value at a canvas pixel: through the nodes, smooth between them (Catmull-Rom); 0 for an empty
// grid.
float value_at(const Grid& grid, double x, double y, int channel);

// Colours of the reply -> colours of the canvas, in encoded sRGB: each channel a polynomial of
// [1 r g b r² g² b² rg rb gb r³ g³ b³], clamped to 0..1.
struct ToneMap {
    static constexpr int terms = 13;
    std::array<std::array<float, terms>, 3> rows{{{0, 1}, {0, 0, 1}, {0, 0, 0, 1}}};

    bool operator==(const ToneMap&) const = default;
};

std::array<float, 3> toned(const ToneMap& map, std::array<float, 3> rgb);

// What still has to be added to a colour whose tone is matched, looked up by the colour itself: a model may
// turn one hue and leave another, which no curve of a channel can say.
struct ColorTable {
    static constexpr int side = 13;
    static constexpr std::size_t count = std::size_t{side} * side * side;
    std::vector<std::array<float, 3>> nodes; // of a cube over RGB, 0..1; none: nothing is added

    bool operator==(const ColorTable&) const = default;
};

// What is added to a pixel: so many times what it has beyond its surroundings, blurred narrowly and widely
// (0.8 and 1.6 canvas pixels).
struct Sharpening {
    float narrow = 0;
    float wide = 0;

    bool operator==(const Sharpening&) const = default;
};

// One connected change, in canvas pixels.
struct ChangedRegion {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    int area = 0;       // pixels
    float strength = 0; // mean colour distance, ΔE

    bool operator==(const ChangedRegion&) const = default;
};

// How a reply belongs onto its original: computed at model scale, small, storable. Mode and extent can be
// chosen anew from a stored plan (core/fidelity/apply.h), without asking the model again.
struct FitPlan {
    Size canvas; // of the picture that was sent
    Size reply;
    Decision decision = Decision::unregistered;
    FidelityMode mode = FidelityMode::raw; // what `automatic` came to, or what was asked for
    double confidence = 0;                 // of the registration, 0..1
    // Canvas pixel -> reply pixel, integers being pixel centres: best affine map, row by row, …
    std::array<double, 9> transform{1, 0, 0, 0, 1, 0, 0, 0, 1};
    Grid displacement;     // … and what is added to it, in reply pixels (x, y)
    ToneMap tone;          // undoes the model's own drift in colour, …
    ColorTable colors;     // … and what that leaves of it, hue by hue, …
    Grid seam;             // … and what is still left of it, place by place, in encoded sRGB (r, g, b)
    Sharpening sharpening; // undoes the model's softness, once colours are matched
    // Alpha of the change on the canvas, 255 where it changed, feathered outside; what `keep` shows, while
    // `look` and `raw` show everything. Empty: all 0.
    std::vector<std::uint8_t> mask;
    // Alpha of selection and protection, feathered inside. Empty: all 255.
    std::vector<std::uint8_t> selection;
    std::vector<ChangedRegion> regions; // largest first

    double shift_px = 0;           // of the canvas's centre, in reply pixels, beyond the known map
    double scale = 1;              // beyond the known map
    double warp_px = 0;            // 95th percentile of the displacement
    double tone_shift = 0;         // mean ΔE of what `tone` does
    double changed_fraction = 0;   // of the canvas, as the mode shows it: mask over one half, or 1
    double uncovered_fraction = 0; // of the canvas, no counterpart in the reply

    bool operator==(const FitPlan&) const = default;
};

struct FitInput {
    ImageView canvas; // what was sent, 8-bit RGB in sRGB
    ImageView reply;  // what came back, 8-bit RGB in sRGB, any size
    // One channel of 8 bits, the canvas's size; no data: everything is selected, nothing is protected.
    ImageView selection;
    ImageView protection;
    FidelityMode mode = FidelityMode::automatic;
    std::string_view prompt; // tells a tone that was asked for from a drift of the model
    double sensitivity = 1;  // 0.25..4: more finds fainter changes
};

// Registers, matches colours, finds what changed and decides. Deterministic: the same plan for the same input
// on any number of threads. Replies that do not fit come back as Decision::unregistered.
// Throws Error(invalid_argument) for views of a wrong format, empty or over 16 megapixels, and Cancelled.
FitPlan plan_fit(const FitInput& input, const std::stop_token& stop = {});

// A plan as JSON text, masks packed. Reading throws Error(invalid_argument) for anything that is not a plan.
std::string to_json(const FitPlan& plan);
FitPlan fit_plan_from_json(std::string_view json);

std::string_view to_text(Decision decision); // "none", "local", "grade", "new", "unregistered"

} // namespace kontext
