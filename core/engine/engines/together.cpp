#include "core/engine/model_input.h"
#include "core/engine/picture_list.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/net/json_body.h"

#include <array>
#include <span>

#include <nlohmann/json.hpp>

// Together AI: one call, whose answer holds the picture. https://docs.together.ai and its OpenAPI
// description, read 2026-04.
namespace kontext {

using nlohmann::json;

namespace {

constexpr ServiceRules rules{.name = "Together"};

class Together final : public Engine {
public:
    explicit Together(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        std::vector<std::string> pictures;
        for (const auto& png : encode_pictures(input)) {
            pictures.push_back(data_uri(png));
        }
        json body = build_model_input(setup_.model, request, input.canvas.size(), pictures);
        body.emplace("model", setup_.model.id); // where the row does not name another
        body["n"] = 1;
        body["response_format"] = "base64";
        progress({.stage = Stage::generating, .fraction = {}});
        EngineReply reply = take_picture_list(
            service, rules,
            service.create_and_wait(json_request(HttpMethod::post, "/v1/images/generations", body), {}));
        reply.seed = request.seed.value_or(0);
        return reply;
    }

    EngineReply resume_from_answer(const HttpResponse& created, const Ticket&, const ProgressSink& progress,
                                   std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return take_picture_list(service, rules, created);
    }

    EngineReply resume(const Ticket& ticket, const ProgressSink& progress, std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return resume_picture_list(service, rules, ticket);
    }

    std::string check_key(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        service.ask({.url = "/v1/models"});
        return {};
    }

private:
    EngineSetup setup_;
};

std::unique_ptr<Engine> make_together(EngineSetup setup) {
    return std::make_unique<Together>(std::move(setup));
}

constexpr std::array hosts{ServiceHost{"global", "worldwide", "https://api.together.ai"}};

} // namespace

extern const EngineInfo together_engine;
const EngineInfo together_engine{
    .id = "together",
    .name = "Together",
    .description = "FLUX.1 Kontext and FLUX.2, with your own key.",
    .destination = Destination::service,
    .needs_key = true,
    .create = make_together,
    .hosts = hosts,
    .key_variable = "TOGETHER_API_KEY",
    .key_page = "https://api.together.ai/settings/api-keys",
    .retention = "The picture is part of the request and the answer; its terms say how long they are kept.",
};

} // namespace kontext
