#include "core/engine/model_input.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/error.h"
#include "core/net/json_body.h"

#include <array>
#include <span>

#include <nlohmann/json.hpp>

// fal: a queue. The key goes to the address of the queue alone: whatever other host an answer names as the
// place to ask at is asked without it. https://docs.fal.ai, read 2026-11.
namespace kontext {

using nlohmann::json;

namespace {

constexpr ServiceRules rules{.name = "fal", .key_prefix = "Key "};

// "error_type" of the platform, or "type" of a model's list of faults.
[[noreturn]] void throw_failure(const json& body) {
    const std::string said = clean_text(message_of(body));
    if (sounds_refused(codes_of(body)) || sounds_refused(said)) {
        throw Error(ErrorCode::refused, "fal: " + (said.empty() ? "The edit was refused." : said));
    }
    throw Error(ErrorCode::service_failed, "fal: " + (said.empty() ? "The edit failed there." : said));
}

// "COMPLETED" also for what failed: then with an "error", or with a result that is none.
std::optional<PollReading> read_status(const json& body) {
    const std::string status = lower_case(text_of(body, "status"));
    if (status.empty() || number_of(body, "status")) {
        return std::nullopt; // {"detail": "Request not found"}
    }
    if (status == "completed") {
        if (!member_of(body, "error").is_null() || !text_of(body, "error_type").empty()) {
            throw_failure(body);
        }
        return PollReading{.state = PollReading::State::ready};
    }
    if (status == "failed" || status == "error") {
        throw_failure(body);
    }
    if (status == "canceled" || status == "cancelled") {
        throw Error(ErrorCode::service_failed, "fal cancelled the edit.");
    }
    return PollReading{
        .progress = {.stage = status == "in_queue" ? Stage::queued : Stage::generating, .fraction = {}}};
}

// The result of what failed, for good where it says of what kind: a proxy's fault on the way says nothing.
void read_failed_result(const HttpResponse& response) {
    if (response.status == 404) {
        throw Error(ErrorCode::expired, "fal does not know this edit any more.");
    }
    const json body = read_json(response);
    const bool named = member_of(body, "detail").is_array() || !text_of(body, "error_type").empty() ||
                       !response.header("x-fal-error-type").empty();
    const bool of_caller = response.status == 401 || response.status == 403 || response.status == 429;
    if (named && !of_caller) {
        throw_failure(body);
    }
}

bool is_flagged(const json& result) {
    const json& flags = member_of(result, "has_nsfw_concepts");
    return flags.is_array() && !flags.empty() && flags.front() == true;
}

class Fal final : public Engine {
public:
    explicit Fal(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        std::vector<std::string> pictures;
        for (const auto& png : encode_pictures(input)) {
            pictures.push_back(data_uri(png));
        }
        progress({.stage = Stage::uploading, .fraction = {}});
        const HttpRequest create =
            json_request(HttpMethod::post, endpoint(),
                         build_model_input(setup_.model, request, input.canvas.size(), pictures));
        return go_on(service, service.create(create, {}), progress);
    }

    EngineReply resume_from_answer(const HttpResponse& created, const Ticket&, const ProgressSink& progress,
                                   std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return go_on(service, created, progress);
    }

    EngineReply resume(const Ticket& ticket, const ProgressSink& progress, std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return collect(service, ticket);
    }

    bool cancel(const Ticket& ticket) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, {});
        service.tell({.method = HttpMethod::put, .url = address(ticket.cancel_url, ticket, "/cancel")});
        return false; // "CANCELLATION_REQUESTED" promises nothing
    }

    // There is no call for this: whoever may ask is told that there is no such request, others that they may
    // not.
    std::string check_key(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        struct Known {};
        try {
            service.ask({.url = "/fal-ai/flux-pro/requests/00000000-0000-4000-8000-000000000000/status"},
                        [](const HttpResponse& answer) {
                            if (answer.status == 404) {
                                throw Known();
                            }
                        });
        } catch (const Known&) {
            return {};
        }
        return {};
    }

private:
    std::string endpoint() const { return path_of(setup_.model, "/" + setup_.model.id); }

    // What the answer named; else where it would be, as the parts of a path after the second are left out.
    std::string address(const std::string& named, const Ticket& ticket, const char* end) const {
        if (!named.empty()) {
            return named;
        }
        const std::string path = endpoint();
        const auto second = path.find('/', 1);
        return path.substr(0, second == std::string::npos ? second : path.find('/', second + 1)) +
               "/requests/" + ticket.id + end;
    }

    EngineReply go_on(Service& service, const HttpResponse& answer, const ProgressSink& progress) {
        const json created = read_created(rules, answer);
        const Ticket ticket{.id = text_of(created, "request_id"),
                            .status_url = text_of(created, "status_url"),
                            .result_url = text_of(created, "response_url"),
                            .cancel_url = text_of(created, "cancel_url")};
        service.accepted(ticket, std::nullopt);
        progress({.stage = Stage::queued, .fraction = {}});
        return collect(service, ticket);
    }

    EngineReply collect(Service& service, const Ticket& ticket) {
        service.poll(address(ticket.status_url, ticket, "/status"), read_status);
        const json result =
            read_json(service.ask({.url = address(ticket.result_url, ticket, "")}, read_failed_result));
        if (is_flagged(result)) {
            throw Error(ErrorCode::refused,
                        "fal held the picture back, as its checker took it for indecent.");
        }
        const json& images = member_of(result, "images");
        const json& first = images.is_array() && !images.empty() ? images.front() : images;
        std::string url = text_of(first, "url");
        if (url.empty()) {
            url = text_of(member_of(result, "image"), "url");
        }
        if (url.empty()) {
            if (!result.is_object()) {
                throw Error(ErrorCode::network, "fal gave an answer that cannot be read.");
            }
            throw Error(ErrorCode::service_failed, "fal says it is complete, but names no picture.");
        }
        return {.picture = url.starts_with("data:") ? decode_picture_text(rules, url) : service.download(url),
                .seed = whole_number_of(result, "seed").value_or(0),
                .request_id = ticket.id,
                .run_time = service.run_time()};
    }

    EngineSetup setup_;
};

std::unique_ptr<Engine> make_fal(EngineSetup setup) {
    return std::make_unique<Fal>(std::move(setup));
}

constexpr std::array hosts{ServiceHost{"global", "worldwide", "https://queue.fal.run"}};

} // namespace

extern const EngineInfo fal_engine;
const EngineInfo fal_engine{
    .id = "fal",
    .name = "fal",
    .description = "FLUX.1 Kontext with few limits on how much runs at a time, with your own key.",
    .destination = Destination::service,
    .needs_key = true,
    .create = make_fal,
    .hosts = hosts,
    .key_variable = "FAL_KEY",
    .key_page = "https://fal.ai/dashboard/keys",
    .retention = "The picture is part of the request; results lie under a secret address that anyone with it "
                 "can read.",
};

} // namespace kontext
