#pragma once

#include "core/fidelity/pyramid.h"
#include "core/fidelity/register.h"

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
// neighbours left out). `weights`: one channel of 8 bits, the canvas's size, 0 where the pictures differ; no
// data: everywhere.
Alignment improve_alignment(std::span<const FeatureLevel> levels, Size canvas, const Alignment& start,
                            double reach, const ImageView& weights);

// The last steps, once it is known where the pictures differ: the likeliest alignment that bends gently
// (core/fidelity/likely_field.h) and starts close to this one.
Alignment settle_alignment(std::span<const FeatureLevel> levels, Size canvas, const Alignment& start,
                           const ImageView& weights);

Agreement measure_agreement(const FeatureLevel& level, Size canvas, const Alignment& alignment);

// The same alignment with as much of it as possible in its affine part, `weights` telling the nodes'
// importance.
Alignment normalise(const Alignment& alignment, Size canvas, const std::vector<float>& weights);

} // namespace kontext
