#pragma once

#include "core/fidelity/plan.h"
#include "core/framing/framing.h"

#include <array>
#include <chrono>
#include <map>
#include <string>

namespace kontext::cli {

// What a script learns of a reply that was placed (design: `--report`); names are stable.
struct FitReport {
    const FitPlan& plan;
    const Framing& framing;
    std::array<double, 9> transform{}; // original -> edited, in their own pixels
    double changed_fraction = 0;       // as in EditReport
    double unchanged_identical = 0;
    std::map<std::string, std::chrono::milliseconds> timings;
};

std::string to_json(const FitReport& report);

} // namespace kontext::cli
