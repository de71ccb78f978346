#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kontext::darkroom {

enum class TokenKind {
    word,
    number,
    clause_end, // comma, full stop, semicolon, new line …
};

enum class NumberUnit { none, percent, ev };

struct Token {
    TokenKind kind = TokenKind::word;
    std::string text; // a word in lower case, spelled the American way, without apostrophes
    double value = 0; // of a number, sign included
    bool has_sign = false;
    NumberUnit unit = NumberUnit::none;
    std::size_t begin = 0; // bytes of the prompt that it came from
    std::size_t end = 0;
};

// The bytes of the UTF-8 character that begins at `at`; 0 where there is none but a broken byte.
std::size_t character_length(std::string_view text, std::size_t at);

// Cuts a prompt into words, numbers and clause ends. Takes any bytes: what is not UTF-8 separates words.
// Typographic minus, percent, quotes, fractions and full-width letters count as the plain ones.
std::vector<Token> tokenize(std::string_view prompt);

} // namespace kontext::darkroom
