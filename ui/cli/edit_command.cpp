#include "core/engine/models.h"
#include "core/error.h"
#include "core/image/codec.h"
#include "core/image/metadata.h"
#include "core/image/samples.h"
#include "core/job/complete_request.h"
#include "core/job/run_edit.h"
#include "core/store/settings.h"
#include "ui/cli/commands.h"
#include "ui/cli/input_files.h"
#include "ui/cli/output_files.h"
#include "ui/cli/progress_line.h"
#include "ui/cli/report.h"
#include "ui/cli/stop_on_signal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace kontext::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t band_bytes = std::int64_t{2} << 20;

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
    request.references = arguments.references;
    for (const std::string& option : arguments.options) {
        request.options.insert(option_from_text(option));
    }
    return complete_request(std::move(request), load_settings());
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

struct Comparison {
    double changed_pixels = 0;    // share
    double identical_samples = 0; // share
};

// Puts the layer over the original through its mask, in place, and counts what that changed.
Comparison place_over(const Raster& original, Raster& layer, const Raster* mask) {
    const Size size = original.size();
    const PixelFormat format = original.format();
    const int rows = rows_per_band(size, format, band_bytes);
    std::int64_t equal_samples = 0;
    std::int64_t equal_pixels = 0;
    for (int y = 0; y < size.height; y += rows) {
        const Size band = {size.width, std::min(rows, size.height - y)};
        Image before(band, format);
        Image after(band, format);
        original.read_rows(y, before.view());
        layer.read_rows(y, after.view());
        if (mask != nullptr) {
            Image coverage(band, mask->format());
            mask->read_rows(y, coverage.view());
            composite(before.view(), after.view(), coverage.view(), after.view());
            layer.write_rows(y, after.view());
        }
        const EqualCounts equal = count_equal(before.view(), after.view());
        equal_samples += equal.samples;
        equal_pixels += equal.pixels;
    }
    const auto pixels = static_cast<double>(size.pixels());
    return {.changed_pixels = 1 - static_cast<double>(equal_pixels) / pixels,
            .identical_samples = static_cast<double>(equal_samples) / (pixels * format.channels)};
}

// Writes the layer's picture and mask, the composed picture, or both, and the report.
class OutputWriter {
public:
    OutputWriter(const EditArguments& arguments, const DecodedPicture& input, ProgressLine& progress)
        : arguments_(arguments), input_(input), progress_(progress) {
        if (arguments_.output.empty() && arguments_.layer.empty() && arguments_.mask.empty()) {
            output_ = beside(arguments_.input, "-edited");
        } else {
            output_ = arguments_.output;
        }
    }

    void write(EditResult& result, std::size_t index,
               std::map<std::string, std::chrono::milliseconds> timings) {
        const std::size_t count = result.layers.size();
        EditedLayer& layer = result.layers[index];
        save(numbered(arguments_.layer, index, count), layer.pixels, input_.color);
        if (!arguments_.mask.empty()) {
            const fs::path file = numbered(arguments_.mask, index, count);
            if (result.mask) {
                save(file, *result.mask, {});
            } else {
                save(file, make_full_mask(layer.pixels.size()), {});
            }
        }
        const Comparison comparison = place_over(input_.pixels, layer.pixels, result.mask.get());
        if (const fs::path file = numbered(output_, index, count); !file.empty()) {
            save(file, layer.pixels, input_.color);
            copy_metadata(arguments_.input, file);
        }
        if (!arguments_.report.empty()) {
            const EditReport report{.result = result,
                                    .seed = layer.seed,
                                    .changed_fraction = comparison.changed_pixels,
                                    .unchanged_identical = comparison.identical_samples,
                                    .timings = std::move(timings)};
            write_file_atomically(numbered(arguments_.report, index, count), to_json(report), 0644);
        }
    }

private:
    void save(const fs::path& file, const Raster& pixels, const ColorEncoding& color) {
        save_output(file, pixels, color, progress_);
    }

    const EditArguments& arguments_;
    const DecodedPicture& input_;
    ProgressLine& progress_;
    fs::path output_;
};

} // namespace

void run_edit_command(const EditArguments& arguments) {
    EditRequest request = request_from_arguments(arguments);
    const std::vector<Model> models = load_models();
    const EngineInfo& engine = find_engine(request.engine);
    const Model& model = find_model(models, request.engine, request.model);
    check_request(request, model);
    if (arguments.max_cost) {
        check_price(model, request.variations, *arguments.max_cost);
    }
    engine.create()->explain(request); // refuses before a large file is read
    check_outputs(std::array{arguments.output, arguments.layer, arguments.mask}, arguments.input);

    const StopOnSignal stop;
    ProgressLine progress;
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&start] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     start);
    };
    progress.show("Reading " + arguments.input.string() + "…");
    DecodedPicture input = load_input(arguments.input);
    LayerSource source{.name = arguments.input.filename().string(),
                       .pixels = std::move(input.pixels),
                       .color = input.color,
                       .selection = {}};
    source.selection = load_selection(arguments, source.pixels);
    std::map<std::string, std::chrono::milliseconds> timings{{"read", elapsed()}};

    EditResult result = run_edit(
        std::move(request), source, engine, model, [&](const Progress& step) { progress.show(step); },
        stop.token());
    if (!result.summary.empty()) {
        progress.say(std::string(engine.name) + ": " + result.summary);
    }
    timings.insert(result.timings.begin(), result.timings.end());

    input.pixels = std::move(source.pixels);
    OutputWriter writer(arguments, input, progress);
    for (std::size_t index = 0; index < result.layers.size(); ++index) {
        if (stop.token().stop_requested()) {
            throw Cancelled();
        }
        writer.write(result, index, timings);
    }
}

} // namespace kontext::cli
