#pragma once

#include "core/error.h"
#include "core/job/account.h"

#include <cstddef>
#include <cstdint>
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

// A reply that was paid for, and the number under which the journal has it.
struct PaidReply {
    EngineReply reply;
    std::int64_t prediction = 0;
};

// One prediction at a service, written down at every step: its price is held against the ceilings first, and
// the reply is on the disk when this returns, or where that has no room any more, in memory alone. It is for
// the caller to deliver. Throws Error(out_of_space) and Error(cannot_write) before anything is sent where the
// journal's disk could not take a reply. Blocks; worker thread. Throws Error:
// what the service has accepted and not ended can be recovered then. Throws Cancelled after the service was
// told.
PaidReply ask_service(const EngineInfo& info, const Model& model, const EditRequest& request,
                      const ModelInput& input, const KeptForRecovery& kept, const Account& account,
                      Journal& journal, const ProgressSink& progress, const std::stop_token& stop);

// Writes down what came of going on with prediction `id`: the reply, or how it ended. Throws nothing.
void keep_if_possible(Journal& journal, std::int64_t id, const EngineReply& reply) noexcept;
void write_end(Journal& journal, std::int64_t id, const Error& error) noexcept;

} // namespace kontext
