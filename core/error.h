#pragma once

#include <stdexcept>
#include <string>

namespace kontext {

// What went wrong, at the grain at which a person or a script can act on it.
enum class ErrorCode {
    invalid_argument,    // the request itself is wrong: empty prompt, seed out of range, unusable ratio
    refused,             // the engine will not do this prompt; the message says why and what would work
    bad_input,           // the picture cannot be read: not an image, damaged, too large
    bad_reply,           // what an engine returned cannot be used
    network,             // the service or the way to it fails: no connection, a server's fault, too slow
    rate_limited,        // the service is busy or wants fewer edits at a time; nothing was billed
    outcome_unknown,     // the service may have accepted, and billed, what it never answered to
    outcome_untraceable, // the same, and it cannot be asked later either
    service_failed,      // the service accepted it and ended it without a picture
    expired,             // the service has the result no longer
    key_rejected,        // the service does not accept the key
    no_credit,           // the account has no money left
    request_rejected,    // the service calls the request invalid
    engine_not_ready,    // unknown engine or model, no key, program missing
    bad_settings,        // a settings or model file of the user does not hold what it should
    over_budget,         // it would cost more than was allowed; nothing was sent
    price_unknown,       // it may cost more than is allowed; nothing was sent
    layer_gone,          // the layer or image was closed, deleted or locked meanwhile
    out_of_space,        // no room in memory or on disk for the picture
    cannot_write,        // an output file could not be written
    internal,            // a bug of ours, or a library that failed without a reason
};

// The one exception of this project for things that fail. what() is one plain sentence in English
// that can be shown as it is; ui/text turns the code into the next step to take.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

    ErrorCode code() const noexcept { return code_; }

private:
    ErrorCode code_;
};

// Whether an error of this kind, met after a service has accepted an edit, is the end of it there. The others
// leave it running: it can still be fetched.
constexpr bool has_ended(ErrorCode code) {
    return code == ErrorCode::refused || code == ErrorCode::service_failed || code == ErrorCode::expired ||
           code == ErrorCode::request_rejected;
}

// Thrown at cancellation points once a stop was requested. Not an Error: nothing failed.
class Cancelled : public std::exception {
public:
    const char* what() const noexcept override { return "cancelled"; }
};

} // namespace kontext
