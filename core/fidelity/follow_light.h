#pragma once

#include "core/fidelity/color_drift.h"

namespace kontext {

// A picture and the reply to it where light changed. Small ones: a quarter of the size, three-channel floats.
struct LightScene {
    ImageView canvas; // three-channel floats
    ImageView canvas_small;
    ImageView matched_small; // the reply, tones and drift matched
    ImageView covered;       // 8 bits
    ImageView lights;        // 8 bits, 255 where light changed, roughly
    DriftSpread spread;      // of what drift was matched by
};

// Changed light, followed to where it cannot be seen any more.
struct FollowedLight {
    Image mask;      // 8 bits, 255 where it is seen
    Image looked_at; // 8 bits, 255 where it was looked for: mask says all there is to know
};

// Takes light to be what multiplies the canvas by 1 + g k, with one colour k for each of the parts of
// `lights` and a smooth gain g: even what a channel cannot tell, as it is clipped or its drift uneven, the
// others do.
FollowedLight follow_light(const LightScene& scene);

} // namespace kontext
