#include "core/engine/model_input.h"
#include "core/engine/picture_list.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/net/json_body.h"

#include <array>
#include <span>

#include <nlohmann/json.hpp>

// OpenAI, and the servers that copy its route for edits: a form with files, whose answer holds the picture.
// Only what a row of the catalogue names is sent, as the copies refuse what they do not know. OpenAPI
// description of 2026-08.
namespace kontext {

using nlohmann::json;

namespace {

constexpr ServiceRules rules{.name = "OpenAI"};

std::string field_text(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

// "image" where there is one picture, as the copies know it; "image[]" for several.
std::vector<FormPart> make_form(const json& members, const std::vector<std::vector<std::byte>>& pictures) {
    std::vector<FormPart> form;
    for (const auto& [name, value] : members.items()) {
        form.push_back({.name = name, .data = field_text(value), .file_name = {}, .content_type = {}});
    }
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        form.push_back(
            {.name = pictures.size() == 1 ? "image" : "image[]",
             .data = std::string(reinterpret_cast<const char*>(pictures[i].data()), pictures[i].size()),
             .file_name = "picture" + (i == 0 ? "" : "-" + std::to_string(i + 1)) + ".png",
             .content_type = "image/png"});
    }
    return form;
}

class Openai final : public Engine {
public:
    explicit Openai(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        json members = build_model_input(setup_.model, request, input.canvas.size(), {});
        members.emplace("model", setup_.model.id); // where the row does not name another
        members["n"] = 1;
        HttpRequest call{.method = HttpMethod::post,
                         .url = path("/images/edits"),
                         .headers = {{"Accept", "application/json"}},
                         .form = make_form(members, encode_pictures(input))};
        progress({.stage = Stage::generating, .fraction = {}});
        EngineReply reply = take_picture_list(service, rules, service.create_and_wait(std::move(call), {}));
        reply.seed = request.seed.value_or(0);
        return reply;
    }

    EngineReply resume(const Ticket& ticket, const ProgressSink& progress, std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return resume_picture_list(service, rules, ticket);
    }

    std::string check_key(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        service.ask({.url = path("/models")});
        return {};
    }

private:
    // The address of a copy is often given with the version: https://api.deepinfra.com/v1/openai.
    std::string path(const char* end) const {
        const bool has_version = setup_.base_url.ends_with("/v1") || setup_.base_url.ends_with("/v1/openai");
        return std::string(has_version ? "" : "/v1") + end;
    }

    EngineSetup setup_;
};

std::unique_ptr<Engine> make_openai(EngineSetup setup) {
    return std::make_unique<Openai>(std::move(setup));
}

constexpr std::array hosts{ServiceHost{"global", "worldwide", "https://api.openai.com"}};

} // namespace

extern const EngineInfo openai_engine;
const EngineInfo openai_engine{
    .id = "openai",
    .name = "OpenAI",
    .description = "GPT Image with your own key, or a server of your own that speaks the same.",
    .destination = Destination::service,
    .needs_key = true,
    .keyless_on_loopback = true,
    .create = make_openai,
    .hosts = hosts,
    .key_variable = "OPENAI_API_KEY",
    .key_page = "https://platform.openai.com/api-keys",
    .retention = "The picture is part of the request and the answer; its terms say how long they are kept.",
};

} // namespace kontext
