#pragma once

#include "core/fidelity/difference.h"
#include "core/fidelity/plan.h"

#include <string_view>

namespace kontext {

// What speaks for an edit of a part or of the whole.
struct Evidence {
    double agreement = 0;  // share of the samples that follow one tone map
    double tone_shift = 0; // mean ΔE of that map
    double similarity = 0; // median of the structure's similarity
    double color_kept = 1; // spread of the reply's hues over that of the canvas's
    double changed = 0;    // share of the canvas
    double unevenness = 0; // deviation of the light over what did not change, 1 being all of it
};

// The median of what `covered` (8 bits) shows.
double typical_similarity(const Difference& difference, const ImageView& covered);

// Whether a prompt asks for a tone of the whole picture: its colours then are no drift of the model.
bool asks_for_tone(std::string_view prompt);

Decision decide(const Evidence& evidence, bool found_changes, std::string_view prompt);

FidelityMode choose_mode(FidelityMode wanted, Decision decision);

} // namespace kontext
