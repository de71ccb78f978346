#pragma once

#include "core/engine/model.h"
#include "core/engine/registry.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

// Where a person's own rows are read from: models.json in the configuration folder.
std::filesystem::path user_models_file();

// The rows that come with the program, then the user's: a row of the same engine and id replaces, others are
// added. Throws Error(bad_settings) that names file, row and member where the user's file breaks the schema.
std::vector<Model> load_models(const std::filesystem::path& user_file = user_models_file());

// The same, from text that came from `source` (for messages).
std::vector<Model> models_from_json(std::string_view json, std::string_view source);

// The models of one engine; the first is its default.
std::vector<Model> models_of(const std::vector<Model>& models, std::string_view engine);
// `id` empty: the engine's first. Throws Error(engine_not_ready) that lists the ids there are.
const Model& find_model(const std::vector<Model>& models, std::string_view engine, std::string_view id);

// Whether a model can take this request. Throws Error(invalid_argument): empty or overlong prompt, seed out
// of range, a ratio, number of variations or references that it does not have, an option that a hosted model
// does not know.
void check_request(const EditRequest& request, const Model& model);

// Throws Error(over_budget) when that many pictures cost more than `max_usd`, and Error(price_unknown) when
// they may.
void check_price(const Model& model, int variations, double max_usd);

} // namespace kontext
