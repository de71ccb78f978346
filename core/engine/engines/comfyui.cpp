#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/engine/workflow.h"
#include "core/error.h"
#include "core/net/json_body.h"
#include "core/net/message_listener.h"
#include "core/net/url.h"
#include "core/net/wait.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include <nlohmann/json.hpp>

// A ComfyUI that the person runs: upload, queue a graph, wait for its history, fetch the picture. Its own
// nodes only, so that nothing has to be installed there. Routes of 0.3.64; prompt_id is taken since 0.3.45.
//
// The recipe of a row: {"graph": GRAPH, "files": {NAME: {"node", "input", "folder", "patterns": […]}}}. The
// server's own list of names decides what stands at %NAME%. Without a graph it is the person's own, from the
// file that the settings name.
namespace kontext {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

constexpr ServiceRules rules{.name = "ComfyUI"};
constexpr auto tick = 300ms;                  // between two looks at an edit that runs
constexpr std::int64_t answer_max = 64 << 20; // the queue holds everybody's graphs
constexpr const char* workflow_setting = "workflow";

// A file that a loader of the graph wants.
struct WantedFile {
    std::string node;
    std::string input;
    std::string folder; // of ComfyUI's models, where people put it
    std::vector<std::string> patterns;
};

struct Recipe {
    json graph;
    std::map<std::string, WantedFile> files;
    bool is_own = false; // the person's
};

std::string read_text(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || !text) {
        throw Error(ErrorCode::bad_settings, "The workflow " + path + " cannot be read.");
    }
    return text.str();
}

Recipe read_own_workflow(const EngineSettings& settings) {
    const auto path = settings.find(workflow_setting);
    if (path == settings.end() || path->second.empty()) {
        throw Error(ErrorCode::engine_not_ready,
                    "No workflow is chosen: save one in ComfyUI with \"Export (API)\", write %image% and "
                    "%prompt% where the picture and the prompt belong, and name the file in the settings.");
    }
    return {.graph = workflow_from_json(read_text(path->second), path->second), .files = {}, .is_own = true};
}

Recipe read_recipe(const EngineSetup& setup) try {
    const json recipe = json::parse(setup.model.recipe);
    if (!recipe.contains("graph")) {
        return read_own_workflow(setup.settings);
    }
    const std::string where = "The recipe of the model " + setup.model.id;
    Recipe result{.graph = workflow_from_json(recipe.at("graph").dump(), where), .files = {}};
    const json files = recipe.value("files", json::object());
    for (const auto& [name, file] : files.items()) {
        result.files[name] = {.node = file.at("node").get<std::string>(),
                              .input = file.at("input").get<std::string>(),
                              .folder = file.at("folder").get<std::string>(),
                              .patterns = file.at("patterns").get<std::vector<std::string>>()};
    }
    return result;
} catch (const json::exception& failure) {
    throw Error(ErrorCode::bad_settings, "The recipe of the model " + setup.model.id + ": " + failure.what());
}

std::string new_uuid() {
    std::random_device device;
    std::uniform_int_distribution<unsigned> nibble(0, 15);
    std::string id = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    for (char& c : id) {
        c = c == 'x' ? "0123456789abcdef"[nibble(device)] : c;
    }
    return id;
}

HttpRequest get(std::string path) {
    return {.url = std::move(path), .timeout = 30s, .reply_max = answer_max};
}

json object_info(Service& service, const std::string& node_class) {
    return read_json(service.ask_once(get("/object_info/" + percent_encode(node_class))));
}

std::string join(const std::vector<std::string>& texts, const char* between) {
    std::string all;
    for (const std::string& text : texts) {
        all += (all.empty() ? "" : between) + text;
    }
    return all;
}

std::string describe_missing(const WantedFile& file) {
    return "ComfyUI has no file " + join(file.patterns, " or ") + " in models/" + file.folder +
           ". Put it there and reload ComfyUI's page.";
}

// What the server says went wrong with a graph: of each node that has an error, what is wrong and what there
// would be.
std::string describe_graph_errors(const json& body) {
    std::string text = message_of(body);
    for (const json& node : member_of(body, "node_errors")) {
        for (const json& error : member_of(node, "errors")) {
            text += " " + text_of(node, "class_type") + ": " + text_of(error, "message") + " " +
                    text_of(error, "details");
        }
    }
    return clean_text(text);
}

void read_graph_failure(const HttpResponse& response) {
    const json body = read_json(response);
    if (response.status != 400 || !body.is_object()) {
        return;
    }
    const std::string said = describe_graph_errors(body);
    // A node or a file that it does not have; the type of the former has changed between versions.
    const bool lacks = body.dump().find("value_not_in_list") != std::string::npos ||
                       said.find("does not exist") != std::string::npos ||
                       said.find("not found") != std::string::npos;
    throw Error(lacks ? ErrorCode::engine_not_ready : ErrorCode::request_rejected, "ComfyUI: " + said);
}

[[noreturn]] void throw_failure(const json& status) {
    for (const json& message : member_of(status, "messages")) {
        if (!message.is_array() || message.size() < 2) {
            continue;
        }
        if (message.at(0) == "execution_interrupted") {
            throw Error(ErrorCode::service_failed, "The edit was interrupted in ComfyUI.");
        }
        if (message.at(0) == "execution_error") {
            const std::string type = text_of(message.at(1), "exception_type");
            const std::string said = clean_text(text_of(message.at(1), "node_type") + ": " +
                                                text_of(message.at(1), "exception_message"));
            const bool memory = type.find("OutOfMemory") != std::string::npos;
            throw Error(ErrorCode::service_failed,
                        memory ? "ComfyUI ran out of graphics memory. Close what else uses it, or choose a "
                                 "smaller model."
                               : "ComfyUI: " + said);
        }
    }
    throw Error(ErrorCode::service_failed, "ComfyUI ended the edit without saying why.");
}

bool is_among(const json& queue, const std::string& id) {
    return queue.is_array() && std::ranges::any_of(queue, [&](const json& entry) {
               return entry.is_array() && entry.size() > 1 && entry.at(1) == id;
           });
}

// What is saved counts for more than a preview on the way to it.
json find_image(const json& outputs) {
    json preview;
    for (const json& node : outputs) {
        for (const json& image : member_of(node, "images")) {
            if (text_of(image, "type") == "output") {
                return image;
            }
            preview = image;
        }
    }
    if (preview.is_null()) {
        throw Error(ErrorCode::bad_reply, "The workflow made no picture: it needs a SaveImage node.");
    }
    return preview;
}

class Comfyui final : public Engine {
public:
    explicit Comfyui(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        const Recipe recipe = read_recipe(setup_);
        Service service(rules, setup_, progress, stop);
        ask_for_version(service);
        WorkflowValues values{.prompt = request.prompt,
                              .image = {},
                              .seed = request.seed.value_or(0),
                              .size = input.canvas.size(),
                              .files = choose_files(service, recipe)};
        progress({.stage = Stage::uploading, .fraction = {}});
        values.image = upload(service, encode_pictures(input).front());
        const auto start = Clock::now();
        const std::string client = new_uuid();
        MessageListener news(setup_.base_url + "/ws?clientId=" + client, stop);
        const std::string id = queue(service, fill_workflow(recipe.graph, values), client);
        WorkflowProgress done(recipe.graph.size(), id);
        const auto share = [&, fraction = std::optional<double>()]() mutable {
            while (const auto message = news.receive()) {
                fraction = done.read(*message);
            }
            return fraction;
        };
        try {
            const json outputs = wait_until_done(service, id, progress, share, stop);
            EngineReply reply{.picture = fetch(service, find_image(outputs)), .seed = values.seed};
            reply.run_time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
            if (!recipe.is_own) {
                service.tell(json_request(HttpMethod::post, "/history", {{"delete", {id}}}));
            }
            return reply;
        } catch (const Cancelled&) {
            stop_edit(service, id);
            throw;
        }
    }

    std::vector<SetupFinding> check_setup(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        std::vector<SetupFinding> findings;
        try {
            findings.push_back(
                {.text = "ComfyUI " + ask_for_version(service) + " answers at " + setup_.base_url + "."});
            check_devices(service, findings);
            check_recipe(service, findings);
        } catch (const Error& error) {
            findings.push_back({SetupFinding::Verdict::missing, error.what()});
        }
        return findings;
    }

private:
    // Throws Error(engine_not_ready) where there is no ComfyUI.
    std::string ask_for_version(Service& service) const {
        const std::string start_it = " Start it, or enter its address in the settings.";
        try {
            const json stats = read_json(service.ask_once({.url = "/system_stats", .timeout = 5s}));
            const json& system = member_of(stats, "system");
            if (system.is_object()) {
                return clean_text(text_of(system, "comfyui_version"));
            }
        } catch (const TransferFailed&) {
            throw Error(ErrorCode::engine_not_ready,
                        "No ComfyUI answers at " + setup_.base_url + "." + start_it);
        } catch (const Error&) {
            // Something else is there.
        }
        throw Error(ErrorCode::engine_not_ready,
                    "What answers at " + setup_.base_url + " is no ComfyUI." + start_it);
    }

    static std::map<std::string, std::string> choose_files(Service& service, const Recipe& recipe) {
        std::map<std::string, std::string> chosen;
        for (const auto& [name, file] : recipe.files) {
            const auto names = choices_of(object_info(service, file.node), file.node, file.input);
            chosen[name] = choose_file(names, file.patterns);
            if (chosen[name].empty()) {
                throw Error(ErrorCode::engine_not_ready, describe_missing(file));
            }
        }
        return chosen;
    }

    // Into the folder that ComfyUI empties at its next start. Returns the name that LoadImage takes.
    static std::string upload(Service& service, const std::vector<std::byte>& png) {
        const auto field = [](const char* name, const char* value) {
            return FormPart{.name = name, .data = value, .file_name = {}, .content_type = {}};
        };
        const HttpRequest request{
            .method = HttpMethod::post,
            .url = "/upload/image",
            .form = {{.name = "image",
                      .data = std::string(reinterpret_cast<const char*>(png.data()), png.size()),
                      .file_name = new_uuid() + ".png",
                      .content_type = "image/png"},
                     field("type", "temp"),
                     field("subfolder", "gimp-kontext"),
                     field("overwrite", "true")}};
        const json answer = read_json(service.ask(request));
        const std::string name = text_of(answer, "name");
        const std::string folder = text_of(answer, "subfolder");
        const std::string type = text_of(answer, "type");
        if (name.empty()) {
            throw Error(ErrorCode::bad_reply, "ComfyUI did not say where it put the picture.");
        }
        return (folder.empty() ? "" : folder + "/") + name + (type == "temp" ? " [temp]" : "");
    }

    // Returns its id.
    static std::string queue(Service& service, const json& graph, const std::string& client) {
        const std::string wanted = new_uuid();
        const json body{{"prompt", graph}, {"client_id", client}, {"prompt_id", wanted}};
        HttpRequest request = json_request(HttpMethod::post, "/prompt", body);
        request.at_most_once = true;
        const std::string id = text_of(read_json(service.ask_once(request, read_graph_failure)), "prompt_id");
        return id.empty() ? wanted : id;
    }

    json wait_until_done(Service& service, const std::string& id, const ProgressSink& progress,
                         const std::function<std::optional<double>()>& share,
                         const std::stop_token& stop) const try {
        // It leaves the queue a moment before its history is written.
        constexpr int unseen_max = 10;
        for (int unseen = 0; unseen < unseen_max;) {
            wait_for(tick, stop);
            const json history = read_json(service.ask(get("/history/" + percent_encode(id))));
            if (const json& entry = member_of(history, id.c_str()); entry.is_object()) {
                const json& status = member_of(entry, "status");
                if (text_of(status, "status_str") == "error") {
                    throw_failure(status);
                }
                return member_of(entry, "outputs");
            }
            const json queue = read_json(service.ask(get("/queue")));
            const bool runs = is_among(member_of(queue, "queue_running"), id);
            const bool waits = is_among(member_of(queue, "queue_pending"), id);
            unseen = runs || waits ? 0 : unseen + 1;
            if (runs || waits) {
                progress({.stage = runs ? Stage::generating : Stage::queued,
                          .fraction = runs ? share() : std::nullopt});
            }
        }
        throw Error(ErrorCode::service_failed,
                    "ComfyUI knows nothing of the edit any more. Was it restarted?");
    } catch (const TransferFailed&) {
        throw Error(ErrorCode::network,
                    "ComfyUI at " + setup_.base_url + " answers no longer. It may have run out of memory.");
    }

    std::vector<std::byte> fetch(Service& service, const json& image) const {
        return service.download(setup_.base_url +
                                "/view?filename=" + percent_encode(text_of(image, "filename")) +
                                "&subfolder=" + percent_encode(text_of(image, "subfolder")) +
                                "&type=" + percent_encode(text_of(image, "type")));
    }

    // Old versions stop whatever runs, so it is asked only when that is ours.
    static void stop_edit(Service& service, const std::string& id) {
        service.tell(json_request(HttpMethod::post, "/queue", {{"delete", {id}}}));
        const auto answer = service.tell(get("/queue"));
        if (answer && is_among(member_of(read_json(*answer), "queue_running"), id)) {
            service.tell(json_request(HttpMethod::post, "/interrupt", {{"prompt_id", id}}));
        }
    }

    static void check_devices(Service& service, std::vector<SetupFinding>& findings) {
        const json stats = read_json(service.ask_once({.url = "/system_stats", .timeout = 5s}));
        for (const json& device : member_of(stats, "devices")) {
            const std::string name = clean_text(text_of(device, "name"));
            if (text_of(device, "type") == "cpu") {
                findings.push_back(
                    {SetupFinding::Verdict::warning,
                     "It works on the processor alone: an edit takes many minutes, or hours."});
            } else {
                const double bytes = number_of(device, "vram_total").value_or(0);
                findings.push_back(
                    {.text = name + ", " + std::to_string(std::lround(bytes / (1 << 30))) + " GB."});
            }
        }
    }

    void check_recipe(Service& service, std::vector<SetupFinding>& findings) const {
        const Recipe recipe = read_recipe(setup_);
        for (const auto& [name, file] : recipe.files) {
            const auto names = choices_of(object_info(service, file.node), file.node, file.input);
            const std::string chosen = choose_file(names, file.patterns);
            if (chosen.empty()) {
                findings.push_back({SetupFinding::Verdict::missing, describe_missing(file)});
            } else {
                findings.push_back({.text = setup_.model.name + " uses " + clean_text(chosen) + "."});
            }
        }
        for (const std::string& node_class : classes_of(recipe.graph)) {
            if (!object_info(service, node_class).contains(node_class)) {
                findings.push_back({SetupFinding::Verdict::missing,
                                    recipe.is_own
                                        ? "The workflow needs a node " + clean_text(node_class) +
                                              ", which this ComfyUI does not have."
                                        : setup_.model.name + " needs a newer ComfyUI: this one has no " +
                                              clean_text(node_class) + "."});
            }
        }
    }

    EngineSetup setup_;
};

std::unique_ptr<Engine> make_comfyui(EngineSetup setup) {
    return std::make_unique<Comfyui>(std::move(setup));
}

constexpr std::array settings{
    EngineSettingInfo{.id = "url",
                      .name = "Address",
                      .description = "Where ComfyUI answers; empty: http://127.0.0.1:8188.",
                      .kind = EngineSettingInfo::Kind::address},
    EngineSettingInfo{
        .id = "workflow",
        .name = "Own workflow",
        .description =
            "A workflow saved with “Export (API)”, with places for picture and prompt; the manual says how.",
        .kind = EngineSettingInfo::Kind::file},
};

} // namespace

extern const EngineInfo comfyui_engine;
const EngineInfo comfyui_engine{
    .id = "comfyui",
    .name = "ComfyUI",
    .description = "Open weights on your own graphics card, by a ComfyUI that you run.",
    .destination = Destination::service, // unless it is on this machine
    .create = make_comfyui,
    .settings = settings,
    .default_url = "http://127.0.0.1:8188",
    .retention = "ComfyUI keeps the picture in its temporary folder until it is started again.",
};

} // namespace kontext
