#pragma once

#include "core/engine/engines/darkroom/adjustment.h"
#include "core/engine/engines/darkroom/chain.h"

#include <span>
#include <string_view>

namespace kontext::darkroom {

enum class Unit {
    points,  // -100..100, written +12
    percent, // 0..100, written 30 %; a negative one is the opposite
    ev,      // stops
    degrees,
};

enum class Colors { any, needed };

// All there is to know of an operation.
struct OperationInfo {
    Operation operation;
    std::string_view name;     // for a positive amount
    std::string_view opposite; // for a negative one; empty: the same name
    Unit unit;
    double usual; // amount when none is said
    double least;
    double most;
    Colors colors; // needed: means nothing on a grey layer
    void (*add)(Chain&, const Adjustment&);
};

// One row for each operation, in the order of the enumeration.
std::span<const OperationInfo> operations();
const OperationInfo& info_of(Operation operation);

} // namespace kontext::darkroom
