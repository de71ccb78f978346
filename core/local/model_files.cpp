#include "core/local/model_files.h"

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <tuple>

namespace kontext {

namespace fs = std::filesystem;

namespace {

constexpr int depth_max = 8;
constexpr std::size_t files_max = 20'000;

std::string plain(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        c = c >= 'A' && c <= 'Z'               ? static_cast<char>(c - 'A' + 'a')
            : c == '_' || c == '.' || c == ' ' ? '-'
                                               : c;
    }
    return result;
}

bool matches_plain(std::string_view name, std::string_view pattern) {
    std::size_t at = 0;
    std::size_t in_pattern = 0;
    std::size_t star = std::string_view::npos; // the last one, and what it has taken so far
    std::size_t taken = 0;
    while (at < name.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            star = in_pattern++;
            taken = at;
        } else if (in_pattern < pattern.size() &&
                   (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
            ++in_pattern;
            ++at;
        } else if (star != std::string_view::npos) {
            in_pattern = star + 1;
            at = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

struct Candidate {
    fs::path file;
    std::string name; // plain, without the ending
    bool is_gguf = false;
    std::uintmax_t size = 0;
};

std::vector<Candidate> list_candidates(const fs::path& folder) {
    std::vector<Candidate> candidates;
    std::error_code failure;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, failure);
    for (std::size_t seen = 0; !failure && entry != fs::recursive_directory_iterator() && seen < files_max;
         ++seen) {
        if (entry.depth() >= depth_max) {
            entry.disable_recursion_pending();
        }
        const std::string ending = plain(entry->path().extension().string());
        std::error_code unreadable;
        if ((ending == "-gguf" || ending == "-safetensors") && entry->is_regular_file(unreadable)) {
            candidates.push_back({.file = entry->path(),
                                  .name = plain(entry->path().stem().string()),
                                  .is_gguf = ending == "-gguf",
                                  .size = entry->file_size(unreadable)});
        }
        entry.increment(failure);
    }
    return candidates;
}

const Candidate* find_best(const std::vector<Candidate>& candidates, const FileRole& role) {
    for (const std::string& pattern : role.patterns) {
        const Candidate* best = nullptr;
        for (const Candidate& candidate : candidates) {
            const bool fits = matches_plain(candidate.name, plain(pattern)) &&
                              std::ranges::none_of(role.except, [&](const std::string& other) {
                                  return matches_plain(candidate.name, plain(other));
                              });
            const auto rank = [](const Candidate& c) { return std::tuple(c.is_gguf, c.size, c.file); };
            if (fits && (best == nullptr || rank(candidate) > rank(*best))) {
                best = &candidate;
            }
        }
        if (best != nullptr) {
            return best;
        }
    }
    return nullptr;
}

} // namespace

bool matches_pattern(std::string_view name, std::string_view pattern) {
    return matches_plain(plain(name), plain(pattern));
}

ModelFiles find_model_files(const fs::path& folder, std::span<const FileRole> roles) {
    const std::vector<Candidate> candidates = list_candidates(folder);
    ModelFiles files;
    for (const FileRole& role : roles) {
        const auto same = [&](const auto& other) { return other.role->name == role.name; };
        if (std::ranges::any_of(files.found, same)) {
            continue;
        }
        if (const Candidate* best = find_best(candidates, role)) {
            files.found.push_back({.role = &role, .file = best->file});
            std::erase_if(files.missing, same);
        } else if (!role.is_optional && std::ranges::none_of(files.missing, same)) {
            files.missing.push_back({.role = &role});
        }
    }
    return files;
}

std::string describe_missing(const FileRole& role) {
    std::string patterns;
    for (const std::string& pattern : role.patterns) {
        patterns += (patterns.empty() ? "" : " or ") + pattern;
    }
    return "no " + role.name + " (" + patterns + ", a .gguf or .safetensors file)" +
           (role.source.empty() ? "" : " from " + role.source);
}

} // namespace kontext
