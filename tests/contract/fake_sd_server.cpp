#include "tests/contract/fake_sd_server.h"

#include "core/local/keeper_wire.h"
#include "core/local/wait_input.h"
#include "core/net/wait.h"

#include <chrono>
#include <fstream>

#include <sys/stat.h>

namespace kontext::test {

using namespace std::chrono_literals;
using nlohmann::json;

FakeSdServer::FakeSdServer() : models_(folder_ / "models") {
    std::filesystem::create_directories(models_ / "below");
    for (const char* name : {"flux-2-klein-4b-Q4_0.gguf", "FLUX2_AE.safetensors", "below/Qwen3-4B-Q4_0.gguf",
                             "flux-2-klein-9b-Q4_0.gguf", "Qwen3-8B-Q4_0.gguf"}) {
        std::ofstream(models_ / name) << "weights";
    }
    std::filesystem::create_directory(folder_ / "run");
    ::chmod((folder_ / "run").c_str(), 0700);
    setenv("XDG_RUNTIME_DIR", (folder_ / "run").c_str(), 1);
    setenv("KONTEXT_KEEPER", KONTEXT_KEEPER_PROGRAM, 1);
    setenv("FAKE_SD_SWITCHES", (folder_ / "switches.json").c_str(), 1);
    setenv("FAKE_SD_LOG", (folder_ / "events").c_str(), 1);
    settings = {{"program", FAKE_SD_SERVER}, {"models", models_.string()}};
}

FakeSdServer::~FakeSdServer() {
    set_switches(json::object());
    end_server();
    for (const json& start : events("start")) {
        await("no server is left", [&] { return !runs(start["pid"].get<pid_t>()); });
    }
}

void FakeSdServer::set_switches(const json& switches) {
    std::ofstream(folder_ / "switches.new") << switches.dump();
    std::filesystem::rename(folder_ / "switches.new", folder_ / "switches.json");
}

std::vector<json> FakeSdServer::events(const std::string& kind) const {
    std::vector<json> found;
    std::ifstream file(folder_ / "events");
    for (std::string line; std::getline(file, line);) {
        json event = json::parse(line, nullptr, false);
        if (event.is_object() && event["event"] == kind) {
            found.push_back(std::move(event));
        }
    }
    return found;
}

pid_t FakeSdServer::last_server() const {
    return events("start").back()["pid"].get<pid_t>();
}

pid_t FakeSdServer::keeper_of(pid_t server) const {
    std::ifstream file("/proc/" + std::to_string(server) + "/stat");
    std::string text;
    std::getline(file, text);
    return std::stoi(text.substr(text.rfind(')') + 4));
}

void FakeSdServer::end_server() {
    const FileDescriptor keeper = connect_to_keeper(run_folder());
    if (keeper.number() < 0) {
        return;
    }
    send_message(keeper.number(), keeper_word::stop);
    await("the keeper has ended", [&] {
        return wait_for_input(keeper.number(), 100ms, {}) && receive_message(keeper.number()) == "";
    });
}

std::unique_ptr<Engine> FakeSdServer::make_engine(const std::string& model) const {
    return find_engine("sd-server")
        .create({.model = find_model(load_models("/no/such/file"), "sd-server", model),
                 .settings = settings,
                 .base_url = {},
                 .key = {}});
}

Outcome FakeSdServer::edit(const std::string& prompt, const ProgressSink& progress, std::stop_token stop,
                           const std::string& model) const {
    EditRequest request{.prompt = prompt, .engine = "sd-server", .model = model, .seed = 7};
    ModelInput input;
    input.canvas = make_small_canvas();
    return outcome_of([&] {
        return make_engine(model)->run(
            request, input, progress ? progress : ProgressSink([](const Progress&) {}), std::move(stop));
    });
}

void await(const char* what, const std::function<bool()>& is_so) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error(std::string("in vain: ") + what);
        }
        wait_for(2ms, {});
    }
}

bool runs(pid_t process) {
    return start_time_of(process).has_value();
}

Image make_small_canvas() {
    return make_canvas({96, 64});
}

} // namespace kontext::test
