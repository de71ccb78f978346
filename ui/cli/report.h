#pragma once

#include "core/job/run_edit.h"

#include <string>

namespace kontext::cli {

// What a script learns of one edit (design: `--report`); names are stable.
struct EditReport {
    const EditResult& result;
    const EditedLayer& layer;       // of this variation
    double changed_fraction = 0;    // share of the output's pixels that differ from the original
    double unchanged_identical = 0; // share of the output's samples that equal the original's bit for bit
    Timings timings;
};

std::string to_json(const EditReport& report);

double peak_rss_mb(); // of this process so far

} // namespace kontext::cli
