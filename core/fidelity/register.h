#pragma once

#include "core/fidelity/alignment.h"
#include "core/fidelity/pyramid.h"

#include <vector>

namespace kontext {

struct Registration {
    Alignment alignment;
    double confidence = 0; // 0..1; below 0.25 it must not be trusted
};

// Finds where the parts of a canvas lie in a reply of the same size.
Registration register_pictures(const std::vector<FeatureLevel>& pyramid, Size canvas);

// Sharpens an alignment by the levels of the reply as it aligns it (build_pyramid_of_same()).
Alignment refine_alignment(const std::vector<FeatureLevel>& pyramid, Size canvas, const Alignment& start);

} // namespace kontext
