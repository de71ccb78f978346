#pragma once

#include "core/fidelity/difference.h"

namespace kontext {

// The parts of `changes` (one channel of 8 bits, 255 where it changed) that are light or shadow: what is
// drawn there stayed, and they end softly. 255 there and a little beyond, as they go on where they cannot be
// told from uneven light any more. `difference` is what the changes were found in.
Image find_light_changes(const ImageView& changes, const Difference& difference);

} // namespace kontext
