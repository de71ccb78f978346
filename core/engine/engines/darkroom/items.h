#pragma once

#include "core/engine/engines/darkroom/tokens.h"
#include "core/engine/engines/darkroom/vocabulary.h"

#include <string>
#include <string_view>
#include <vector>

namespace kontext::darkroom {

// A prompt's phrase with what it means.
struct Item {
    enum class Kind { known, number, unknown, clause_end };
    Kind kind = Kind::known;
    Meaning meaning;
    std::string text; // as the vocabulary spells it, or as it came if unknown
    double value = 0; // of a number
    bool has_sign = false;
    NumberUnit unit = NumberUnit::none;
    bool after_article = false; // "the …"
    std::size_t begin = 0;      // bytes of the prompt
    std::size_t end = 0;

    bool is(Role role) const { return kind == Kind::known && meaning.role == role; }
    bool names_operation() const;
};

// The prompt as phrases of the vocabulary, longest first, articles dropped, small slips corrected.
std::vector<Item> read_items(std::string_view prompt);

} // namespace kontext::darkroom
