#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

// One of the files that a model consists of. Roles of the same name are alternatives: the first that is found
// is used.
struct FileRole {
    std::string name; // "text encoder"
    std::string flag; // with which the engine's program is told the file
    std::vector<std::string>
        patterns;                    // of the file's name without its ending; * and ?, the first is the best
    std::vector<std::string> except; // that it must not match
    std::string source;              // where a person gets it
    bool is_optional = false;
};

struct FoundFile {
    const FileRole* role = nullptr; // of those that were looked for
    std::filesystem::path file;
};
struct MissingFile {
    const FileRole* role = nullptr; // the first of the alternatives
};
struct ModelFiles {
    std::vector<FoundFile> found; // in the order of the roles
    std::vector<MissingFile> missing;
};

// Looks for files of models (.gguf, .safetensors) in a folder and those below it. Upper and lower case are
// the same, and so are "-", "_", "." and a blank. Where several match a pattern, .gguf goes before
// .safetensors, then the largest. What cannot be read is passed over.
ModelFiles find_model_files(const std::filesystem::path& folder, std::span<const FileRole> roles);

// "no text encoder (qwen3-4b*, a .gguf or .safetensors file) from https://…"
std::string describe_missing(const FileRole& role);

bool matches_pattern(std::string_view name, std::string_view pattern);

} // namespace kontext
