#pragma once

#include "core/net/http.h"
#include "core/secret_text.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

// What kontext-keeper is told to send for us, and what it tells of it, over sockets that keep messages apart.
namespace kontext {

// A call that another process makes.
struct CallOrder {
    HttpRequest request; // without `on_uploaded`
    std::string key_header;
    std::string key_prefix;
    SecretText key;             // empty: none
    std::filesystem::path file; // that keeps the answer
};

// What HttpClient::send() returned or threw.
struct CallOutcome {
    enum class Failure { never_sent, not_trusted, maybe_served, bad_reply, internal, cancelled };
    std::optional<HttpResponse> response;
    Failure failure = Failure::internal; // where there is none
    std::string message;
};

// Waits for it. What was said in place of an answer is an outcome, too.
CallOutcome make_call(const CallOrder& order, const std::stop_token& stop);
// Returns, or throws, the same as HttpClient::send() would.
HttpResponse take_response(CallOutcome outcome);

// A line of JSON, then the body: as it is kept in a file.
std::string to_bytes(const CallOutcome& outcome);
// None: something else, or cut off.
std::optional<CallOutcome> outcome_from_bytes(std::string_view bytes);

// Both block until the other side has taken or said all of it. False and none: it is gone.
bool send_order(int socket, const HttpRequest& request, const Credential* credential,
                const std::filesystem::path& file);
std::optional<CallOrder> receive_order(int socket);
bool send_bytes(int socket, std::string_view bytes);
std::optional<std::string> receive_bytes(int socket);

// Single words: the keeper's, once the file is there and nothing is sent yet, …
namespace kept_call_word {
inline constexpr std::string_view ready = "ready";
inline constexpr std::string_view go = "go";     // … and the caller's
inline constexpr std::string_view stop = "stop"; // as a stop_token says it
} // namespace kept_call_word

} // namespace kontext
