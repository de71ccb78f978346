#pragma once

#include "core/local/resident_server.h"
#include "core/net/http.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kontext {

// One picture to make.
struct SdJob {
    std::string prompt;
    int width = 0; // of the picture, which is that of the first image
    int height = 0;
    std::uint64_t seed = 0;
    std::string sample_params;                  // JSON object, as the server wants it
    std::vector<std::vector<std::byte>> images; // PNG, RGB, 8 bits: what to edit, then references
};

// What a server says of itself.
struct SdServerFacts {
    bool has_jobs = false;  // else it is an older one, which speaks OpenAI's language alone
    std::string model_path; // empty: it does not say
    int side_max = 0;       // 0: it does not say
};

struct SdJobState {
    enum class State { queued, generating, completed, cancelled };
    State state = State::queued;
    std::vector<std::byte> picture; // once completed; whole and readable
};

// What stable-diffusion.cpp's server can be asked on this machine, call by call. Everything throws Error,
// TransferFailed among them, and Cancelled within 10 ms of a stop. As of master-827, August 2026.
class SdApi {
public:
    explicit SdApi(int port) : SdApi("http://127.0.0.1:" + std::to_string(port)) {}
    explicit SdApi(std::string base_url) : base_(std::move(base_url)) {} // without a slash at the end

    // None: it does not answer (yet).
    std::optional<SdServerFacts> ask_facts(const std::stop_token& stop);
    // The job's id; after a stop it is waited for, for 2 s at most. Throws Error(rate_limited) where too many
    // wait.
    std::string submit(const SdJob& job, const std::stop_token& stop);
    // Throws Error(expired) for what it has forgotten and Error(service_failed) for what it gave up.
    SdJobState ask(const std::string& id, const std::stop_token& stop);
    // Whether it was still waiting: what is being made cannot be cancelled. Takes 2 s at most.
    bool cancel(const std::string& id);
    // A picture from a server without jobs; takes as long as it takes.
    std::vector<std::byte> edit_at_once(const SdJob& job, const std::stop_token& stop);

private:
    std::string base_;
    HttpClient http_;
};

} // namespace kontext
