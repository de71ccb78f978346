#pragma once

#include "core/job/delivery.h"
#include "core/job/hand_over.h"
#include "ui/cli/progress_line.h"

#include <cstdint>

namespace kontext::cli {

// What has been paid for is handed over whatever becomes of the journal: where it cannot be written, these
// say so and go on.

void write_down_if_possible(HandOver& files, Journal& journal, std::int64_t prediction,
                            ProgressLine& progress);
void confirm(Delivery& delivery, ProgressLine& progress);

} // namespace kontext::cli
