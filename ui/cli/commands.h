#pragma once

#include "core/engine/request.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kontext::cli {

// Options of `kontext edit` as they were typed.
struct EditArguments {
    std::filesystem::path input;
    std::string prompt;
    std::string engine; // empty: the settings' or the registry's default
    std::string model;
    std::string aspect = "match";
    std::string seed; // empty: a new one
    int variations = 1;
    std::string fidelity = "auto";
    std::string extent = "changes";
    bool crop = false;
    bool grain = false;
    std::vector<std::string> references;
    std::vector<std::string> options; // KEY=VALUE
    std::optional<double> max_cost;
    std::filesystem::path select; // masks; empty: none
    std::filesystem::path protect;
    std::filesystem::path output; // empty, and no layer either: INPUT's name with "-edited"
    std::filesystem::path layer;
    std::filesystem::path mask;
    std::filesystem::path report;
};

// Options of `kontext fit` as they were typed; empty names: not given.
struct FitArguments {
    std::filesystem::path original;
    std::filesystem::path edited;
    std::filesystem::path output; // empty, and no mask either: ORIGINAL's name with "-fitted"
    std::filesystem::path mask;
    std::filesystem::path select;
    std::filesystem::path protect;
    std::filesystem::path framing;
    std::filesystem::path report;
    std::string fidelity = "auto";
    std::string prompt;
    bool grain = false;
};

// Options of `kontext recover` as they were typed.
struct RecoverArguments {
    bool list = false; // only
    bool all = false;  // also those of which it is not known whether the service accepted them
    std::filesystem::path out = ".";
    std::vector<std::int64_t> dismiss; // numbers of the list; nothing else is done then
};

enum class KeyAction { set, clear, status };

// Options of `kontext key` as they were typed.
struct KeyArguments {
    KeyAction action = KeyAction::status;
    std::string engine;
    bool in_file = false;              // the person agrees to a plain file where there is no key store
    std::vector<std::string> leftover; // what does not belong there; may be a key, so it is never printed
};

// All print to standard output what a script wants to read (paths, the list) and the rest to standard error.
// They throw Error or Cancelled.
void run_edit_command(const EditArguments& arguments);
void run_fit_command(const FitArguments& arguments);
void run_engines_command(bool as_json);
void run_recover_command(const RecoverArguments& arguments);
void run_ledger_command(bool as_json);
void run_key_command(const KeyArguments& arguments);

} // namespace kontext::cli
