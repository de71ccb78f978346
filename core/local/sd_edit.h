#pragma once

#include "core/local/resident_server.h"
#include "core/local/sd_api.h"
#include "core/local/sd_progress.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace kontext {

// Where an edit stands.
struct SdEditStep {
    enum class Where {
        other_edit, // another edit has the machine
        starting,   // of the program, until it answers
        queued,     // behind other edits of the same model
        working,
    };
    Where where = Where::starting;
    std::optional<SdProgress> progress; // of working, once it is known
};
using SdEditSink = std::function<void(const SdEditStep&)>;

// One edit by a resident stable-diffusion.cpp: finds or starts the server, and gives it the job, once more
// where the server was ended by order of somebody else meanwhile. After a stop a waiting job is cancelled,
// and a server that is at work for us is ended, as nothing else stops it. Worker thread; `report` is called
// on it. Throws Error: engine_not_ready for what does not start, service_failed with its last words for what
// crashes; and Cancelled within 10 ms of a stop, or 2 s where the server is to be told first.
std::vector<std::byte> edit_with_sd_server(const ServerPlan& plan, const SdJob& job, const SdEditSink& report,
                                           const std::stop_token& stop);

} // namespace kontext
