#include "core/engine/models.h"
#include "core/error.h"
#include "core/image/codec.h"
#include "core/image/metadata.h"
#include "core/job/complete_request.h"
#include "core/job/run_edit.h"
#include "core/store/settings.h"
#include "ui/cli/commands.h"
#include "ui/cli/compose.h"
#include "ui/cli/deliver.h"
#include "ui/cli/input_files.h"
#include "ui/cli/output_files.h"
#include "ui/cli/progress_line.h"
#include "ui/cli/report.h"
#include "ui/cli/stop_on_signal.h"
#include "ui/keys/open_secret_store.h"
#include "ui/text/text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <iostream>
#include <set>
#include <utility>
#include <vector>

namespace kontext::cli {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void reject(const std::string& message) {
    throw Error(ErrorCode::invalid_argument, message);
}

std::optional<std::uint64_t> seed_from_text(const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t seed = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (failure != std::errc() || end != text.data() + text.size()) {
        reject("The seed is a whole number that is not negative, not \"" + text + "\".");
    }
    return seed;
}

std::pair<std::string, std::string> option_from_text(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        reject("An option is KEY=VALUE, not \"" + text + "\".");
    }
    return {text.substr(0, equals), text.substr(equals + 1)};
}

EditRequest request_from_arguments(const EditArguments& arguments) {
    EditRequest request;
    request.prompt = arguments.prompt;
    request.engine = arguments.engine;
    request.model = arguments.model;
    request.aspect_ratio = aspect_ratio_from_text(arguments.aspect);
    request.seed = seed_from_text(arguments.seed);
    request.variations = arguments.variations;
    request.fidelity = fidelity_from_text(arguments.fidelity);
    request.extent = extent_from_text(arguments.extent);
    request.references = arguments.references;
    for (const std::string& option : arguments.options) {
        request.options.insert(option_from_text(option));
    }
    request = complete_request(std::move(request), load_settings());
    request.crop_to_changes = request.crop_to_changes || arguments.crop;
    request.add_grain = request.add_grain || arguments.grain;
    return request;
}

// "photo.jpg" -> "photo-2.jpg" for the second of several.
fs::path numbered(const fs::path& file, std::size_t index, std::size_t count) {
    if (count == 1 || file.empty()) {
        return file;
    }
    fs::path name = file.stem();
    name += "-" + std::to_string(index + 1);
    name += file.extension();
    return file.parent_path() / name;
}

// Where the composed picture goes; nowhere where only the parts of it are wanted.
fs::path output_of(const EditArguments& arguments) {
    const bool is_open = arguments.output.empty() && arguments.layer.empty() && arguments.mask.empty();
    return is_open ? beside(arguments.input, "-edited") : arguments.output;
}

double share(std::int64_t part, std::int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

// Writes the layer's picture and mask, the composed picture, or both, and the report.
class OutputWriter {
public:
    OutputWriter(const EditArguments& arguments, const DecodedPicture& input, ProgressLine& progress)
        : arguments_(arguments), input_(input), progress_(progress), output_(output_of(arguments)) {}

    void write_all(const EditResult& result, const Timings& timings, const std::stop_token& stop) {
        for (std::size_t index = 0; index < result.layers.size(); ++index) {
            HandOver files;
            std::vector<fs::path> pictures = write(result, index, timings, files, stop);
            if (const auto& prediction = result.layers[index].prediction) {
                write_down_if_possible(files, result.delivery->journal(), *prediction, progress_);
            }
            files.move();
            for (const fs::path& picture : pictures) {
                std::cout << picture.string() << std::endl; // at once: what is killed later has printed it
            }
        }
    }

private:
    // The names of what is a picture.
    std::vector<fs::path> write(const EditResult& result, std::size_t index, Timings timings, HandOver& files,
                                const std::stop_token& stop) {
        const std::size_t count = result.layers.size();
        const EditedLayer& layer = result.layers[index];
        std::vector<fs::path> pictures;
        const auto save = [&](const fs::path& name, const Raster& pixels, const ColorEncoding& color) {
            const fs::path draft = files.draft_of(name);
            save_draft(draft, name, pixels, color, progress_);
            pictures.push_back(name);
            return draft;
        };
        if (const fs::path name = numbered(arguments_.layer, index, count); !name.empty()) {
            save(name, layer.pixels, input_.color);
        }
        if (const fs::path name = numbered(arguments_.mask, index, count); !name.empty()) {
            layer.mask ? save(name, *layer.mask, {}) : save(name, make_full_mask(layer.pixels.size()), {});
        }
        const Composed composed = compose(input_.pixels, layer, stop);
        if (const fs::path name = numbered(output_, index, count); !name.empty()) {
            copy_metadata(arguments_.input, save(name, composed.picture, input_.color));
        }
        if (!arguments_.report.empty()) {
            const std::int64_t pixels = composed.picture.size().pixels();
            const EditReport report{.result = result,
                                    .layer = layer,
                                    .changed_fraction = 1 - share(composed.equal.pixels, pixels),
                                    .unchanged_identical = share(composed.equal.samples,
                                                                 pixels * composed.picture.format().channels),
                                    .timings = std::move(timings)};
            write_file_atomically(files.draft_of(numbered(arguments_.report, index, count)), to_json(report),
                                  0644);
        }
        return pictures;
    }

    const EditArguments& arguments_;
    const DecodedPicture& input_;
    ProgressLine& progress_;
    fs::path output_;
};

void tell_decisions(const EditResult& result, ProgressLine& progress) {
    std::set<std::string> notes; // several variations may have the same to tell
    for (const EditedLayer& layer : result.layers) {
        notes.insert(layer.fit ? ui::describe_decision(layer.fit->plan.decision) : std::string());
    }
    notes.erase("");
    for (const std::string& note : notes) {
        progress.say(note);
    }
}

} // namespace

void run_edit_command(const EditArguments& arguments) {
    EditRequest request = request_from_arguments(arguments);
    const std::vector<Model> models = load_models();
    const EngineInfo& engine = find_engine(request.engine);
    const Model& model = find_model(models, request.engine, request.model);
    check_request(request, model);
    Account account = make_account(load_settings(), ui::open_secret_store);
    account.ceilings.command_usd = arguments.max_cost;
    if (arguments.max_cost) {
        Model priced = model;
        priced.price_usd = model.price_usd ? model.price_usd : account.unknown_usd;
        check_price(priced, request.variations, *arguments.max_cost);
    }
    engine.create({.model = model})->explain(request); // refuses before a large file is read

    const StopOnSignal stop;
    ProgressLine progress;
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&start] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     start);
    };
    progress.show("Reading " + arguments.input.string() + "…");
    DecodedPicture input = load_input(arguments.input);
    check_outputs(std::array{output_of(arguments), arguments.layer, arguments.mask}, arguments.input);
    LayerSource source{.name = arguments.input.filename().string(),
                       .file = fs::absolute(arguments.input).string(),
                       .pixels = std::move(input.pixels),
                       .color = input.color,
                       .selection = {},
                       .protection = {}};
    const SampleType sample = source.pixels.format().sample;
    source.selection = load_mask_if_any(arguments.select, source.pixels.size(), sample);
    source.protection = load_mask_if_any(arguments.protect, source.pixels.size(), sample);
    Timings timings{{"read", elapsed()}};

    EditResult result = run_edit(
        std::move(request), source, engine, model, [&](const Progress& step) { progress.show(step); },
        stop.token(), account);
    if (!result.summary.empty()) {
        progress.say(std::string(engine.name) + ": " + result.summary);
    }
    tell_decisions(result, progress);
    timings.insert(result.timings.begin(), result.timings.end());

    input.pixels = std::move(source.pixels);
    OutputWriter writer(arguments, input, progress);
    writer.write_all(result, timings, stop.token());
    if (result.delivery) {
        confirm(*result.delivery, progress);
    }
    if (result.shortfall) {
        throw *result.shortfall;
    }
}

} // namespace kontext::cli
