#pragma once

#include "core/fidelity/alignment.h"
#include "core/fidelity/pyramid.h"

#include <span>
#include <vector>

namespace kontext {

constexpr int field_step = 16; // canvas pixels between the nodes of a displacement field

// How well the surroundings of the nodes agree once aligned.
struct Agreement {
    std::vector<float> correlation; // by node, -1..1
    std::vector<float> texture;     // by node: mean square of the features, about 1 at full contrast
};

// One step of improving an alignment by what several levels of the pyramid say together (Lucas and Kanade
// 1981, over the squares around the nodes, smoothed over `reach` nodes, squares that disagree with their
// neighbours left out).
Alignment improve_alignment(std::span<const FeatureLevel> levels, Size canvas, const Alignment& start,
                            double reach);

// The last steps, once it is known where the pictures are the same: the likeliest displacement that bends
// gently (core/fidelity/likely_field.h). `levels` are of a reply that was aligned already, by `aligned` on
// top of an affine shift; `start` is what is known to be left of that, and so is the result.
Grid settle_displacement(std::span<const FeatureLevel> levels, Size canvas, const Grid& aligned,
                         const Grid& start);

Agreement measure_agreement(const FeatureLevel& level, Size canvas, const Alignment& alignment);

} // namespace kontext
