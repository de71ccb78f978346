#include "core/engine/engines/sd_server/program.h"
#include "core/engine/engines/sd_server/recipe.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/error.h"
#include "core/local/sd_edit.h"
#include "core/parallel.h"
#include "core/paths.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <nlohmann/json.hpp>

// The server of stable-diffusion.cpp, started, kept and ended by us. Its documents and its source at
// master-827, read 2026-11.
namespace kontext {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace sd_server;
using Verdict = SetupFinding::Verdict;

namespace {

constexpr double idle_minutes_default = 5;
constexpr double idle_minutes_max = 24 * 60;

std::string setting(const EngineSetup& setup, const char* id) {
    const auto found = setup.settings.find(id);
    return found == setup.settings.end() ? std::string() : found->second;
}

std::chrono::milliseconds read_idle_time(const EngineSetup& setup) {
    const std::string text = setting(setup, "idle_minutes");
    double minutes = idle_minutes_default;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), minutes);
    if (!text.empty() && (failure != std::errc() || end != text.data() + text.size() ||
                          !(minutes >= 0 && minutes <= idle_minutes_max))) {
        throw Error(ErrorCode::bad_settings,
                    "The setting \"idle_minutes\" of sd-server is no number from 0 to 1440.");
    }
    return std::chrono::milliseconds(std::llround(minutes * 60'000));
}

fs::path models_folder(const EngineSetup& setup) {
    const std::string named = setting(setup, "models");
    if (!named.empty()) {
        return named;
    }
    if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && fs::path(data).is_absolute()) {
        return fs::path(data) / "gimp-kontext/models";
    }
    const char* home = std::getenv("HOME");
    return fs::path(home == nullptr ? "/" : home) / ".local/share/gimp-kontext/models";
}

std::string name_of_missing_program(const EngineSetup& setup) {
    const std::string named = setting(setup, "program");
    return named.empty() ? "There is no program sd-server in PATH nor where it usually is: get "
                           "stable-diffusion.cpp, or say in the settings where it is."
                         : named + " is no program that can be run.";
}

std::string what_is_missing(const ModelFiles& files, const fs::path& folder, const Model& model) {
    std::string list;
    for (const MissingFile& missing : files.missing) {
        list += (list.empty() ? "" : "; ") + describe_missing(*missing.role);
    }
    return model.name + " is not complete in " + folder.string() + ": there is " + list + ".";
}

// Everything that is found before a server is looked for.
struct Ingredients {
    fs::path program;
    Recipe recipe;
    ModelFiles files; // whose roles lie in the recipe
};

Ingredients gather(const EngineSetup& setup) {
    Ingredients all{.program = find_server_program(setting(setup, "program")),
                    .recipe = read_recipe(setup.model)};
    if (all.program.empty()) {
        throw Error(ErrorCode::engine_not_ready, name_of_missing_program(setup));
    }
    const fs::path folder = models_folder(setup);
    all.files = find_model_files(folder, all.recipe.files);
    // Without its text encoder the server starts, and crashes at the first edit.
    if (!all.files.missing.empty()) {
        throw Error(ErrorCode::engine_not_ready, what_is_missing(all.files, folder, setup.model));
    }
    return all;
}

// Changes when a file does, so that a better download is not passed over.
json fingerprint_of(const fs::path& file) {
    std::error_code failure;
    return {file.string(), fs::file_size(file, failure),
            fs::last_write_time(file, failure).time_since_epoch().count()};
}

std::string identity_of(const Ingredients& all, const Model& model) {
    json identity = {
        {"program", fingerprint_of(all.program)}, {"recipe", model.recipe}, {"threads", worker_count()}};
    for (const FoundFile& found : all.files.found) {
        identity["files"].push_back(fingerprint_of(found.file));
    }
    return identity.dump(-1, ' ', false, json::error_handler_t::replace);
}

CommandLine command_of(const Ingredients& all, int port, const ServerFolders& folders,
                       const std::stop_token& stop) {
    CommandLine words{all.program.string(), "--listen-ip", "127.0.0.1", "--listen-port",
                      std::to_string(port)};
    const auto add = [&](const std::vector<std::string>& more) {
        words.insert(words.end(), more.begin(), more.end());
    };
    for (const FoundFile& found : all.files.found) {
        add({found.role->flag, found.file.string()});
    }
    // Left out, it is the folder that the program was started in, with all below it.
    add({"--lora-model-dir", folders.empty.string()});
    if (has_argument(all.program, "--hires-upscalers-dir", stop)) {
        add({"--hires-upscalers-dir", folders.empty.string()});
    }
    add({"-t", std::to_string(worker_count())});
    add(all.recipe.sampling_arguments);
    add(all.recipe.arguments);
    switch (list_devices(all.program, stop).kind) {
    case Devices::Kind::graphics_card: add(all.recipe.gpu_arguments); break;
    case Devices::Kind::processor_only: add(all.recipe.cpu_arguments); break;
    case Devices::Kind::not_known: break;
    }
    return words;
}

SdJob job_of(const EditRequest& request, const ModelInput& input, const Recipe& recipe) {
    if (input.canvas.format() != PixelFormat{.sample = SampleType::u8, .channels = 3}) {
        throw Error(ErrorCode::internal, "The picture for the engine is not plain RGB.");
    }
    return {.prompt = request.prompt,
            .width = input.canvas.size().width,
            .height = input.canvas.size().height,
            .seed = request.seed.value_or(0),
            .sample_params = recipe.sample_params,
            .images = encode_pictures(input)};
}

// Reading the text and the picture, and writing the picture, take about a tenth of the time each.
Progress progress_of(const SdEditStep& step) {
    switch (step.where) {
    case SdEditStep::Where::other_edit:
    case SdEditStep::Where::queued: return {.stage = Stage::queued, .fraction = {}};
    case SdEditStep::Where::starting: return {.stage = Stage::loading, .fraction = {}};
    case SdEditStep::Where::working: break;
    }
    if (!step.progress) {
        return {.stage = Stage::generating, .fraction = {}};
    }
    const std::optional<double> share = step.progress->fraction;
    switch (step.progress->phase) {
    case SdProgress::Phase::loading: return {.stage = Stage::loading, .fraction = share};
    case SdProgress::Phase::encoding:
        return {.stage = Stage::generating, .fraction = 0.1 * share.value_or(0)};
    case SdProgress::Phase::sampling:
        return {.stage = Stage::generating, .fraction = 0.1 + 0.8 * share.value_or(0)};
    case SdProgress::Phase::decoding: break;
    }
    return {.stage = Stage::generating, .fraction = 0.9 + 0.1 * share.value_or(0)};
}

class SdServer final : public Engine {
public:
    explicit SdServer(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        const Ingredients all = gather(setup_);
        const ServerPlan plan{
            .folder = runtime_dir() / "sd-server",
            .identity = identity_of(all, setup_.model),
            .model_path = all.files.found.front().file.string(),
            .idle = read_idle_time(setup_),
            .words = [&](int port,
                         const ServerFolders& folders) { return command_of(all, port, folders, stop); },
            .choose_port = {}};
        EngineReply reply;
        reply.picture = edit_with_sd_server(
            plan, job_of(request, input, all.recipe),
            [&](const SdEditStep& step) { progress(progress_of(step)); }, stop);
        reply.seed = request.seed.value_or(0);
        return reply;
    }

    std::vector<SetupFinding> check_setup(std::stop_token stop) override {
        std::vector<SetupFinding> findings;
        check_program(findings, stop);
        try {
            check_files(findings, read_recipe(setup_.model));
            read_idle_time(setup_);
        } catch (const Error& error) {
            findings.push_back({Verdict::missing, error.what()});
        }
        if (!setup_.model.license.empty()) {
            findings.push_back({Verdict::good, setup_.model.name + ": " + setup_.model.license});
        }
        return findings;
    }

private:
    void check_program(std::vector<SetupFinding>& findings, const std::stop_token& stop) const {
        const fs::path program = find_server_program(setting(setup_, "program"));
        if (program.empty()) {
            findings.push_back({Verdict::missing, name_of_missing_program(setup_)});
            return;
        }
        findings.push_back({Verdict::good, "The program is " + program.string() + "."});
        if (find_keeper().empty()) {
            findings.push_back({Verdict::missing, "The program kontext-keeper is not installed."});
        }
        const Devices devices = list_devices(program, stop);
        std::string names;
        for (const std::string& name : devices.names) {
            names += (names.empty() ? "" : ", ") + name;
        }
        switch (devices.kind) {
        case Devices::Kind::graphics_card:
            findings.push_back({Verdict::good, "It calculates on " + names + "."});
            return;
        case Devices::Kind::processor_only:
            findings.push_back({Verdict::warning, "It finds no graphics card, only " + names +
                                                      ": an edit takes from several minutes to hours."});
            return;
        case Devices::Kind::not_known:
            findings.push_back({Verdict::warning, "It does not say whether it can use a graphics card."});
            return;
        }
    }

    void check_files(std::vector<SetupFinding>& findings, const Recipe& recipe) const {
        const fs::path folder = models_folder(setup_);
        std::error_code failure;
        if (!fs::is_directory(folder, failure)) {
            findings.push_back({Verdict::missing, "There is no folder " + folder.string() + " for models."});
            return;
        }
        findings.push_back({Verdict::good, "Models are looked for in " + folder.string() + "."});
        const ModelFiles files = find_model_files(folder, recipe.files);
        for (const FoundFile& found : files.found) {
            findings.push_back({Verdict::good, setup_.model.name + ", " + found.role->name + ": " +
                                                   found.file.string() + "."});
        }
        for (const MissingFile& missing : files.missing) {
            findings.push_back({Verdict::missing,
                                setup_.model.name + ": there is " + describe_missing(*missing.role) + "."});
        }
    }

    EngineSetup setup_;
};

std::unique_ptr<Engine> make_sd_server(EngineSetup setup) {
    return std::make_unique<SdServer>(std::move(setup));
}

constexpr std::array settings{
    EngineSettingInfo{.id = "program",
                      .name = "Program",
                      .description =
                          "The program sd-server of stable-diffusion.cpp. Empty: it is looked for.",
                      .kind = EngineSettingInfo::Kind::program},
    EngineSettingInfo{.id = "models",
                      .name = "Models",
                      .description = "The folder with the model's files, also in folders below it. Empty: "
                                     "~/.local/share/gimp-kontext/models.",
                      .kind = EngineSettingInfo::Kind::folder},
    EngineSettingInfo{.id = "idle_minutes",
                      .name = "Minutes in memory",
                      .description = "How long the model stays in memory after an edit. Empty: 5.",
                      .kind = EngineSettingInfo::Kind::number},
};

} // namespace

extern const EngineInfo sd_server_engine;
const EngineInfo sd_server_engine{
    .id = "sd-server",
    .name = "stable-diffusion.cpp",
    .description =
        "FLUX.2 klein, FLUX.1 Kontext and Qwen-Image-Edit on this machine, with files of your own.",
    .destination = Destination::this_machine,
    .create = make_sd_server,
    .settings = settings,
};

} // namespace kontext
