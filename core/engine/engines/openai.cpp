#include "core/engine/model_input.h"
#include "core/engine/picture_list.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/error.h"
#include "core/local/sd_api.h"
#include "core/net/json_body.h"
#include "core/net/wait.h"

#include <array>
#include <chrono>
#include <span>

#include <nlohmann/json.hpp>

// OpenAI, and the servers that copy its route for edits: a form with files, whose answer holds the picture.
// Only what a row of the catalogue names is sent, as the copies refuse what they do not know. OpenAPI
// description of 2026-08.
namespace kontext {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr ServiceRules rules{.name = "OpenAI"};
// Of the person's own: on a processor alone an edit takes hours.
constexpr ServiceRules own_rules{.name = "Your server", .patience = 6h};
constexpr std::array hosts{ServiceHost{"global", "worldwide", "https://api.openai.com"}};

// The address of a copy is often given with the version: https://api.deepinfra.com/v1/openai, and /v3 where
// OpenVINO's server is.
bool has_version(const std::string& base_url) {
    const std::size_t slash = base_url.find_last_of('/');
    const std::string_view last = std::string_view(base_url).substr(slash + 1);
    return base_url.ends_with("/v1/openai") ||
           (last.size() == 2 && last[0] == 'v' && last[1] >= '1' && last[1] <= '9');
}

std::string path_at(const std::string& base_url, const char* end) {
    return std::string(has_version(base_url) ? "" : "/v1") + end;
}

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

HttpRequest edit_request(const EngineSetup& setup, const json& members, const ModelInput& input) {
    return {.method = HttpMethod::post,
            .url = path_at(setup.base_url, "/images/edits"),
            .headers = {{"Accept", "application/json"}},
            .form = make_form(members, encode_pictures(input))};
}

// What a server says that it runs.
struct OwnModels {
    std::vector<std::string> ids;
    bool is_stable_diffusion_cpp = false; // which has a language of its own, that tells more
};

// Throws Error(engine_not_ready) where no such server answers.
OwnModels list_models(Service& service, const EngineSetup& setup) {
    if (setup.base_url == hosts.front().url) {
        throw Error(ErrorCode::engine_not_ready, "Enter the address of your server in the settings.");
    }
    const std::string nobody = "No server that lists its models answers at " + setup.base_url + ".";
    try {
        const json answer =
            read_json(service.ask_once({.url = path_at(setup.base_url, "/models"), .timeout = 10s}));
        OwnModels models;
        for (const json& model : member_of(answer, "data")) {
            models.ids.push_back(text_of(model, "id"));
            models.is_stable_diffusion_cpp =
                models.is_stable_diffusion_cpp ||
                (models.ids.back() == "sd-cpp-local" && text_of(model, "owned_by") == "local");
        }
        if (member_of(answer, "data").is_array()) {
            return models;
        }
    } catch (const TransferFailed&) {
        throw Error(ErrorCode::engine_not_ready, nobody + " Start it, or mend its address in the settings.");
    } catch (const Error&) {
        // Something else is there.
    }
    throw Error(ErrorCode::engine_not_ready, nobody);
}

std::string choose_model(const OwnModels& models, const EditRequest& request) {
    if (const auto wanted = request.options.find("model"); wanted != request.options.end()) {
        return wanted->second;
    }
    return models.ids.empty() ? std::string() : models.ids.front();
}

// As its own language has it: no scaling, no first picture to start from, and it says when it waits.
EngineReply edit_at_stable_diffusion_cpp(const EngineSetup& setup, const EditRequest& request,
                                         const ModelInput& input, const ProgressSink& progress,
                                         const std::stop_token& stop) {
    std::string base = setup.base_url;
    base.resize(has_version(base) ? base.find_last_of('/') : base.size());
    json sampling{{"guidance", {{"txt_cfg", 1.0}}}};
    if (const auto steps = request.options.find("steps"); steps != request.options.end()) {
        sampling["sample_steps"] = std::stoi(steps->second); // was checked
    }
    SdApi server(base);
    const std::string id = server.submit({.prompt = request.prompt,
                                          .width = input.canvas.size().width,
                                          .height = input.canvas.size().height,
                                          .seed = request.seed.value_or(0),
                                          .sample_params = sampling.dump(),
                                          .images = encode_pictures(input)},
                                         stop);
    try {
        for (;;) {
            SdJobState state = server.ask(id, stop);
            switch (state.state) {
            case SdJobState::State::completed: return {.picture = std::move(state.picture)};
            case SdJobState::State::cancelled:
                throw Error(ErrorCode::service_failed, "The server was told to drop the edit.");
            case SdJobState::State::queued: progress({.stage = Stage::queued, .fraction = {}}); break;
            case SdJobState::State::generating: progress({.stage = Stage::generating, .fraction = {}}); break;
            }
            wait_for(300ms, stop);
        }
    } catch (const Cancelled&) {
        server.cancel(id);
        throw;
    }
}

EngineReply edit_at_own_server(const EngineSetup& setup, const EditRequest& request, const ModelInput& input,
                               const ProgressSink& progress, const std::stop_token& stop) {
    Service service(own_rules, setup, progress, stop);
    const OwnModels models = list_models(service, setup);
    EngineReply reply;
    if (models.is_stable_diffusion_cpp && setup.model.own_server) {
        reply = edit_at_stable_diffusion_cpp(setup, request, input, progress, stop);
    } else {
        json members = build_model_input(setup.model, request, input.canvas.size(), {});
        members["n"] = 1;
        if (const std::string model = choose_model(models, request); !model.empty()) {
            members["model"] = model;
        }
        progress({.stage = Stage::generating, .fraction = {}});
        reply = take_picture_list(service, own_rules,
                                  service.create_and_wait(edit_request(setup, members, input), {}));
    }
    reply.seed = request.seed.value_or(0);
    return reply;
}

class Openai final : public Engine {
public:
    explicit Openai(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        if (setup_.model.own_server) {
            return edit_at_own_server(setup_, request, input, progress, stop);
        }
        Service service(rules, setup_, progress, std::move(stop));
        json members = build_model_input(setup_.model, request, input.canvas.size(), {});
        members.emplace("model", setup_.model.id); // where the row does not name another
        members["n"] = 1;
        progress({.stage = Stage::generating, .fraction = {}});
        EngineReply reply = take_picture_list(
            service, rules, service.create_and_wait(edit_request(setup_, members, input), {}));
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

    std::vector<SetupFinding> check_setup(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(own_rules, setup_, no_progress, std::move(stop));
        try {
            const OwnModels models = list_models(service, setup_);
            std::vector<SetupFinding> findings{{.text = "A server answers at " + setup_.base_url + "."}};
            if (models.is_stable_diffusion_cpp) {
                findings.push_back({.text = "It is stable-diffusion.cpp, and is asked in its own language."});
            } else if (models.ids.empty()) {
                findings.push_back({SetupFinding::Verdict::warning, "It lists no model."});
            } else {
                findings.push_back(
                    {.text = "It is asked for its model " + clean_text(models.ids.front()) + "."});
            }
            return findings;
        } catch (const Error& error) {
            return {{SetupFinding::Verdict::missing, error.what()}};
        }
    }

    std::string check_key(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        service.ask({.url = path_at(setup_.base_url, "/models")});
        return {};
    }

private:
    EngineSetup setup_;
};

std::unique_ptr<Engine> make_openai(EngineSetup setup) {
    return std::make_unique<Openai>(std::move(setup));
}

constexpr std::array settings{
    EngineSettingInfo{.id = "url",
                      .name = "Your server",
                      .description = "An address such as http://127.0.0.1:13305/v1. It is used for the model "
                                     "“Your own server” alone, and is sent no key.",
                      .kind = EngineSettingInfo::Kind::address},
};

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
    .settings = settings,
    .hosts = hosts,
    .key_variable = "OPENAI_API_KEY",
    .key_page = "https://platform.openai.com/api-keys",
    .retention = "The picture is part of the request and the answer; its terms say how long they are kept.",
};

} // namespace kontext
