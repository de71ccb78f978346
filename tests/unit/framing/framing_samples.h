#pragma once

#include "core/framing/framing.h"

namespace kontext::test {

// The sizes of FLUX.1 Kontext.
inline CanvasSizes kontext_sizes() {
    return {.listed = {{672, 1568},
                       {688, 1504},
                       {720, 1456},
                       {752, 1392},
                       {800, 1328},
                       {832, 1248},
                       {880, 1184},
                       {944, 1104},
                       {1024, 1024},
                       {1104, 944},
                       {1184, 880},
                       {1248, 832},
                       {1328, 800},
                       {1392, 752},
                       {1456, 720},
                       {1504, 688},
                       {1568, 672}}};
}

// Models that take any multiple of 16 with about a megapixel.
inline CanvasSizes any_megapixel() {
    return {.listed = {}, .multiple_of = 16, .pixels = 1 << 20};
}

} // namespace kontext::test
