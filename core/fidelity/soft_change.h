#pragma once

#include "core/fidelity/color_drift.h"
#include "core/image/image.h"

namespace kontext {

// Where changes go on softly, as light and shadow do: differences too faint to stand out pixel by pixel,
// which a broad look sees. `shift`: see Difference; `covered` and `changes` (what was found so far) have 8
// bits and the full size, as the result: 255 where there is such a change, beside one of `changes` or by
// itself. `spread`: of the drift that was taken away; the more even that is, the surer what is left is the
// edit's.
Image find_soft_changes(const ImageView& shift, const ImageView& covered, const ImageView& changes,
                        const DriftSpread& spread, double sensitivity);

} // namespace kontext
