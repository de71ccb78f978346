#include "core/engine/model_input.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/error.h"
#include "core/net/json_body.h"

#include <array>
#include <span>

#include <nlohmann/json.hpp>

// Replicate: predictions, with small pictures in the request and larger ones in its file store, which are
// deleted from there when the run has ended. https://replicate.com/docs and its OpenAPI description, read
// 2026-11.
namespace kontext {

using nlohmann::json;

namespace {

constexpr ServiceRules rules{.name = "Replicate"};
constexpr std::size_t data_uri_max = 256 << 10; // its documents advise no more

struct Upload {
    std::string id;
    std::string url;
};

Upload upload(Service& service, const std::vector<std::byte>& png, const ProgressSink& progress) {
    progress({.stage = Stage::uploading, .fraction = {}});
    const json answer = read_json(service.ask(
        {.method = HttpMethod::post,
         .url = "/v1/files",
         .form = {{.name = "content",
                   .data = std::string(reinterpret_cast<const char*>(png.data()), png.size()),
                   .file_name = "picture.png",
                   .content_type = "image/png"}},
         .timeout = std::chrono::seconds(120),
         .stall = std::chrono::seconds(30),
         .on_uploaded = [&](double share) { progress({.stage = Stage::uploading, .fraction = share}); }}));
    Upload upload{.id = text_of(answer, "id"), .url = text_of(member_of(answer, "urls"), "get")};
    if (upload.url.empty()) {
        throw Error(ErrorCode::network, "Replicate gave no place for the picture.");
    }
    return upload;
}

// "output" is the picture's address, or a list of such.
std::string picture_address(const json& output) {
    if (output.is_array()) {
        return output.empty() ? std::string() : picture_address(output.front());
    }
    return output.is_string() ? output.get<std::string>() : text_of(output, "url");
}

std::optional<PollReading> read_status(const json& body) {
    const std::string status = lower_case(text_of(body, "status"));
    if (status.empty() || number_of(body, "status")) {
        return std::nullopt; // {"title": "Not found", "detail": …, "status": 404}
    }
    if (status == "succeeded") {
        if (member_of(body, "data_removed") == true) {
            throw Error(ErrorCode::expired, "Replicate has the picture no longer.");
        }
        return PollReading{.state = PollReading::State::ready};
    }
    if (status == "failed") {
        const std::string said = clean_text(message_of(body));
        if (sounds_refused(said)) {
            throw Error(ErrorCode::refused, "Replicate: " + said);
        }
        throw Error(ErrorCode::service_failed,
                    "Replicate: " + (said.empty() ? "The edit failed there." : said));
    }
    if (status == "canceled" || status == "cancelled" || status == "aborted") {
        throw Error(ErrorCode::service_failed, status == "aborted"
                                                   ? "Replicate dropped the edit before it was begun."
                                                   : "Replicate cancelled the edit.");
    }
    return PollReading{
        .progress = {.stage = status == "starting" ? Stage::queued : Stage::generating, .fraction = {}}};
}

class Replicate final : public Engine {
public:
    explicit Replicate(EngineSetup setup) : setup_(std::move(setup)) {}

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

    // What has begun is charged for all the same.
    bool cancel(const Ticket& ticket) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, {});
        service.tell({.method = HttpMethod::post,
                      .url = ticket.cancel_url.empty() ? "/v1/predictions/" + ticket.id + "/cancel"
                                                       : ticket.cancel_url});
        delete_uploads(service, ticket);
        return false;
    }

    std::string check_key(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        service.ask({.url = "/v1/account"});
        return {};
    }

private:
    std::string endpoint() const {
        return path_of(setup_.model, "/v1/models/" + setup_.model.id + "/predictions");
    }

    HttpResponse create(Service& service, const EditRequest& request, const ModelInput& input, Ticket& ticket,
                        const ProgressSink& progress) const {
        std::vector<std::string> pictures;
        for (const auto& png : encode_pictures(input)) {
            pictures.push_back(hand_over(service, png, ticket, progress));
        }
        const json body = {
            {"input", build_model_input(setup_.model, request, input.canvas.size(), pictures)}};
        return service.create(json_request(HttpMethod::post, endpoint(), body), ticket);
    }

    static void accept(Service& service, const HttpResponse& answer, Ticket& ticket) {
        const json created = read_created(rules, answer);
        const json& urls = member_of(created, "urls");
        ticket.id = text_of(created, "id");
        ticket.status_url = text_of(urls, "get");
        ticket.cancel_url = text_of(urls, "cancel");
        service.accepted(ticket, std::nullopt);
    }

    // The picture as the request holds it; where that is an address, the ticket is told what to delete.
    static std::string hand_over(Service& service, const std::vector<std::byte>& png, Ticket& ticket,
                                 const ProgressSink& progress) {
        if (png.size() <= data_uri_max) {
            return data_uri(png);
        }
        const Upload file = upload(service, png, progress);
        ticket.upload_id += (ticket.upload_id.empty() ? "" : " ") + file.id;
        return file.url;
    }

    EngineReply collect(Service& service, const Ticket& ticket) {
        try {
            const json ready = service.poll(
                ticket.status_url.empty() ? "/v1/predictions/" + ticket.id : ticket.status_url, read_status);
            const std::string address = picture_address(member_of(ready, "output"));
            if (address.empty()) {
                throw Error(ErrorCode::service_failed, "Replicate says it succeeded, but names no picture.");
            }
            EngineReply reply{.picture = service.download(address),
                              .request_id = ticket.id,
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

    static void delete_uploads(Service& service, const Ticket& ticket) {
        for (std::size_t start = 0; start < ticket.upload_id.size();) {
            const auto end = std::min(ticket.upload_id.find(' ', start), ticket.upload_id.size());
            service.tell({.method = HttpMethod::remove,
                          .url = "/v1/files/" + ticket.upload_id.substr(start, end - start)});
            start = end + 1;
        }
    }

    EngineSetup setup_;
};

std::unique_ptr<Engine> make_replicate(EngineSetup setup) {
    return std::make_unique<Replicate>(std::move(setup));
}

constexpr std::array hosts{ServiceHost{"global", "worldwide", "https://api.replicate.com"}};

} // namespace

extern const EngineInfo replicate_engine;
const EngineInfo replicate_engine{
    .id = "replicate",
    .name = "Replicate",
    .description = "FLUX.1 Kontext among many models, with your own key.",
    .destination = Destination::service,
    .needs_key = true,
    .create = make_replicate,
    .hosts = hosts,
    .key_variable = "REPLICATE_API_TOKEN",
    .key_page = "https://replicate.com/account/api-tokens",
    .retention = "What was sent and what came out is removed there after an hour.",
};

} // namespace kontext
