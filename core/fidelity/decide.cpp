#include "core/fidelity/decide.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace kontext {

namespace {

constexpr double few_agree = 0.2; // share under which no tone map explains most of the picture
constexpr double loud = 0.7;      // ΔE of the quietest decile over which nothing stayed as it was
constexpr double strong_tone = 12;
constexpr double same_structure = 0.85;
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

double quantile(std::vector<float> values, double share) {
    if (values.empty()) {
        return 0;
    }
    const auto at =
        values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

} // namespace

Evidence gather_evidence(const Difference& difference, const ImageView& covered) {
    std::vector<float> distances;
    std::vector<float> similarities;
    const Size half = difference.similarity.size();
    for (int y = 0; y < half.height; ++y) {
        const int row = std::min(2 * y, covered.size.height - 1);
        const auto* distance = difference.distance.view().samples<float>(row);
        const auto* similarity = difference.similarity.view().samples<float>(y);
        const auto* known = covered.samples<std::uint8_t>(row);
        for (int x = 0; x < half.width; ++x) {
            const int column = std::min(2 * x, covered.size.width - 1);
            if (known[column] != 0) {
                distances.push_back(distance[column]);
                similarities.push_back(similarity[x]);
            }
        }
    }
    return {.quiet = quantile(std::move(distances), 0.1),
            .similarity = quantile(std::move(similarities), 0.5)};
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
    const bool all_over =
        evidence.agreement < few_agree && (evidence.quiet > loud || evidence.tone_shift > strong_tone);
    if (all_over) {
        return evidence.similarity > same_structure ? Decision::grade : Decision::recreated;
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
