#pragma once

#include "core/engine/model.h"
#include "core/local/model_files.h"

#include <string>
#include <vector>

namespace kontext::sd_server {

// What a row of models.json says of a model for stable-diffusion.cpp, as its "recipe":
//   "files": [{"role": "VAE", "flag": "--vae", "patterns": ["flux2*ae*"], "except": [], "from": "https://…",
//              "optional": false}, …]            see FileRole
//   "sample_params": {"sample_steps": 4, …}      as the server's interface for jobs has it
//   "arguments": ["--model-args", "…"]           of the program; "gpu_arguments", "cpu_arguments": further
//                                                ones where there is a graphics card, or surely none
struct Recipe {
    std::vector<FileRole> files;
    std::string sample_params;                   // JSON object
    std::vector<std::string> sampling_arguments; // the same, for a server that is not told them with a job
    std::vector<std::string> arguments;
    std::vector<std::string> gpu_arguments;
    std::vector<std::string> cpu_arguments;
};

// Throws Error(bad_settings) that names the model and the member.
Recipe read_recipe(const Model& model);

} // namespace kontext::sd_server
