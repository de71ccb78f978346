#include "core/engine/model_input.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/error.h"
#include "core/net/json_body.h"

#include <algorithm>
#include <array>
#include <span>

#include <nlohmann/json.hpp>

// Eachlabs takes pictures by address only: a picture is put into its storage first, and deleted from there
// when the run has ended. https://docs.eachlabs.ai, read 2026-08.
namespace kontext {

using nlohmann::json;

namespace {

constexpr ServiceRules rules{.name = "Eachlabs"};
// The storage is public to whoever knows the address and keeps uploads for half a year unless told otherwise.
constexpr int upload_life_seconds = 3600;
constexpr int history_length = 100; // the most that is given at a time, newest first

// The address under which the service finds it. The ticket knows of it before anything is stored.
std::string upload(Service& service, const std::vector<std::byte>& png, Ticket& ticket,
                   const ProgressSink& progress) {
    progress({.stage = Stage::uploading, .fraction = {}});
    const json answer = service.post(
        "/v1/upload/presign",
        {{"content_type", "image/png"}, {"file_type", "image"}, {"expires_in_seconds", upload_life_seconds}});
    std::string address = text_of(answer, "public_url");
    if (ticket.image_url.empty()) {
        ticket.image_url = address;
    }
    ticket.upload_id += (ticket.upload_id.empty() ? "" : " ") + text_of(answer, "id");
    HttpRequest put{
        .method = HttpMethod::put,
        .url = text_of(answer, "presigned_url"),
        .headers = {{"Content-Type", "image/png"}},
        .body = std::string(reinterpret_cast<const char*>(png.data()), png.size()),
        .timeout = std::chrono::seconds(120),
        .stall = std::chrono::seconds(30),
        .on_uploaded = [&](double share) { progress({.stage = Stage::uploading, .fraction = share}); }};
    if (put.url.empty() || address.empty()) {
        throw Error(ErrorCode::network, "Eachlabs gave no place to put the picture.");
    }
    for (const auto& [name, value] : member_of(answer, "required_headers").items()) {
        put.headers.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
    }
    // Another host, which goes without the key: a "forbidden" of it says nothing of that.
    service.ask(put, [](const HttpResponse& stored) {
        if (stored.status >= 400 && stored.status < 500 && stored.status != 408 && stored.status != 429) {
            throw Error(ErrorCode::network, "The storage of Eachlabs did not take the picture (HTTP " +
                                                std::to_string(stored.status) + ").");
        }
    });
    return address;
}

// "output" is the picture's address, a list of such, or an object that holds one.
std::string picture_address(const json& output) {
    if (output.is_string()) {
        return output.get<std::string>();
    }
    if (output.is_array()) {
        return output.empty() ? std::string() : picture_address(output.front());
    }
    for (const char* member : {"url", "image", "images", "output"}) {
        if (const json& inner = member_of(output, member); !inner.is_null()) {
            return picture_address(inner);
        }
    }
    return {};
}

[[noreturn]] void throw_failure(const json& body) {
    const json& output = member_of(body, "output");
    std::string said = clean_text(message_of(output.is_object() ? output : body));
    const std::string code = text_of(output, "error_code");
    if (sounds_refused(said) || code == "PROVIDER_REJECTED") {
        throw Error(ErrorCode::refused, "Eachlabs: " + (said.empty() ? "The edit was refused." : said));
    }
    if (said.empty()) {
        said = "The edit failed there.";
    }
    throw Error(code == "INPUT_VALIDATION_ERROR" ? ErrorCode::request_rejected : ErrorCode::service_failed,
                "Eachlabs: " + said);
}

// "success" and "error" are today's words; the others were or are in some of its documents.
std::optional<PollReading> read_status(const json& body) {
    const std::string status = lower_case(text_of(body, "status"));
    if (status.empty() || body.contains("error")) {
        return std::nullopt; // {"error": "Prediction not found"}, or a number for a status
    }
    if (status == "success" || status == "succeeded" || status == "completed") {
        return PollReading{.state = PollReading::State::ready};
    }
    if (status == "error" || status == "failed") {
        throw_failure(body);
    }
    if (status == "cancelled" || status == "canceled") {
        throw Error(ErrorCode::service_failed, "Eachlabs cancelled the edit.");
    }
    const bool waiting = status == "created" || status == "starting" || status == "queued";
    return PollReading{.progress = {.stage = waiting ? Stage::queued : Stage::generating, .fraction = {}}};
}

class Eachlabs final : public Engine {
public:
    explicit Eachlabs(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        Ticket ticket;
        try {
            accept(service, create(service, request, input, ticket, progress), ticket);
        } catch (const std::exception&) {
            if (!service.may_be_accepted()) {
                delete_uploads(service, ticket);
            }
            throw;
        }
        progress({.stage = Stage::queued, .fraction = {}});
        EngineReply reply = collect(service, ticket);
        reply.seed = request.seed.value_or(0);
        return reply;
    }

    EngineReply resume_from_answer(const HttpResponse& created, const Ticket& sent,
                                   const ProgressSink& progress, std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        Ticket ticket = sent;
        accept(service, created, ticket);
        return collect(service, ticket);
    }

    EngineReply resume(const Ticket& ticket, const ProgressSink& progress, std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return collect(service, ticket);
    }

    std::optional<Ticket> find_lost(const Ticket& ticket, std::stop_token stop) override {
        Service service(rules, setup_, no_progress, std::move(stop));
        const json history =
            read_json(service.ask({.url = "/v1/executions?limit=" + std::to_string(history_length)}));
        return find_in(history, ticket);
    }

    bool cancel(const Ticket& ticket) override {
        Service service(rules, setup_, no_progress, {});
        const auto answer =
            service.tell({.method = HttpMethod::post, .url = "/v1/prediction/" + ticket.id + "/cancel"});
        const bool done = answer && answer->is_success() && text_of(read_json(*answer), "status") != "error";
        delete_uploads(service, ticket);
        return done;
    }

    std::string check_key(std::stop_token stop) override {
        Service service(rules, setup_, no_progress, std::move(stop));
        service.ask({.url = "/v1/executions?limit=1"});
        return {};
    }

private:
    HttpResponse create(Service& service, const EditRequest& request, const ModelInput& input, Ticket& ticket,
                        const ProgressSink& progress) const {
        std::vector<std::string> addresses;
        for (const auto& png : encode_pictures(input)) {
            addresses.push_back(upload(service, png, ticket, progress));
        }
        const json body = {
            {"model", setup_.model.id},
            {"version", "0.0.1"},
            {"input", build_model_input(setup_.model, request, input.canvas.size(), addresses)}};
        return service.create(json_request(HttpMethod::post, "/v1/prediction", body), ticket);
    }

    static void accept(Service& service, const HttpResponse& answer, Ticket& ticket) {
        const json created = read_created(rules, answer);
        ticket.id = text_of(created, "predictionID");
        service.accepted(ticket, std::nullopt);
    }

    EngineReply collect(Service& service, const Ticket& ticket) {
        try {
            const json ready = service.poll("/v1/prediction/" + ticket.id, read_status);
            const std::string address = picture_address(member_of(ready, "output"));
            if (address.empty()) {
                throw Error(ErrorCode::service_failed, "Eachlabs says it succeeded, but names no picture.");
            }
            EngineReply reply{.picture = service.download(address),
                              .request_id = ticket.id,
                              .cost_usd = number_of(member_of(ready, "metrics"), "cost"),
                              .run_time = service.run_time()};
            delete_uploads(service, ticket);
            return reply;
        } catch (const Error& error) {
            if (has_ended(error.code())) {
                delete_uploads(service, ticket);
            }
            throw;
        }
    }

    // It goes by itself after an hour; the sooner the better.
    static void delete_uploads(Service& service, const Ticket& ticket) {
        for (std::size_t start = 0; start < ticket.upload_id.size();) {
            const auto end = std::min(ticket.upload_id.find(' ', start), ticket.upload_id.size());
            service.tell({.method = HttpMethod::remove,
                          .url = "/v1/files/" + ticket.upload_id.substr(start, end - start)});
            start = end + 1;
        }
    }

    // The address of an upload is used once in the world: whatever entry holds it is ours.
    static std::optional<Ticket> find_in(const json& history, const Ticket& ticket) {
        for (const char* member : {"executions", "data", "items"}) {
            if (const json& inner = member_of(history, member); inner.is_array()) {
                return find_in(inner, ticket);
            }
        }
        if (!history.is_array() || ticket.image_url.empty()) {
            throw Error(ErrorCode::outcome_unknown, "Eachlabs gave no history that can be read.");
        }
        for (const json& entry : history) {
            if (entry.dump().find(ticket.image_url) == std::string::npos) {
                continue;
            }
            Ticket found = ticket;
            for (const char* id : {"id", "predictionID", "execution_id"}) {
                found.id = found.id.empty() ? text_of(entry, id) : found.id;
            }
            return found;
        }
        // "It is not there" is sure only of a list that is complete and shows what it lists.
        const bool shows_inputs = std::ranges::all_of(
            history, [](const json& entry) { return member_of(entry, "input").is_object(); });
        if (!shows_inputs || history.size() >= history_length) {
            throw Error(ErrorCode::outcome_unknown,
                        "Eachlabs' list of recent edits does not reach back to this one.");
        }
        return std::nullopt;
    }

    static inline const ProgressSink no_progress = [](const Progress&) {};
    EngineSetup setup_;
};

std::unique_ptr<Engine> make_eachlabs(EngineSetup setup) {
    return std::make_unique<Eachlabs>(std::move(setup));
}

constexpr std::array hosts{ServiceHost{"global", "worldwide", "https://api.eachlabs.ai"}};

} // namespace

extern const EngineInfo eachlabs_engine;
const EngineInfo eachlabs_engine{
    .id = "eachlabs",
    .name = "Eachlabs",
    .description = "FLUX.1 Kontext and other editing models, with your own key.",
    .destination = Destination::service,
    .needs_key = true,
    .has_history = true,
    .create = make_eachlabs,
    .hosts = hosts,
    .key_variable = "EACHLABS_API_KEY",
    .key_page = "https://www.eachlabs.ai/api-keys",
    .retention =
        "The picture is stored in the US under a secret address until the edit is done, for an hour at most.",
};

} // namespace kontext
