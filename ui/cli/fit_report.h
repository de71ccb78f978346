#pragma once

#include "core/job/plan_reply.h"
#include "core/job/stopwatch.h"

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace kontext::cli {

// What a script learns of a reply that was placed (design: `--report`); names are stable.
struct FitReport {
    const Fit& fit;
    double changed_fraction = 0; // as in EditReport
    double unchanged_identical = 0;
    Timings timings;
};

std::string to_json(const FitReport& report);

// The same as an object, to add to.
nlohmann::json to_object(const FitReport& report);

} // namespace kontext::cli
