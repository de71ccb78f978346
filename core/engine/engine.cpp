#include "core/engine/engine.h"

#include "core/error.h"

namespace kontext {

std::vector<SetupFinding> Engine::check_setup(std::stop_token) {
    return {};
}

EngineReply Engine::resume(const Ticket&, const ProgressSink&, std::stop_token) {
    throw Error(ErrorCode::internal, "This engine has nothing to go on with.");
}

EngineReply Engine::resume_from_answer(const HttpResponse&, const Ticket&, const ProgressSink&,
                                       std::stop_token) {
    throw Error(ErrorCode::internal, "This engine has nothing to go on with.");
}

std::optional<Ticket> Engine::find_lost(const Ticket&, std::stop_token) {
    throw Error(ErrorCode::outcome_untraceable,
                "The service cannot tell whether it accepted the edit; its own page lists what was billed.");
}

bool Engine::cancel(const Ticket&) {
    return false;
}

std::string Engine::check_key(std::stop_token) {
    return {};
}

} // namespace kontext
