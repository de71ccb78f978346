#include "plugin/procedures.h"

#include "core/error.h"

#include <array>
#include <cmath>

// Marks a text of a table for xgettext; it is translated where it is shown.
#define N_(text) text

namespace kontext::plugin {

namespace {

constexpr double largest_exact_integer = 9007199254740992.0; // 2^53: beyond it a double skips integers

enum Position { prompt, engine, model, aspect_ratio, seed, variations, fidelity, options, count };

constexpr Argument text_argument(const char* name, const char* label, const char* description,
                                 const char* initial = "") {
    return {.kind = ArgumentKind::text,
            .name = name,
            .label = label,
            .description = description,
            .initial_text = initial,
            .initial = 0,
            .minimum = 0,
            .maximum = 0};
}

constexpr std::array<Argument, Position::count> edit_arguments{
    text_argument("prompt", N_("Prompt"), N_("What should change, in plain words")),
    text_argument("engine", N_("Engine"), N_("Id of the engine; empty: the default one")),
    text_argument("model", N_("Model"), N_("Id of the engine's model; empty: its first one")),
    text_argument("aspect-ratio", N_("Aspect ratio"), N_("\"match\" for the layer's own, or W:H"), "match"),
    Argument{.kind = ArgumentKind::number,
             .name = "seed",
             .label = N_("Seed"),
             .description = N_("The same seed gives the same result; -1: a new one"),
             .initial_text = "",
             .initial = -1,
             .minimum = -1,
             .maximum = largest_exact_integer},
    Argument{.kind = ArgumentKind::integer,
             .name = "variations",
             .label = N_("Variations"),
             .description = N_("How many results to make"),
             .initial_text = "",
             .initial = 1,
             .minimum = 1,
             .maximum = 64},
    text_argument("fidelity", N_("Fidelity"), N_("\"auto\", \"keep\", \"look\" or \"raw\""), "auto"),
    text_argument(
        "options", N_("Options"),
        N_("The engine's own switches as a JSON object; \"region\": \"layer\" ignores the selection, "
           "\"extent\": \"selection\" shows all of it"),
        "{}"),
};

const std::string& text_of(const ArgumentValues& values, Position position) {
    return std::get<std::string>(values.at(position));
}

std::optional<std::uint64_t> seed_from(double value) {
    if (value == -1) {
        return std::nullopt;
    }
    if (!(value >= 0 && value <= largest_exact_integer) || value != std::floor(value)) {
        throw Error(ErrorCode::invalid_argument,
                    "The seed must be a whole number from 0, or -1 for a new one.");
    }
    return static_cast<std::uint64_t>(value);
}

int variations_from(double value) {
    const Argument& argument = edit_arguments[Position::variations];
    if (!(value >= argument.minimum && value <= argument.maximum)) {
        throw Error(ErrorCode::invalid_argument, "The number of variations must be from 1 to 64.");
    }
    return static_cast<int>(value);
}

Region region_from(std::string_view text) {
    if (text == "layer") {
        return Region::layer;
    }
    if (text == "selection") {
        return Region::selection;
    }
    throw Error(ErrorCode::invalid_argument, "The region must be \"selection\" or \"layer\".");
}

} // namespace

const Procedure edit_procedure{
    .name = "plug-in-kontext-edit",
    .menu_label = N_("Edit by _Prompt…"),
    .menu_path = "<Image>/Filters/AI",
    .summary = N_("Edit the layer by saying what should change"),
    .help =
        N_("Puts the edited picture into a new layer above the layer, with a layer mask from the selection. "
           "The layer itself stays as it is."),
    .image_types = "*",
    .subject = Subject::layer,
    .returns_layers = true,
    .arguments = edit_arguments,
};

const Procedure recover_procedure{
    .name = "plug-in-kontext-recover",
    .menu_label = N_("_Recover Paid Results…"),
    .menu_path = "<Image>/Filters/AI",
    .summary = N_("Fetch pictures that were paid for and never arrived"),
    .help =
        N_("Lists the edits at services that a crash, a power cut or a lost connection came between. Each "
           "picture goes over the active layer where it was made from that, and else into an image of "
           "its own. Non-interactively, all that can be fetched is inserted."),
    .image_types = "",
    .subject = Subject::maybe_layer,
    .returns_layers = true,
    .arguments = {},
};

const Procedure settings_procedure{
    .name = "plug-in-kontext-settings",
    .menu_label = N_("_Settings…"),
    .menu_path = "<Image>/Filters/AI",
    .summary = N_("Keys of services, the month's ceiling, and what new layers are like"),
    .help = N_("Opens the settings of Edit by Prompt. It works interactively only."),
    .image_types = "",
    .subject = Subject::nothing,
    .returns_layers = false,
    .arguments = {},
};

std::span<const Procedure* const> procedures() {
    static constexpr std::array all{&edit_procedure, &recover_procedure, &settings_procedure};
    return all;
}

const Procedure* find_procedure(std::string_view name) {
    for (const Procedure* procedure : procedures()) {
        if (procedure->name == name) {
            return procedure;
        }
    }
    return nullptr;
}

EditRequest request_from_arguments(const ArgumentValues& values) {
    EditRequest request{
        .prompt = text_of(values, Position::prompt),
        .engine = text_of(values, Position::engine),
        .model = text_of(values, Position::model),
        .aspect_ratio = aspect_ratio_from_text(text_of(values, Position::aspect_ratio)),
        .seed = seed_from(std::get<double>(values.at(Position::seed))),
        .variations = variations_from(std::get<double>(values.at(Position::variations))),
        .region = Region::selection,
        .fidelity = fidelity_from_text(text_of(values, Position::fidelity)),
        .extent = {},
        .options = options_from_json(text_of(values, Position::options)),
        .references = {},
    };
    if (const auto region = request.options.find("region"); region != request.options.end()) {
        request.region = region_from(region->second);
        request.options.erase(region);
    }
    if (const auto extent = request.options.find("extent"); extent != request.options.end()) {
        request.extent = extent_from_text(extent->second);
        request.options.erase(extent);
    }
    return request;
}

} // namespace kontext::plugin
