#pragma once

#include "core/engine/engine.h"
#include "core/engine/models.h"
#include "core/engine/registry.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kontext::ui {

// What the dialog has to know of the layer before it is read; instant to find out.
struct LayerSummary {
    std::string name;
    Size size;
    std::string kind; // "8-bit RGB", for the tooltip
    bool has_selection = false;
};

// A list to choose from, and why there is nothing to choose where that is so.
struct Choices {
    std::vector<std::string> labels;
    std::size_t chosen = 0;
    std::string why_fixed; // empty: choosing is possible
};

struct SeedChoice {
    std::uint64_t value = 0;
    std::string why_fixed;
};

struct RegionChoice {
    Region shown = Region::layer;
    std::string why_fixed;
};

// Whether a key for an engine is at hand.
enum class KeyState {
    unknown, // not asked yet, or the key store is slow
    there,
    missing,
    unreadable, // the key store cannot be read
};

// What edits at services may cost in a month, and what they have cost so far.
struct Spending {
    std::optional<double> ceiling_usd; // none: no ceiling
    double spent_usd = 0;
    std::optional<double> unknown_usd; // what a picture of unknown price counts as; none: it is refused
};

// What stands in the way of an edit that is settled elsewhere than in the edit dialog.
struct Obstacle {
    enum class Kind { none, key, ceiling };
    Kind kind = Kind::none;
    std::string text; // one sentence
};

// By engine id; see Settings::engine_options.
using EngineOptions = std::map<std::string, std::map<std::string, std::string>>;

// What is known of a prompt while it is typed.
struct PromptHint {
    enum class Kind { none, understood, objection };
    Kind kind = Kind::none;
    std::string text;
};

// What the edit dialog shows and allows: choices that always fit the chosen engine and model. Knows no
// toolkit.
class EditModel {
public:
    // What `initial` asks for and this build or catalogue does not have falls back to the defaults.
    EditModel(LayerSummary layer, EditRequest initial, std::vector<Model> catalogue,
              std::span<const EngineInfo* const> engines = kontext::engines());

    const EngineInfo& engine() const { return *engines_[engine_index_]; }
    const Model& model() const { return models_[model_index_]; }
    const std::string& prompt() const { return request_.prompt; }
    bool seed_is_new_each_time() const { return !request_.seed; }

    Choices engine_choices() const;
    Choices model_choices() const;
    Choices aspect_ratio_choices() const;
    Choices variation_choices() const;
    // For engines that return a picture of a model's size, which has to be laid onto the photo.
    bool has_fidelity() const { return !engine().full_resolution; }
    Choices fidelity_choices() const;
    SeedChoice seed_choice() const; // its value is kept while a new one is drawn each time
    RegionChoice region_choice() const;

    void set_prompt(std::string prompt) { request_.prompt = std::move(prompt); }
    void choose_engine(std::size_t index);
    void choose_model(std::size_t index);
    void choose_aspect_ratio(std::size_t index);
    void choose_variations(std::size_t index);
    void choose_fidelity(std::size_t index);
    void choose_region(Region region) { request_.region = region; }
    void fix_seed(std::uint64_t seed);
    void draw_new_seed_each_time() { request_.seed.reset(); }
    void roll_seed(); // fixes another one
    // The person may select something while the dialog is open.
    void set_has_selection(bool has_selection) { layer_.has_selection = has_selection; }

    // What was found out about the person's account, whenever it is there. Until then nothing is in the way.
    void set_key_state(std::string_view engine, KeyState state) { keys_[std::string(engine)] = state; }
    void set_spending(const Spending& spending) { spending_ = spending; }
    // The options that each engine is to have. Where a service is reached is chosen in the settings alone, so
    // that the address of an earlier edit does not come back.
    void set_engine_options(EngineOptions options);

    // Where programs and servers of the person's own are.
    void set_engine_settings(std::map<std::string, EngineSettings> settings) {
        engine_settings_ = std::move(settings);
    }

    // Empty when the edit can run.
    std::string why_not_runnable() const;
    Obstacle obstacle() const;
    // Asks the engine; instant.
    PromptHint hint() const;

    std::string layer_description() const;       // "“Sky”, 6000 × 4000 pixels, 8-bit RGB"
    std::string engine_description() const;      // one sentence
    std::string destination_description() const; // "The picture stays on this machine."
    std::string retention_description() const;   // what the service keeps; may be empty
    bool stays_on_this_machine() const;
    std::string price_description() const;  // of all variations: "Free", "About $0.08"
    std::string budget_description() const; // "$7.34 of $10.00 left this month"; empty without a ceiling

    // As the person set it up; without a seed where a new one is wanted each time.
    EditRequest request() const { return request_; }

private:
    void use_engine(std::size_t index);
    void use_model(std::size_t index);
    void use_engine_options();
    bool wants_key() const;
    std::string base_url() const; // throws as base_url_of() does
    std::string why_prompt_is_unusable() const;
    std::optional<double> price() const; // of all variations

    LayerSummary layer_;
    std::vector<Model> catalogue_;
    std::vector<const EngineInfo*> engines_; // those with a model
    std::vector<Model> models_;              // of the chosen engine
    std::size_t engine_index_ = 0;
    std::size_t model_index_ = 0;
    std::unique_ptr<Engine> adviser_; // of the chosen engine, to ask what it understands
    EditRequest request_;
    std::uint64_t last_seed_ = 0; // what the seed goes back to when it is fixed
    EngineOptions engine_options_;
    std::map<std::string, EngineSettings> engine_settings_; // by engine id
    std::map<std::string, KeyState> keys_;                  // by engine id
    Spending spending_;
};

} // namespace kontext::ui
