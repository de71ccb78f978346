#pragma once

#include "core/image/image.h"

namespace kontext {

// Where changes go on softly, as light and shadow do: differences too faint to stand out pixel by pixel,
// which a broad look sees. `shift`: see Difference; `covered` and `changes` (what was found so far) have 8
// bits and the full size, as the result: 255 where there is such a change, beside one of `changes` or by
// itself.
Image find_soft_changes(const ImageView& shift, const ImageView& covered, const ImageView& changes,
                        double sensitivity);

} // namespace kontext
