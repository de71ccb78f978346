#pragma once

#include "core/engine/model.h"

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace kontext {

// The input form of a row of models.json. Throws Error(bad_settings) that starts with `where`.
ModelInputForm input_form_from_json(const nlohmann::json& object, const std::string& where);

// Throws Error(invalid_argument) for an option that the model does not have, or a value that it does not
// take.
void check_options(const EditRequest& request, const Model& model);

// Where a hosted model is run: its own path, else `otherwise`.
std::string path_of(const Model& model, std::string otherwise);

// The members of a hosted model's input: prompt, pictures, size, seed, options, and what is always the same.
// `images`: the canvas, then the references, each in the form that the service wants (address, data URI,
// base64); empty for models that have them apart. `canvas` in pixels. The request was checked and has a seed
// where the model takes one.
nlohmann::json build_model_input(const Model& model, const EditRequest& request, Size canvas,
                                 const std::vector<std::string>& images);

} // namespace kontext
