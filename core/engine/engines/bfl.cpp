#include "core/engine/model_input.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/error.h"
#include "core/net/base64.h"
#include "core/net/json_body.h"

#include <array>
#include <span>

#include <nlohmann/json.hpp>

// Black Forest Labs. https://docs.bfl.ai and its OpenAPI description, read 2026-04.
namespace kontext {

using nlohmann::json;

namespace {

// The address to ask lies on a host of the region that took the request: api.bfl.ai or api.<one
// label>.bfl.ai.
bool is_own_host(const Url& url) {
    const Url global{.scheme = "https", .host = "api.bfl.ai", .port = 443};
    return url == global || is_host_of_one_label(url, "api.", ".bfl.ai");
}

constexpr ServiceRules rules{
    .name = "Black Forest Labs", .key_header = "x-key", .key_prefix = "", .is_own = is_own_host};
constexpr double usd_per_credit = 0.01;

std::string reasons_of(const json& body) {
    const json& details = member_of(body, "details");
    const json& reasons = member_of(details, "Moderation Reasons");
    std::string list;
    if (reasons.is_array()) {
        for (const json& reason : reasons) {
            if (reason.is_string()) {
                list += (list.empty() ? "" : ", ") + reason.get<std::string>();
            }
        }
    }
    return clean_text(list);
}

std::string failure_of(const json& body) {
    const json& details = member_of(body, "details");
    std::string said = details.is_string() ? details.get<std::string>() : message_of(details);
    if (said.empty()) {
        said = message_of(member_of(body, "result"));
    }
    return said.empty() ? "The edit failed there." : clean_text(said);
}

// New words for "still running" come now and then: what is not known here is one of them.
std::optional<PollReading> read_status(const json& body) {
    std::string status = lower_case(text_of(body, "status"));
    if (status.empty()) {
        status = lower_case(text_of(body, "state"));
    }
    if (status.empty()) {
        return std::nullopt;
    }
    if (status == "task not found") {
        return PollReading{.state = PollReading::State::not_found}; // also where it was accepted a moment ago
    }
    if (status == "ready") {
        return PollReading{.state = PollReading::State::ready};
    }
    if (status == "request moderated" || status == "content moderated") {
        const std::string reasons = reasons_of(body);
        throw Error(ErrorCode::refused,
                    std::string("Black Forest Labs refused the ") +
                        (status == "request moderated" ? "request" : "picture that came out") +
                        (reasons.empty() ? "." : ": " + reasons + "."));
    }
    if (status == "error" || status == "failed") {
        throw Error(ErrorCode::service_failed, "Black Forest Labs: " + failure_of(body));
    }
    return PollReading{
        .progress = {.stage = status == "pending" || status == "queued" ? Stage::queued : Stage::generating,
                     .fraction = number_of(body, "progress")}};
}

class Bfl final : public Engine {
public:
    explicit Bfl(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        std::vector<std::string> pictures;
        for (const auto& png : encode_pictures(input)) {
            pictures.push_back(to_base64(png));
        }
        progress({.stage = Stage::uploading, .fraction = {}});
        const HttpRequest create =
            json_request(HttpMethod::post, path_of(setup_.model, "/v1/" + setup_.model.id),
                         build_model_input(setup_.model, request, input.canvas.size(), pictures));
        return go_on(service, service.create(create, {}));
    }

    EngineReply resume_from_answer(const HttpResponse& created, const Ticket&, const ProgressSink& progress,
                                   std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return go_on(service, created);
    }

    EngineReply resume(const Ticket& ticket, const ProgressSink& progress, std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return collect(service, ticket);
    }

    std::string check_key(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        const json answer = read_json(service.ask({.url = "/v1/credits"}));
        const std::string credits = text_of(answer, "credits");
        return credits.empty() ? "" : "Credits: " + credits;
    }

private:
    EngineReply go_on(Service& service, const HttpResponse& answer) {
        const json created = read_created(rules, answer);
        const auto credits = number_of(created, "cost");
        const std::optional<double> price = credits ? std::optional(*credits * usd_per_credit) : std::nullopt;
        const Ticket ticket{.id = text_of(created, "id"), .status_url = text_of(created, "polling_url")};
        service.accepted(ticket, price);
        EngineReply reply = collect(service, ticket);
        reply.cost_usd = price;
        return reply;
    }

    EngineReply collect(Service& service, const Ticket& ticket) {
        // Only the address that came with the acceptance is good: on another region's host the id is unknown.
        const std::string url =
            ticket.status_url.empty() ? "/v1/get_result?id=" + ticket.id : ticket.status_url;
        const json ready = service.poll(url, read_status);
        const json& result = member_of(ready, "result");
        const std::string address = text_of(result, "sample");
        if (address.empty()) {
            throw Error(ErrorCode::service_failed,
                        "Black Forest Labs says it is ready, but names no picture.");
        }
        return {.picture = service.download(address),
                .seed = whole_number_of(result, "seed").value_or(0),
                .request_id = ticket.id,
                .run_time = service.run_time()};
    }

    EngineSetup setup_;
};

std::unique_ptr<Engine> make_bfl(EngineSetup setup) {
    return std::make_unique<Bfl>(std::move(setup));
}

constexpr std::array hosts{
    ServiceHost{"global", "worldwide", "https://api.bfl.ai"},
    ServiceHost{"eu", "European Union", "https://api.eu.bfl.ai"},
    ServiceHost{"us", "United States", "https://api.us.bfl.ai"},
};

} // namespace

extern const EngineInfo bfl_engine;
const EngineInfo bfl_engine{
    .id = "bfl",
    .name = "Black Forest Labs",
    .description = "The makers of FLUX, with your own key.",
    .destination = Destination::service,
    .needs_key = true,
    .create = make_bfl,
    .hosts = hosts,
    .key_variable = "BFL_API_KEY",
    .key_page = "https://dashboard.bfl.ai/api/keys",
    .retention = "Results can be fetched for ten minutes; its terms say what else may be done with pictures.",
};

} // namespace kontext
