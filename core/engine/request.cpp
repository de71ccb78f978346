#include "core/engine/request.h"

#include "core/error.h"
#include "core/fidelity/apply.h"

#include <charconv>
#include <random>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

[[noreturn]] void reject(const std::string& message) {
    throw Error(ErrorCode::invalid_argument, message);
}

constexpr std::string_view region_names[] = {"selection", "layer"};

Region region_from_text(std::string_view text) {
    if (text == region_names[0]) {
        return Region::selection;
    }
    if (text == region_names[1]) {
        return Region::layer;
    }
    reject("The region is \"selection\" or \"layer\", not \"" + std::string(text) + "\".");
}

json parse_object(std::string_view text, const char* what) {
    json value = json::parse(text, nullptr, false);
    if (!value.is_object()) {
        reject(std::string("The ") + what + " are not the text of a JSON object.");
    }
    return value;
}

// Invalid UTF-8 is shown with replacement characters rather than refused: prompts come from anywhere.
std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::map<std::string, std::string> options_from_object(const json& object) {
    if (!object.is_object()) {
        reject("The options are not a JSON object.");
    }
    std::map<std::string, std::string> options;
    for (const auto& [key, value] : object.items()) {
        if (value.is_string()) {
            options[key] = value.get<std::string>();
        } else if (value.is_number() || value.is_boolean()) {
            options[key] = value.dump();
        } else {
            reject("The option \"" + key + "\" is neither text, a number nor true or false.");
        }
    }
    return options;
}

std::optional<int> number_from_text(std::string_view text) {
    int number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

} // namespace

std::string to_json(const EditRequest& request) {
    json object = {
        {"prompt", request.prompt},
        {"engine", request.engine},
        {"model", request.model},
        {"aspect_ratio", to_text(request.aspect_ratio)},
        {"variations", request.variations},
        {"region", region_names[request.region == Region::layer ? 1 : 0]},
        {"fidelity", to_text(request.fidelity)},
        {"extent", to_text(request.extent)},
        {"crop_to_changes", request.crop_to_changes},
        {"add_grain", request.add_grain},
        {"options", request.options},
        {"references", request.references},
    };
    object["seed"] = request.seed ? json(*request.seed) : json(nullptr);
    return dump(object);
}

EditRequest request_from_json(std::string_view text) try {
    const json object = parse_object(text, "request's members");
    EditRequest request;
    request.prompt = object.value("prompt", request.prompt);
    request.engine = object.value("engine", request.engine);
    request.model = object.value("model", request.model);
    request.aspect_ratio = aspect_ratio_from_text(object.value("aspect_ratio", std::string("match")));
    if (const auto seed = object.find("seed"); seed != object.end() && !seed->is_null()) {
        if (!seed->is_number_unsigned()) { // get() would wrap a negative number around
            reject("The seed is a whole number that is not negative.");
        }
        request.seed = seed->get<std::uint64_t>();
    }
    request.variations = object.value("variations", request.variations);
    request.region = region_from_text(object.value("region", std::string(region_names[0])));
    request.fidelity = fidelity_from_text(object.value("fidelity", std::string("auto")));
    request.extent = extent_from_text(object.value("extent", std::string()));
    request.crop_to_changes = object.value("crop_to_changes", request.crop_to_changes);
    request.add_grain = object.value("add_grain", request.add_grain);
    request.options = options_from_object(object.value("options", json::object()));
    request.references = object.value("references", request.references);
    return request;
} catch (const json::exception& failure) {
    reject(std::string("The request has a member of a wrong type: ") + failure.what());
}

std::map<std::string, std::string> options_from_json(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    return options_from_object(parse_object(text, "options"));
}

AspectRatio aspect_ratio_from_text(std::string_view text) {
    if (text == "match" || text.empty()) {
        return {};
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto width = number_from_text(text.substr(0, colon));
        const auto height = number_from_text(text.substr(colon + 1));
        if (width && height && *width >= 1 && *width <= 100 && *height >= 1 && *height <= 100) {
            return {*width, *height};
        }
    }
    reject("The aspect ratio is \"match\" or W:H with whole numbers from 1 to 100, not \"" +
           std::string(text) + "\".");
}

std::string to_text(AspectRatio ratio) {
    return ratio.is_match() ? "match" : std::to_string(ratio.width) + ":" + std::to_string(ratio.height);
}

FidelityMode fidelity_from_text(std::string_view text) {
    for (const FidelityMode mode :
         {FidelityMode::automatic, FidelityMode::keep, FidelityMode::look, FidelityMode::raw}) {
        if (text == to_text(mode)) {
            return mode;
        }
    }
    if (text.empty()) {
        return FidelityMode::automatic;
    }
    reject("The fidelity is auto, keep, look or raw, not \"" + std::string(text) + "\".");
}

std::string_view to_text(FidelityMode mode) {
    switch (mode) {
    case FidelityMode::automatic: return "auto";
    case FidelityMode::keep: return "keep";
    case FidelityMode::look: return "look";
    case FidelityMode::raw: return "raw";
    }
    return {};
}

Extent extent_from_text(std::string_view text) {
    if (text == "changes" || text.empty()) {
        return Extent::changes;
    }
    if (text == "selection") {
        return Extent::selection;
    }
    reject("The extent is changes or selection, not \"" + std::string(text) + "\".");
}

std::string_view to_text(Extent extent) {
    switch (extent) {
    case Extent::changes: return "changes";
    case Extent::selection: return "selection";
    }
    return {};
}

std::uint64_t draw_seed(std::uint64_t max) {
    std::random_device device;
    return std::uniform_int_distribution<std::uint64_t>(0, max)(device);
}

} // namespace kontext
