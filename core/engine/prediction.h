#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace kontext {

// What it takes to ask a service for a prediction again, also after a crash and in another process. Holds no
// key. Empty members: the service has no such thing.
struct Ticket {
    std::string id;         // the service's; empty until it has accepted
    std::string status_url; // to ask whether it is ready
    std::string result_url; // to get what came out, where that is another address
    std::string cancel_url;
    std::string upload_id;   // of the picture that was sent, to have it deleted
    std::string image_url;   // of the same, to find the prediction in the service's history by it
    std::string answer_file; // that was made before the call that costs, by who makes it

    bool operator==(const Ticket&) const = default;
};

std::string to_json(const Ticket& ticket);
// Unknown members are ignored, missing ones are empty. Throws Error(internal) for what is no object.
Ticket ticket_from_json(std::string_view json);

// Who writes down what happens to the money. What is written is on the disk when a call returns.
class PredictionLog {
public:
    virtual ~PredictionLog() = default;

    // Where the answer to the call that costs is kept should we be killed; empty: nowhere.
    virtual std::filesystem::path answer_file() const { return {}; }

    // Before the first byte of the call that costs. Throws what cannot be written: then nothing is sent.
    virtual void submitting(const Ticket& so_far) = 0;
    // The service said so, or was never reached.
    virtual void not_accepted() = 0;
    // Throws nothing: where it cannot be written, the best that is left is to fetch the picture now.
    virtual void accepted(const Ticket& ticket, std::optional<double> price_usd) noexcept = 0;
};

} // namespace kontext
