#include "plugin/record.h"

#include "core/engine/registry.h"

#include <algorithm>
#include <ctime>

#include <nlohmann/json.hpp>

namespace kontext::plugin {

namespace {

using nlohmann::json;

constexpr std::size_t name_characters = 40;

bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; // not a UTF-8 continuation
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    while (end < text.size() && (!starts_character(text[end]) || count-- > 0)) {
        ++end;
    }
    return text.substr(0, end);
}

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view space = " \t\r\n\v\f";
    std::vector<std::string_view> words;
    for (std::size_t start = text.find_first_not_of(space); start != std::string_view::npos;
         start = text.find_first_not_of(space, start)) {
        const std::size_t end = std::min(text.find_first_of(space, start), text.size());
        words.push_back(text.substr(start, end - start));
        start = end;
    }
    return words;
}

std::string shorten(std::string_view text) {
    std::string start;
    for (const std::string_view word : words_of(text)) {
        if (start.empty()) {
            start = first_characters(word, name_characters);
            if (start.size() < word.size()) {
                return start + "…";
            }
        } else if (count_characters(start) + 1 + count_characters(word) <= name_characters) {
            start.append(" ").append(word);
        } else {
            return start.substr(0, start.find_last_not_of(",;:") + 1) + "…";
        }
    }
    return start;
}

// "Darkroom (on this machine)" is for lists; a layer's name is short.
std::string_view short_name(const EngineInfo& engine) {
    return engine.name.substr(0, engine.name.find(" ("));
}

std::string utc_text(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::string text(sizeof "2026-01-31T23:59:59Z", '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
    return text;
}

json describe_fit(const FitPlan& plan) {
    return {{"decision", to_text(plan.decision)},
            {"mode", to_text(plan.mode)},
            {"confidence", plan.confidence},
            {"shift_px", plan.shift_px},
            {"scale", plan.scale},
            {"changed_fraction", plan.changed_fraction}};
}

} // namespace

std::string layer_name(std::string_view prompt, std::string_view engine_name) {
    const std::string start = shorten(prompt);
    return start.empty() ? std::string(engine_name) : start + " — " + std::string(engine_name);
}

std::vector<LayerLabel> label_layers(const EditResult& result, PromptInImage prompt,
                                     std::chrono::system_clock::time_point time) {
    json request = json::parse(to_json(result.request));
    json record = {{"version", 1}, {"time", utc_text(time)}};
    std::string name;
    const std::string_view engine = short_name(find_engine(result.request.engine));
    switch (prompt) {
    case PromptInImage::keep:
        record["summary"] = result.summary;
        name = layer_name(result.request.prompt, engine);
        break;
    case PromptInImage::leave_out:
        request.erase("prompt");
        name = layer_name({}, engine);
        break;
    }
    record["request"] = std::move(request);

    std::vector<LayerLabel> labels;
    for (const EditedLayer& layer : result.layers) {
        record["seed"] = layer.seed;
        record["request_id"] = layer.request_id;
        record["cost_usd"] = layer.cost_usd ? json(*layer.cost_usd) : json(nullptr);
        if (layer.fit) {
            record["framing"] = json::parse(to_json(layer.fit->framing));
            record["fit"] = describe_fit(layer.fit->plan);
            record["plan"] = json::parse(to_json(layer.fit->plan));
        }
        labels.push_back(
            {.name = name, .record = record.dump(-1, ' ', false, json::error_handler_t::replace)});
    }
    return labels;
}

} // namespace kontext::plugin
