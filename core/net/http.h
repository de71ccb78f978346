#pragma once

#include "core/error.h"
#include "core/secret_text.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

enum class HttpMethod { get, post, put, remove };

struct HttpHeader {
    std::string name;
    std::string value;
};

// A part of multipart/form-data.
struct FormPart {
    std::string name;
    std::string data;
    std::string file_name; // empty: a plain field
    std::string content_type;
};

struct HttpRequest {
    HttpMethod method = HttpMethod::get;
    std::string url; // used byte for byte; https, or http on loopback
    std::vector<HttpHeader> headers;
    std::string body;           // sent with its length, never in chunks
    std::vector<FormPart> form; // in place of `body`
    // Where it must not reach the server twice: no connection of before is used, as libcurl quietly sends a
    // request again when a connection that it kept open turns out to be dead.
    bool at_most_once = false;
    int redirects_max = 0; // to follow; none for anything with a key
    std::chrono::seconds timeout{60};
    std::chrono::seconds stall{0};           // without a byte in either direction; 0: as `timeout`
    std::chrono::seconds grace{0};           // how long it goes on after a stop, to learn what became of it
    std::int64_t reply_max = 4 << 20;        // bytes
    std::function<void(double)> on_uploaded; // share of the body that was sent; on the calling thread
};

// A key as it travels: `Authorization: Bearer …` is {"Authorization", "Bearer ", key}.
struct Credential {
    std::string header;
    std::string prefix;
    const SecretText* key = nullptr; // outlives the call
};

struct HttpResponse {
    int status = 0;
    std::vector<HttpHeader> headers; // names in lower case
    std::string body;

    std::string_view header(std::string_view name) const; // the last one; empty where there is none
    bool is_success() const { return status >= 200 && status < 300; }
};

// No complete answer arrived.
class TransferFailed : public Error {
public:
    enum class Reach {
        never_sent,   // no byte of the request left: doing it again is safe
        not_trusted,  // the same, as its certificate is not accepted: doing it again does not help
        maybe_served, // the server may have acted on it
    };
    TransferFailed(Reach reach, const std::string& message)
        : Error(ErrorCode::network, message), reach_(reach) {}

    Reach reach() const noexcept { return reach_; }

private:
    Reach reach_;
};

// A web client: HTTP/2 where the server has it, the system's proxy settings and certificates (or the file
// that SSL_CERT_FILE names), TLS checks always on. One thread at a time.
class HttpClient {
public:
    HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;
    ~HttpClient();

    // Blocks. Any status is an answer. Throws TransferFailed, Error(bad_reply) for an answer that is larger
    // than allowed or a redirect to where we do not go, and Cancelled within 10 ms of a stop and its grace.
    HttpResponse send(const HttpRequest& request, const Credential* credential, const std::stop_token& stop);

private:
    struct Handles;
    HttpResponse send_once(const HttpRequest& request, const std::string& url, const Credential* credential,
                           const std::stop_token& stop);
    std::unique_ptr<Handles> handles_;
};

} // namespace kontext
