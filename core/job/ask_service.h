#pragma once

#include "core/error.h"
#include "core/job/account.h"
#include "core/job/delivery.h"

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace kontext {

// What recover() needs, in the journal before anything is sent.
struct KeptForRecovery {
    std::string placement;             // a SentRecord as JSON
    std::vector<std::byte> selection;  // see encode_mask(); empty: none
    std::vector<std::byte> protection; // the same
};

// One prediction at a service, written down at every step: its price is held against the ceilings first, and
// the reply is on the disk when this returns, as one of the delivery's. Blocks; worker thread. Throws Error:
// what the service has accepted and not ended can be recovered then. Throws Cancelled after the service was
// told.
EngineReply ask_service(const EngineInfo& info, const Model& model, const EditRequest& request,
                        const ModelInput& input, const KeptForRecovery& kept, const Account& account,
                        Delivery& delivery, const ProgressSink& progress, const std::stop_token& stop);

// Writes down what came of going on with prediction `id`: the reply, or how it ended. Throws nothing.
bool keep_if_possible(Journal& journal, std::int64_t id, const EngineReply& reply) noexcept;
void write_end(Journal& journal, std::int64_t id, const Error& error) noexcept;

} // namespace kontext
