#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

enum class Region {
    selection, // what is selected; the whole layer where nothing is (the editor's own convention)
    layer,     // the whole layer, whatever is selected
};

// Where a result shows: see core/fidelity/apply.h.
enum class Extent;

enum class FidelityMode { automatic, keep, look, raw };

// width : height; {0, 0} is "match": the picture's own.
struct AspectRatio {
    int width = 0;
    int height = 0;

    bool is_match() const { return width == 0; }
    bool operator==(const AspectRatio&) const = default;
};

// Everything about one edit and nothing that is secret: it can be printed, stored and compared.
struct EditRequest {
    std::string prompt; // UTF-8
    std::string engine; // id
    std::string model;  // id within the engine; empty: the engine's first
    AspectRatio aspect_ratio;
    std::optional<std::uint64_t> seed; // none: a new one each time
    int variations = 1;
    Region region = Region::selection;
    FidelityMode fidelity = FidelityMode::automatic;
    Extent extent{};              // Extent::changes
    bool crop_to_changes = false; // the layer is no larger than what shows of it; see complete_request()
    bool add_grain = false;       // new pixels get grain like the photo's; the same
    std::map<std::string, std::string> options; // the engine's own switches
    std::vector<std::string> references;        // files

    bool operator==(const EditRequest&) const = default;
};

// JSON with stable names; reading tolerates unknown members and takes defaults for missing ones.
// Reading throws Error(invalid_argument) for text that is not an object or members of a wrong type.
std::string to_json(const EditRequest& request);
EditRequest request_from_json(std::string_view json);

// The options of a request from a JSON object's text, `{"on-unknown": "apply"}`: numbers and booleans become
// their text. Empty text is no options. Throws Error(invalid_argument).
std::map<std::string, std::string> options_from_json(std::string_view json);

// "match" or "W:H" with 1..100 each; "auto", "keep", "look", "raw"; "changes", "selection".
// Reading throws Error(invalid_argument) with what is possible.
AspectRatio aspect_ratio_from_text(std::string_view text);
std::string to_text(AspectRatio ratio);
FidelityMode fidelity_from_text(std::string_view text);
std::string_view to_text(FidelityMode mode);
Extent extent_from_text(std::string_view text);
std::string_view to_text(Extent extent);

// A random seed within [0, max].
std::uint64_t draw_seed(std::uint64_t max);

} // namespace kontext
