#include "core/fidelity/decide.h"

#include "core/fidelity/median.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace kontext {

namespace {

// Measured on simulated edits: what an edit of the whole leaves behind, and edits of parts do not.
constexpr double same_structure = 0.94; // median similarity from which the structure is the old one
constexpr double akin = 0.75;           // and from which it is at least a drawing of it
constexpr double few_agree = 0.26;      // share under which one tone map does not explain the picture, …
constexpr double uneven = 0.01;      // … where its light changed, too: a model's drift has less than this, …
constexpr double new_tone = 5;       // … and its tone, ΔE
constexpr double fewer_agree = 0.13; // share that even light and a change do not explain, …
constexpr double broad = 0.22;       // … though it is of this share of the canvas, …
constexpr double strong_tone = 8;    // … with such a tone, ΔE
constexpr double hardly_any_agree = 0.11;
constexpr double faded = 0.25;     // of the spread of colours, under which they were taken away
constexpr double everything = 0.9; // share of the canvas
constexpr double asked_tone = 2.5; // ΔE from which a tone that was asked for is there

// The start of a word is enough: warm, warmer, warmth.
constexpr auto tone_words = std::to_array<std::string_view>({"warm",
                                                             "cool",
                                                             "cold",
                                                             "bright",
                                                             "dark",
                                                             "light",
                                                             "exposure",
                                                             "contrast",
                                                             "satur",
                                                             "vibran",
                                                             "tone",
                                                             "tint",
                                                             "sepia",
                                                             "monochrom",
                                                             "grayscale",
                                                             "greyscale",
                                                             "black and white",
                                                             "black-and-white",
                                                             "b&w",
                                                             "sunset",
                                                             "sunrise",
                                                             "golden hour",
                                                             "night",
                                                             "dusk",
                                                             "dawn",
                                                             "evening",
                                                             "morning",
                                                             "moonlight",
                                                             "vintage",
                                                             "faded",
                                                             "film look",
                                                             "cinematic",
                                                             "moody",
                                                             "color grad",
                                                             "colour grad",
                                                             "white balance",
                                                             "style",
                                                             "painting",
                                                             "sketch",
                                                             "watercolo",
                                                             "season",
                                                             "winter",
                                                             "autumn"});

} // namespace

double typical_similarity(const Difference& difference, const ImageView& covered) {
    std::vector<float> similarities;
    const Size half = difference.similarity.size();
    for (int y = 0; y < half.height; ++y) {
        const int row = std::min(2 * y, covered.size.height - 1);
        const auto* similarity = difference.similarity.view().samples<float>(y);
        const auto* known = covered.samples<std::uint8_t>(row);
        for (int x = 0; x < half.width; ++x) {
            const int column = std::min(2 * x, covered.size.width - 1);
            if (known[column] != 0) {
                similarities.push_back(similarity[x]);
            }
        }
    }
    return median_of(std::move(similarities));
}

bool asks_for_tone(std::string_view prompt) {
    std::string text(" ");
    for (const char c : prompt) {
        text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return std::ranges::any_of(tone_words, [&](std::string_view word) {
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
            if (std::isalpha(static_cast<unsigned char>(text[at - 1])) == 0) {
                return true;
            }
        }
        return false;
    });
}

Decision decide(const Evidence& evidence, bool found_changes, std::string_view prompt) {
    // Of a picture of saturated colours a model's drift alone makes few agree, but its light stays even.
    const bool relit =
        evidence.agreement < few_agree && evidence.unevenness > uneven && evidence.tone_shift > new_tone;
    const bool recoloured =
        evidence.agreement < fewer_agree && evidence.changed > broad && evidence.tone_shift > strong_tone;
    const bool graded = evidence.similarity > same_structure &&
                        (relit || recoloured || evidence.agreement < hardly_any_agree);
    if (graded || evidence.color_kept < faded) {
        return Decision::grade;
    }
    if ((evidence.agreement < hardly_any_agree && evidence.similarity > akin) ||
        evidence.changed > everything) {
        return Decision::recreated;
    }
    if (evidence.tone_shift > asked_tone && asks_for_tone(prompt)) {
        return Decision::grade;
    }
    return found_changes ? Decision::local : Decision::unchanged;
}

FidelityMode choose_mode(FidelityMode wanted, Decision decision) {
    if (wanted != FidelityMode::automatic) {
        return wanted;
    }
    switch (decision) {
    case Decision::unchanged:
    case Decision::local: return FidelityMode::keep;
    case Decision::grade: return FidelityMode::look;
    case Decision::recreated:
    case Decision::unregistered: return FidelityMode::raw;
    }
    return FidelityMode::raw;
}

std::string_view to_text(Decision decision) {
    switch (decision) {
    case Decision::unchanged: return "none";
    case Decision::local: return "local";
    case Decision::grade: return "grade";
    case Decision::recreated: return "new";
    case Decision::unregistered: return "unregistered";
    }
    return {};
}

} // namespace kontext
