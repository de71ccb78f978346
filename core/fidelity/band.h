#pragma once

#include "core/fidelity/apply.h"
#include "core/fidelity/detail.h"
#include "core/fidelity/grain.h"

#include <optional>
#include <vector>

namespace kontext {

// What bands are made from: everything on the canvas's pixels, colours in the layer's work values.
struct BandSource {
    CanvasMap map{};
    Size canvas;
    bool takes_roots = false;
    Image picture;            // four-channel floats
    DetailTransfer detail;    // no maps: the picture as it is
    std::vector<float> alpha; // 0..1
    std::optional<Grain> grain;
};

// For layers of fewer pixels than the canvas: averages what falls into one of theirs.
void soften_for_small_layers(BandSource& source);

void fill_band(const BandSource& source, const Placement::Band& band, const MutableImageView& result,
               const MutableImageView& mask);
void blend_band(const BandSource& source, const Placement::Band& band, const MutableImageView& result);

} // namespace kontext
