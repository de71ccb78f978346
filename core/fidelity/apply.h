#pragma once

#include "core/fidelity/plan.h"
#include "core/image/color.h"
#include "core/image/image.h"
#include "core/image/raster.h"

#include <array>
#include <memory>
#include <stop_token>

namespace kontext {

// Layer pixel -> canvas pixel, integers being pixel centres in both: x' = a x + b y + c, y' = d x + e y + f
// as {a, b, c, d, e, f}. Scaling and shift only: b and d are 0, a and e are positive.
using CanvasMap = std::array<double, 6>;

// Where the result shows.
enum class Extent {
    changes,   // where the plan found a change, within the selection
    selection, // all that is selected
};

struct PlacementOptions {
    FidelityMode mode = FidelityMode::automatic; // automatic: the plan's
    Extent extent = Extent::changes;
    // The layer whose grain new pixels are given where the mode is `keep`, needed during construction only;
    // null: none is added. Measured where nothing changed: as strong as the layer's at each brightness, less
    // what the reply has itself.
    const Raster* grain_of = nullptr;
};

// A reply laid onto its original at full resolution, band by band. What it needs at model scale is made once;
// a band then costs no memory beyond its own rows. Any thread, several at once.
class Placement {
public:
    // Views as for plan_fit, needed during the call only. `color` is the layer's.
    // Throws Error(invalid_argument) when they do not belong to the plan or the map turns.
    Placement(const FitPlan& plan, const ImageView& canvas, const ImageView& reply,
              const ColorEncoding& color, const CanvasMap& layer_to_canvas,
              const PlacementOptions& options = {}, const std::stop_token& stop = {});
    Placement(Placement&&) noexcept;
    Placement& operator=(Placement&&) noexcept;
    ~Placement();

    // A band of the layer, its first row being row `y` of the layer and its first column column `x`.
    struct Band {
        int x = 0;
        int y = 0;
        ImageView original;   // any format
        ImageView selection;  // one channel of any type, or no data: all
        ImageView protection; // the same; no data: nothing
    };

    // Fills `result` (the original's format) and `mask` (one channel of any type) for the whole band. Where
    // the mask is 0 nothing of the result shows; it is filled all the same, so that the mask can be
    // repainted.
    void fill(const Band& band, const MutableImageView& result, const MutableImageView& mask) const;

    // The visible picture: the original's own samples, bit for bit, wherever the mask is 0, blended with the
    // filled result elsewhere. `result` may be the original's own memory.
    void blend(const Band& band, const MutableImageView& result) const;

    struct Pixels;

private:
    std::unique_ptr<const Pixels> pixels_;
};

} // namespace kontext
