#include "core/engine/service.h"

#include "core/error.h"
#include "core/image/codec.h"
#include "core/image/samples.h"
#include "core/net/base64.h"
#include "core/net/json_body.h"
#include "core/net/retry.h"
#include "core/net/wait.h"

#include <algorithm>
#include <functional>
#include <random>
#include <utility>

#include <nlohmann/json.hpp>

namespace kontext {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int tries_of_free_calls = 5;
constexpr int tries_of_create = 3;
// Of a picture that is said to be gone, or that came to the end and is none: seldom better the next time.
constexpr int tries_of_lost_pictures = 2;
// The service answers a create call in a second or two; waiting longer after "Cancel" helps nobody.
constexpr std::chrono::seconds grace_of_create = 10s;
constexpr std::int64_t picture_max = 100 << 20;

double draw_luck() {
    static thread_local std::minstd_rand generator(std::random_device{}());
    return std::uniform_real_distribution<>(0, 1)(generator);
}

bool may_help_to_repeat(const HttpResponse& response) {
    return response.status >= 500 || response.status == 429 || response.status == 408;
}

std::chrono::milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

// Whether it can be decoded to the end. A cut-off transfer need not show in any other way.
bool is_whole_picture(std::span<const std::byte> bytes) {
    try {
        decode_picture(bytes, {.bytes = picture_max, .side = 16'384, .pixels = 100'000'000});
        return true;
    } catch (const Error&) {
        return false;
    }
}

[[noreturn]] void throw_outcome_unknown(const ServiceRules& rules) {
    throw Error(ErrorCode::outcome_unknown,
                std::string(rules.name) +
                    " gave no usable answer to the request. It may have been accepted.");
}

} // namespace

HttpRequest json_request(HttpMethod method, std::string url, const json& body) {
    return {.method = method,
            .url = std::move(url),
            .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
            .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

json read_created(const ServiceRules& rules, const HttpResponse& created) {
    json answer = read_json(created);
    if (!answer.is_object()) {
        throw_outcome_unknown(rules);
    }
    return answer;
}

Service::Service(const ServiceRules& rules, const EngineSetup& setup, const ProgressSink& progress,
                 std::stop_token stop)
    : rules_(rules), setup_(setup), progress_(progress), stop_(std::move(stop)) {}

HttpResponse Service::send(const HttpRequest& request, const std::stop_token& stop) {
    const HttpRequest addressed = address(request);
    const std::optional<Credential> credential = credential_for(addressed.url);
    HttpResponse response = http_.send(addressed, credential ? &*credential : nullptr, stop);
    hide_secret(response.body, setup_.key); // some repeat the key that they do not take
    return response;
}

HttpRequest Service::address(HttpRequest request) const {
    if (request.url.starts_with('/')) {
        request.url.insert(0, setup_.base_url);
    }
    return request;
}

std::optional<Credential> Service::credential_for(const std::string& url) const {
    const Url parts = require_allowed_url(url);
    const bool own = parts == require_allowed_url(setup_.base_url) || (rules_.is_own && rules_.is_own(parts));
    if (!own || setup_.key.empty()) {
        return std::nullopt;
    }
    return Credential{std::string(rules_.key_header), std::string(rules_.key_prefix), &setup_.key};
}

std::optional<KeptCall> Service::prepare_kept(const HttpRequest& request) const {
    const std::filesystem::path file =
        setup_.log != nullptr ? setup_.log->answer_file() : std::filesystem::path();
    if (file.empty()) {
        return std::nullopt;
    }
    const HttpRequest addressed = address(request);
    const std::optional<Credential> credential = credential_for(addressed.url);
    return KeptCall::prepare(addressed, credential ? &*credential : nullptr, file);
}

void Service::wait_before_retry(const HttpResponse* answer, int attempt) {
    const auto wanted = answer ? retry_after(*answer, std::chrono::system_clock::now()) : std::nullopt;
    wait_for(std::max(wanted.value_or(0ms), backoff_delay(attempt, draw_luck())), stop_);
}

HttpResponse Service::ask(const HttpRequest& request, const ReadFailure& read_failure) {
    for (int attempt = 0;; ++attempt) {
        const bool last = attempt + 1 == tries_of_free_calls;
        try {
            const HttpResponse response = send(request, stop_);
            if (response.is_success()) {
                return response;
            }
            if (read_failure) {
                read_failure(response);
            }
            if (last || !may_help_to_repeat(response)) {
                throw error_of(response, rules_.name);
            }
            wait_before_retry(&response, attempt);
        } catch (const TransferFailed& failure) {
            if (last || failure.reach() == TransferFailed::Reach::not_trusted) {
                throw;
            }
            wait_before_retry(nullptr, attempt);
        }
    }
}

HttpResponse Service::ask_once(const HttpRequest& request, const ReadFailure& read_failure) {
    HttpResponse response = send(request, stop_);
    if (!response.is_success()) {
        if (read_failure) {
            read_failure(response);
        }
        throw error_of(response, rules_.name);
    }
    return response;
}

json Service::post(std::string path, const json& body) {
    const json answer = read_json(ask(json_request(HttpMethod::post, std::move(path), body)));
    if (answer.is_null()) {
        throw Error(ErrorCode::network, std::string(rules_.name) + " gave an answer that cannot be read.");
    }
    return answer;
}

HttpResponse Service::create(HttpRequest request, const Ticket& so_far) {
    request.grace = grace_of_create;
    return submit(std::move(request), so_far);
}

HttpResponse Service::create_and_wait(HttpRequest request, const Ticket& so_far) {
    request.timeout = rules_.patience;
    request.reply_max = picture_max;
    HttpResponse response = submit(std::move(request), so_far);
    run_time_ = since(submitted_);
    return response;
}

void Service::note_not_accepted() {
    if (setup_.log != nullptr) {
        setup_.log->not_accepted();
    }
}

HttpResponse Service::submit(HttpRequest request, const Ticket& so_far) {
    request.at_most_once = true;
    for (int attempt = 0;; ++attempt) {
        const bool last = attempt + 1 == tries_of_create;
        if (stop_.stop_requested()) {
            throw Cancelled();
        }
        std::optional<KeptCall> kept = prepare_kept(request);
        if (setup_.log != nullptr) {
            Ticket noted = so_far;
            noted.answer_file = kept ? setup_.log->answer_file().filename().string() : std::string();
            setup_.log->submitting(noted);
        }
        may_be_accepted_ = true;
        submitted_ = Clock::now();
        std::optional<HttpResponse> response;
        try {
            response = kept ? kept->send(stop_) : send(request, stop_);
        } catch (const TransferFailed& failure) {
            if (failure.reach() == TransferFailed::Reach::maybe_served) {
                throw Error(ErrorCode::outcome_unknown,
                            std::string(failure.what()) + " The request may have been accepted before.");
            }
            may_be_accepted_ = false;
            note_not_accepted();
            if (last || failure.reach() == TransferFailed::Reach::not_trusted) {
                throw;
            }
        }
        if (response && response->is_success()) {
            return *std::move(response);
        }
        if (response) {
            if (response->status >= 500 || response->status < 400) {
                throw Error(ErrorCode::outcome_unknown,
                            std::string(error_of(*response, rules_.name).what()) +
                                " The request may have been accepted nevertheless.");
            }
            may_be_accepted_ = false;
            note_not_accepted();
            const auto wanted = retry_after(*response, std::chrono::system_clock::now());
            // Where a service limits how many edits run at a time, coming back at once only prolongs it.
            if (last || response->status != 429 || !wanted || *wanted > 30s) {
                throw error_of(*response, rules_.name);
            }
        }
        wait_before_retry(response ? &*response : nullptr, attempt);
    }
}

void Service::accepted(const Ticket& ticket, std::optional<double> price_usd) {
    if (ticket.id.empty()) {
        throw_outcome_unknown(rules_);
    }
    if (setup_.log != nullptr) {
        setup_.log->accepted(ticket, price_usd);
    }
    accepted_ = Clock::now();
}

json Service::poll(const std::string& url, const ReadPoll& read) {
    // The service may not know everywhere at once what it has just accepted.
    constexpr int not_found_max = 5;
    const Clock::time_point start = accepted_.value_or(Clock::now());
    int failures = 0;
    int not_found = 0;
    std::optional<std::chrono::milliseconds> wanted;
    for (bool first = !accepted_; since(start) < rules_.patience; first = false) {
        if (!first) {
            const auto usual = poll_delay(since(start), setup_.typical_run, wanted);
            wait_for(failures == 0 ? usual : std::max(usual, backoff_delay(failures - 1, draw_luck())),
                     stop_);
        }
        HttpResponse response;
        try {
            response = send({.url = url, .timeout = 30s}, stop_);
        } catch (const TransferFailed& failure) {
            if (failure.reach() == TransferFailed::Reach::not_trusted) {
                throw;
            }
            ++failures;
            continue;
        }
        wanted = retry_after(response, std::chrono::system_clock::now());
        json body = read_json(response);
        const std::optional<PollReading> reading = read(body);
        if (reading && reading->state == PollReading::State::ready) {
            run_time_ = accepted_ ? std::optional(since(start)) : std::nullopt;
            return body;
        }
        if (reading && reading->state == PollReading::State::running) {
            progress_(reading->progress);
            failures = 0;
            continue;
        }
        if ((reading || response.status == 404) && ++not_found > not_found_max) {
            throw Error(ErrorCode::expired, std::string(rules_.name) + " does not know this edit any more.");
        }
        if (response.status == 401 || response.status == 403) {
            throw error_of(response, rules_.name);
        }
        ++failures;
    }
    throw Error(ErrorCode::network,
                std::string(rules_.name) + " takes unusually long. The edit goes on there and is not lost.");
}

std::vector<std::byte> Service::download(const std::string& url) {
    progress_({.stage = Stage::downloading, .fraction = {}});
    const HttpRequest request{
        .url = url, .redirects_max = 5, .timeout = 120s, .stall = 30s, .reply_max = picture_max};
    for (int attempt = 1;; ++attempt) {
        std::optional<HttpResponse> response;
        try {
            // Never with the key, not even from the service's own host: what hosts pictures is a public
            // place.
            require_allowed_url(url);
            response = http_.send(request, nullptr, stop_);
        } catch (const TransferFailed& failure) {
            if (attempt == tries_of_free_calls || failure.reach() == TransferFailed::Reach::not_trusted) {
                throw;
            }
        }
        if (response && response->is_success()) {
            const auto bytes = std::as_bytes(std::span(response->body));
            if (is_whole_picture(bytes)) {
                return {bytes.begin(), bytes.end()};
            }
            if (attempt >= tries_of_lost_pictures) {
                throw Error(ErrorCode::bad_reply,
                            std::string(rules_.name) + " returned something that is no picture.");
            }
        } else if (response) {
            const bool gone = response->status == 403 || response->status == 404 || response->status == 410;
            if (gone && attempt >= tries_of_lost_pictures) {
                throw Error(ErrorCode::expired, std::string(rules_.name) + " has the picture no longer.");
            }
            if (attempt == tries_of_free_calls) {
                throw error_of(*response, rules_.name);
            }
        }
        wait_before_retry(response ? &*response : nullptr, attempt - 1);
    }
}

std::optional<HttpResponse> Service::tell(HttpRequest request) {
    request.timeout = 2s;
    try {
        return send(request, {}); // also after a stop
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::string id_of_answer(const HttpResponse& response) {
    const json body = read_json(response);
    if (!body.is_object()) {
        return {};
    }
    for (const std::string& id :
         {text_of(body, "id"), text_of(body, "responseId"), std::string(response.header("x-request-id"))}) {
        if (!id.empty()) {
            return id;
        }
    }
    return "unnamed";
}

std::vector<std::byte> decode_picture_text(const ServiceRules& rules, std::string_view text) {
    if (text.starts_with("data:")) {
        text.remove_prefix(std::min(text.find(',') + 1, text.size()));
    }
    std::optional<std::vector<std::byte>> picture = from_base64(text);
    if (!picture || !is_whole_picture(*picture)) {
        throw Error(ErrorCode::bad_reply,
                    std::string(rules.name) + " returned something that is no picture.");
    }
    return *std::move(picture);
}

std::vector<std::vector<std::byte>> encode_pictures(const ModelInput& input) {
    const auto encode = [](const Image& picture) {
        Image copy(picture.size(), picture.format());
        convert_samples(picture.view(), copy.view());
        // Without a profile, as it is sRGB; a third of the time of the default compression for 5 % more
        // bytes.
        return encode_picture(FileFormat::png, Raster(std::move(copy)), {}, {.compression = 4});
    };
    std::vector<std::vector<std::byte>> pictures{encode(input.canvas)};
    std::ranges::transform(input.references, std::back_inserter(pictures), encode);
    return pictures;
}

std::string data_uri(std::span<const std::byte> png) {
    return "data:image/png;base64," + to_base64(png);
}

} // namespace kontext
