#pragma once

#include "core/engine/engine.h"
#include "core/local/kept_call.h"
#include "core/net/http.h"
#include "core/net/url.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace kontext {

// What is the same for all calls of one service.
struct ServiceRules {
    std::string_view name; // for messages
    std::string_view key_header = "Authorization";
    std::string_view key_prefix = "Bearer ";
    // Further hosts that are the service's own and get the key; null: none but the base address's.
    bool (*is_own)(const Url&) = nullptr;
    // For an answer that holds the picture, or from acceptance until it is ready.
    std::chrono::seconds patience{300};
};

// What an answer to "is it ready?" says.
struct PollReading {
    enum class State { running, ready, not_found };
    State state = State::running;
    Progress progress{.stage = Stage::generating, .fraction = {}};
};
// None: it says nothing that we understand. Throws what ended the prediction.
using ReadPoll = std::function<std::optional<PollReading>(const nlohmann::json& body)>;

// What an answer that is no success means to a service: throws what ended the prediction, and returns where
// it says nothing of that kind.
using ReadFailure = std::function<void(const HttpResponse&)>;

// The calls of one prediction, with the rules of money and secrets built in: what is repeated and what never,
// what is written down before what, and who is given the key. An engine says what to send and reads what
// comes. Worker thread. Everything throws Error, and Cancelled within 10 ms of a stop.
class Service {
public:
    // What is referred to outlives it.
    Service(const ServiceRules& rules, const EngineSetup& setup, const ProgressSink& progress,
            std::stop_token stop);

    // A call that costs nothing: repeated for a while when the service or the way to it fails. `request.url`
    // that starts with "/" is a path of the service. Returns a success (2xx), else throws; `read_failure` may
    // be null, and sees what is no success before anything is repeated.
    HttpResponse ask(const HttpRequest& request, const ReadFailure& read_failure = nullptr);
    // The same in one try: where doing it twice does harm, or where waiting for the server helps nobody.
    HttpResponse ask_once(const HttpRequest& request, const ReadFailure& read_failure = nullptr);
    // A call that costs nothing with a body of JSON.
    nlohmann::json post(std::string path, const nlohmann::json& body);

    // The call that costs: written down before, sent at most once, and repeated only where the service surely
    // did not accept it. Returns a success. Throws Error(outcome_unknown) where nobody knows.
    HttpResponse create(HttpRequest request, const Ticket& so_far);
    // The same where the answer holds the picture itself: it may take as long as the service's patience, and
    // after a stop nobody waits for it. The caller calls accepted() next, with id_of_answer().
    HttpResponse create_and_wait(HttpRequest request, const Ticket& so_far);
    // Whether the service has, or may have, what a create call asked for. Where not, nobody needs what was
    // uploaded for it.
    bool may_be_accepted() const { return may_be_accepted_; }
    // The service has it: written down before anything else happens. Throws Error(outcome_unknown) without an
    // id.
    void accepted(const Ticket& ticket, std::optional<double> price_usd);

    // Asks until `read` finds it ready; returns that answer's body. Throws Error(expired) for what the
    // service does not know, and Error(network) when patience ends: the prediction goes on meanwhile.
    nlohmann::json poll(const std::string& url, const ReadPoll& read);
    // From acceptance to ready, when both were seen; of an answer that holds the picture, how long it took.
    std::optional<std::chrono::milliseconds> run_time() const { return run_time_; }

    // A picture, whole and readable; without the key, wherever it is. Throws Error(expired).
    std::vector<std::byte> download(const std::string& url);

    // One try, two seconds, whatever comes of it: for telling the service what it may like to know. None:
    // no answer.
    std::optional<HttpResponse> tell(HttpRequest request);

private:
    HttpResponse send(const HttpRequest& request, const std::stop_token& stop);
    HttpRequest address(HttpRequest request) const;
    std::optional<Credential> credential_for(const std::string& url) const;
    std::optional<KeptCall> prepare_kept(const HttpRequest& request) const;
    HttpResponse submit(HttpRequest request, const Ticket& so_far);
    void note_not_accepted();
    void wait_before_retry(const HttpResponse* answer, int attempt);

    const ServiceRules& rules_;
    const EngineSetup& setup_;
    const ProgressSink& progress_;
    std::stop_token stop_;
    HttpClient http_;
    bool may_be_accepted_ = false;
    std::chrono::steady_clock::time_point submitted_;
    std::optional<std::chrono::steady_clock::time_point> accepted_;
    std::optional<std::chrono::milliseconds> run_time_;
};

// A body of JSON with its header.
HttpRequest json_request(HttpMethod method, std::string url, const nlohmann::json& body);

// The answer to a create call as a JSON object. Throws Error(outcome_unknown): nobody knows whether it costs.
nlohmann::json read_created(const ServiceRules& rules, const HttpResponse& created);

// What an answer that holds the picture is called: "id" or "responseId" of its body, or its header
// X-Request-Id. It is billed under no name too: then "unnamed". Empty where the answer is no JSON object, for
// accepted() to refuse.
std::string id_of_answer(const HttpResponse& response);
// A picture in base64, or in a data URI; whole and readable. Throws Error(bad_reply).
std::vector<std::byte> decode_picture_text(const ServiceRules& rules, std::string_view text);

// The canvas, then the references, as PNG without metadata.
std::vector<std::vector<std::byte>> encode_pictures(const ModelInput& input);
std::string data_uri(std::span<const std::byte> png);

} // namespace kontext
