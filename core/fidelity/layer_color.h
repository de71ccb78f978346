#pragma once

#include "core/image/color.h"
#include "core/image/image.h"

namespace kontext {

// The samples of a layer and the values that are calculated with: the samples themselves, or, where these are
// linear light, their square root, in which equal steps look about equal. Unbounded either way.
class LayerColor {
public:
    explicit LayerColor(const ColorEncoding& encoding);

    // sRGB (three-channel floats) -> work values of the layer, four-channel floats. Nothing is done to
    // colours whose profile differs from sRGB by less than what a reply of 8 bits can tell.
    Image to_work(const ImageView& srgb) const;
    bool takes_roots() const { return roots_; }

private:
    ColorEncoding encoding_;
    bool roots_;
};

} // namespace kontext
