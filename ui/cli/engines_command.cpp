#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "ui/cli/commands.h"
#include "ui/text/text.h"

#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

namespace kontext::cli {

using nlohmann::json;

namespace {

json describe_model(const Model& model) {
    json sizes = "any";
    if (!model.sizes.empty()) {
        sizes = json::array();
        for (const Size size : model.sizes) {
            sizes.push_back({size.width, size.height});
        }
    }
    json ratios = json::array();
    for (const AspectRatio ratio : model.aspect_ratios) {
        ratios.push_back(to_text(ratio));
    }
    return {
        {"id", model.id},
        {"name", model.name},
        {"sizes", sizes},
        {"aspect_ratios", ratios},
        {"seed_max", model.seed_max ? json(*model.seed_max) : json(nullptr)},
        {"variations_max", model.variations_max},
        {"references_max", model.references_max},
        {"prompt_max", model.prompt_max},
        {"price_usd", model.price_usd ? json(*model.price_usd) : json(nullptr)},
    };
}

json describe_engine(const EngineInfo& engine, const std::vector<Model>& models) {
    json rows = json::array();
    for (const Model& model : models_of(models, engine.id)) {
        rows.push_back(describe_model(model));
    }
    return {
        {"id", engine.id},
        {"name", engine.name},
        {"description", engine.description},
        {"leaves_machine", engine.destination == Destination::service},
        {"needs_key", engine.needs_key},
        {"full_resolution", engine.full_resolution},
        {"models", rows},
    };
}

} // namespace

void run_engines_command(bool as_json) {
    const std::vector<Model> models = load_models();
    if (as_json) {
        json list = json::array();
        for (const EngineInfo* engine : engines()) {
            list.push_back(describe_engine(*engine, models));
        }
        std::cout << json{{"version", 1}, {"engines", list}}.dump(4) << '\n';
        return;
    }
    for (const EngineInfo* engine : engines()) {
        std::cout << engine->id << "  " << engine->name << ": " << engine->description << '\n'
                  << "    " << ui::describe_destination(*engine) << '\n';
        for (const Model& model : models_of(models, engine->id)) {
            std::cout << "    " << model.id << "  " << model.name << ", " << ui::describe_price(model, 1)
                      << '\n';
        }
    }
}

} // namespace kontext::cli
