#pragma once

#include "core/engine/engines/darkroom/adjustment.h"

#include <string>
#include <string_view>
#include <vector>

namespace kontext::darkroom {

// A part of the prompt that the darkroom cannot do.
struct Problem {
    std::string quote;    // the part, in the person's words, shortened
    std::string sentence; // why, and what would work
};

struct Understanding {
    Adjustments adjustments;
    std::vector<Problem> problems; // in prompt order
};

// Reads plain English. Takes any bytes, and takes time in proportion to them; never throws but bad_alloc.
Understanding understand(std::string_view prompt);

// "Warmer +12, shadows +20, vignette 30 %"
std::string describe(const Adjustments& adjustments);

} // namespace kontext::darkroom
