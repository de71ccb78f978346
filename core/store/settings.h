#pragma once

#include "core/engine/engine.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kontext {

// What the person chose once and for all. The file is settings.json in the configuration folder; members that
// this version does not know are kept when it is written.
struct Settings {
    std::string default_engine;        // empty: the registry's first
    bool keep_prompt_in_image = true;  // prompt and settings travel in the layer's parasite
    bool crop_to_changes = false;      // new layers are no larger than what shows of them
    bool add_grain = false;            // what is new in a photo gets grain like the photo's
    std::optional<double> monthly_usd; // ceiling for all edits at services in a month; none: no ceiling
    // What a picture counts as whose price is not known; none: it is refused where there is a ceiling.
    std::optional<double> unknown_usd;
    bool keys_in_file = false; // keys may lie in a plain file where the system has no key store
    // By engine id: options that a request has unless it says otherwise, such as
    // {"darkroom": {"on-unknown": "apply"}}.
    std::map<std::string, std::map<std::string, std::string>> engine_options;
    // By engine id: where programs, folders and servers of the person's own are, such as
    // {"comfyui": {"url": "http://127.0.0.1:8188"}}.
    std::map<std::string, EngineSettings> engine_settings;
};

// A missing file gives defaults. Throws Error(bad_settings) for one that cannot be read.
Settings load_settings();
// Atomic: the old file or the new one, never half. Throws Error(cannot_write).
void save_settings(const Settings& settings);

// The last edit that ran interactively, for "repeat" and for the dialog's next start. Kept with us, not with
// the editor, whose own last values would travel in the saved image.
// Loading never throws: without a usable record it gives a default request.
EditRequest load_last_edit();
void save_last_edit(const EditRequest& request);

// Writes a file so that it appears whole or not at all, with this mode. Throws Error(cannot_write).
void write_file_atomically(const std::filesystem::path& file, std::string_view text, unsigned mode = 0600);

} // namespace kontext
