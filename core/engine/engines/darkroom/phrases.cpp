// Looking words up: exactly, and with a slip of the finger forgiven.
#include "core/engine/engines/darkroom/vocabulary.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace kontext::darkroom {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

struct Word {
    std::string_view text;
    bool names_operation = false;
};

struct Lexicon {
    std::unordered_map<std::string_view, const Meaning*> phrases;
    std::unordered_map<std::string_view, bool> words; // every word of every phrase; whether an operation's
    std::vector<Word> by_letter;
    std::unordered_set<std::string_view> ordinary;
};

void add_rows(Lexicon& lexicon, std::span<const VocabularyRow> rows, bool operations) {
    for (const VocabularyRow& row : rows) {
        for (const std::string_view phrase : split(row.phrases, '|')) {
            lexicon.phrases.emplace(phrase, &row.meaning);
            for (const std::string_view word : split(phrase, ' ')) {
                lexicon.words[word] |= operations;
            }
        }
    }
}

const Lexicon& lexicon() {
    static const Lexicon built = [] {
        Lexicon made;
        add_rows(made, operation_words(), true);
        add_rows(made, grammar_words(), false);
        for (const auto& [text, names_operation] : made.words) {
            made.by_letter.push_back({text, names_operation});
        }
        std::ranges::sort(made.by_letter, {}, &Word::text);
        for (const std::string_view word : split(ordinary_words(), ' ')) {
            made.ordinary.insert(word);
        }
        return made;
    }();
    return built;
}

constexpr std::size_t longest_word = 20;

// Insertions, deletions, substitutions and swaps of neighbours; `limit` + 1 once it must be more.
int slips(std::string_view a, std::string_view b, int limit) {
    if (std::abs(static_cast<int>(a.size()) - static_cast<int>(b.size())) > limit ||
        a.size() > longest_word || b.size() > longest_word) {
        return limit + 1;
    }
    std::array<std::array<int, longest_word + 1>, 3> rows{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        rows[0][j] = static_cast<int>(j);
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto& now = rows[i % 3];
        const auto& before = rows[(i + 2) % 3];
        const auto& before_that = rows[(i + 1) % 3];
        now[0] = static_cast<int>(i);
        int least = now[0];
        for (std::size_t j = 1; j <= b.size(); ++j) {
            now[j] =
                std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = std::min(now[j], before_that[j - 2] + 1);
            }
            least = std::min(least, now[j]);
        }
        if (least > limit) {
            return limit + 1;
        }
    }
    return rows[a.size() % 3][b.size()];
}

} // namespace

const Meaning* find_phrase(std::string_view phrase) {
    const auto found = lexicon().phrases.find(phrase);
    return found == lexicon().phrases.end() ? nullptr : found->second;
}

std::string_view correct_spelling(std::string_view word) {
    const Lexicon& known = lexicon();
    if (word.size() < 5 || known.words.contains(word) || known.ordinary.contains(word)) {
        return {};
    }
    const int allowed = word.size() >= 8 ? 2 : 1;
    int best = allowed + 1;
    std::string_view meant;
    bool names_operation = false;
    for (const Word& candidate : known.by_letter) {
        // The first letter is hardly ever the wrong one, except swapped with the second.
        const std::string_view text = candidate.text;
        if (text.size() < 5 || (text[0] != word[0] && (text[0] != word[1] || text[1] != word[0]))) {
            continue;
        }
        const int distance = slips(word, text, allowed);
        const bool better =
            distance < best || (distance == best && candidate.names_operation && !names_operation);
        if (distance <= allowed && better) {
            best = distance;
            meant = text;
            names_operation = candidate.names_operation;
        }
    }
    return meant;
}

std::string_view nearest_word(std::string_view word) {
    const int allowed = word.size() >= 7 ? 2 : word.size() >= 4 ? 1 : 0;
    int best = allowed + 1;
    std::string_view nearest;
    for (const Word& candidate : lexicon().by_letter) {
        if (!candidate.names_operation || candidate.text.size() < 4 || word.empty() ||
            candidate.text[0] != word[0]) {
            continue;
        }
        const Meaning* meaning = find_phrase(candidate.text);
        const bool operation =
            meaning != nullptr && (meaning->role == Role::effect || meaning->role == Role::quality ||
                                   meaning->role == Role::change || meaning->role == Role::blemish);
        const int distance = operation ? slips(word, candidate.text, allowed) : allowed + 1;
        if (distance < best && distance <= allowed) {
            best = distance;
            nearest = candidate.text;
        }
    }
    return nearest;
}

} // namespace kontext::darkroom
