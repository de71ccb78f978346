#pragma once

#include "core/engine/engines/darkroom/clause.h"

#include <variant>

namespace kontext::darkroom {

struct Unwanted {
    Operation operation = Operation::exposure;
    bool firm = false; // "no vignette"; not firm: "keep the highlights"
};
struct Restrained {
    Operation operation = Operation::exposure; // "not too warm"
    Adjustment instead;                        // what it means when nothing was said before
};
struct Impossible {
    std::string sentence;
};
using Resolved = std::variant<Adjustment, Unwanted, Restrained, Impossible>;

// The amount that an operation gets from what was said about it.
Resolved resolve(const Draft& draft);

} // namespace kontext::darkroom
