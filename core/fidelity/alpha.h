#pragma once

#include "core/image/image.h"

#include <cstdint>
#include <vector>

namespace kontext {

// Alpha of what changed: 255 on it, falling to 0 within a few pixels around it, and slowly around light,
// which goes on fainter than what is found of it. Masks of 8 bits, not 0 where it changed; `light` is the
// part of `changed` that ends softly, no data for none.
std::vector<std::uint8_t> alpha_of_change(const ImageView& changed, const ImageView& light);

// Alpha of a selection, rising from its border inwards, and 0 where it is protected. Masks of 8 bits of one
// size, no data for "all" and "nothing". Empty: all 255.
std::vector<std::uint8_t> alpha_of_selection(const ImageView& selection, const ImageView& protection);

} // namespace kontext
