#include "core/engine/engines/darkroom/tokens.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace kontext::darkroom {
namespace {

// One character of the prompt after folding: plain ASCII where there is a plain counterpart.
struct Letter {
    char32_t code = U' ';
    std::size_t begin = 0;
    std::size_t end = 0;
};

struct Decoded {
    char32_t code = U' ';
    std::size_t length = 1;
};

bool continues(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

// Broken sequences become a space, one byte at a time.
Decoded decode(std::string_view text, std::size_t at) {
    const std::size_t length = character_length(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    if (length <= 1) {
        return length == 0 ? Decoded{} : Decoded{first, 1};
    }
    char32_t code = first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        code = code << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    return {code, length};
}

constexpr std::u32string_view dashes = U"\u2010\u2011\u2012\u2013\u2212\uFE63\u207B\u02D7";
constexpr std::u32string_view quotes = U"\u2018\u2019\u201C\u201D\u00AB\u00BB\u2032\u2033\u00B4`\"";
constexpr std::u32string_view stops = U"\u2014\u2015\u2022\u00B7\u3001\u3002\u2028\u2029\u00B6\u2026";
constexpr std::array latin_folds{
    std::pair{U'e', std::u32string_view(U"èéêëÈÉÊË")}, std::pair{U'a', std::u32string_view(U"àáâãäåÀÁÂÃÄÅ")},
    std::pair{U'i', std::u32string_view(U"ìíîïÌÍÎÏ")}, std::pair{U'o', std::u32string_view(U"òóôõöÒÓÔÕÖ")},
    std::pair{U'u', std::u32string_view(U"ùúûüÙÚÛÜ")}, std::pair{U'c', std::u32string_view(U"çÇ")},
    std::pair{U'n', std::u32string_view(U"ñÑ")}};

char32_t fold(char32_t code) {
    if (code >= 0xFF01 && code <= 0xFF5E) {
        code -= 0xFEE0; // full width
    }
    if (code >= U'A' && code <= U'Z') {
        return code + (U'a' - U'A');
    }
    if (code < 0x80) {
        return code == U'`' || code == U'"' ? U'\'' : code;
    }
    if (dashes.find(code) != std::u32string_view::npos) {
        return U'-';
    }
    if (quotes.find(code) != std::u32string_view::npos) {
        return U'\'';
    }
    if (stops.find(code) != std::u32string_view::npos) {
        return U';';
    }
    if (code == U'\u066A' || code == U'\u2052') {
        return U'%';
    }
    for (const auto& [plain, forms] : latin_folds) {
        if (forms.find(code) != std::u32string_view::npos) {
            return plain;
        }
    }
    const bool space = code == 0xA0 || (code >= 0x2000 && code <= 0x200F) || code == 0x202F ||
                       code == 0x3000 || code == 0xFEFF || (code >= 0x80 && code < 0xA0);
    return space ? U' ' : code;
}

std::vector<Letter> letters_of(std::string_view prompt) {
    std::vector<Letter> letters;
    letters.reserve(prompt.size());
    for (std::size_t at = 0; at < prompt.size();) {
        const Decoded decoded = decode(prompt, at);
        letters.push_back({fold(decoded.code), at, at + decoded.length});
        at += decoded.length;
    }
    return letters;
}

bool is_digit(char32_t code) {
    return code >= U'0' && code <= U'9';
}
bool is_letter(char32_t code) {
    return (code >= U'a' && code <= U'z') || code >= 0xC0;
}

std::optional<double> fraction_of(char32_t code) {
    switch (code) {
    case U'½': return 0.5;
    case U'¼': return 0.25;
    case U'¾': return 0.75;
    case U'⅓': return 1.0 / 3;
    case U'⅔': return 2.0 / 3;
    default: return {};
    }
}

// One spelling for each word: the tables know the American one.
std::string american(std::string word) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> endings{{{"colour", "color"},
                                                                                    {"grey", "gray"},
                                                                                    {"isation", "ization"},
                                                                                    {"ise", "ize"},
                                                                                    {"ised", "ized"},
                                                                                    {"ising", "izing"}}};
    for (const auto& [british, plain] : endings) {
        if (british.starts_with("is") ? word.ends_with(british) && word.size() > british.size() + 4
                                      : word.find(british) != std::string::npos) {
            word.replace(word.rfind(british), british.size(), plain);
        }
    }
    return word;
}

class Cutter {
public:
    explicit Cutter(std::string_view prompt) : prompt_(prompt), letters_(letters_of(prompt)) {}

    std::vector<Token> cut() {
        while (at_ < letters_.size()) {
            cut_one();
        }
        return std::move(tokens_);
    }

private:
    char32_t peek(std::size_t ahead = 0) const {
        return at_ + ahead < letters_.size() ? letters_[at_ + ahead].code : U'\0';
    }
    bool after_word() const {
        return at_ > 0 && (is_letter(letters_[at_ - 1].code) || is_digit(letters_[at_ - 1].code));
    }

    void cut_one() {
        const char32_t code = peek();
        if (is_digit(code) || fraction_of(code) || (code == U'.' && is_digit(peek(1)))) {
            cut_number(0);
        } else if ((code == U'+' || code == U'-') && starts_number(1) && !(code == U'-' && after_word())) {
            const double sign = code == U'-' ? -1 : 1;
            ++at_;
            cut_number(sign);
        } else if (is_letter(code)) {
            cut_word();
        } else {
            cut_mark(code);
        }
    }

    bool starts_number(std::size_t ahead) const {
        while (peek(ahead) == U' ') {
            ++ahead;
        }
        return is_digit(peek(ahead)) || fraction_of(peek(ahead)) ||
               (peek(ahead) == U'.' && is_digit(peek(ahead + 1)));
    }

    void cut_mark(char32_t code) {
        const std::size_t begin = letters_[at_].begin;
        ++at_;
        if (code == U'&' || code == U'+') {
            add_word("and", begin);
        } else if (code == U'\n' || code == U',' || code == U';' || code == U'.' || code == U'!' ||
                   code == U'?') {
            Token token;
            token.kind = TokenKind::clause_end;
            token.begin = begin;
            token.end = letters_[at_ - 1].end;
            tokens_.push_back(std::move(token));
        }
    }

    void add_word(std::string text, std::size_t begin) {
        Token token;
        token.text = std::move(text);
        token.begin = begin;
        token.end = letters_[at_ - 1].end;
        tokens_.push_back(std::move(token));
    }

    void cut_word() {
        const std::size_t begin = letters_[at_].begin;
        std::string word;
        while (is_letter(peek()) || (peek() == U'\'' && is_letter(peek(1)))) {
            if (peek() != U'\'') {
                append(word, letters_[at_]);
            }
            ++at_;
        }
        // "b&w", "b/w": the one abbreviation with a mark inside
        if (word == "b" && (peek() == U'&' || peek() == U'/' || peek() == U'+') && peek(1) == U'w' &&
            !is_letter(peek(2))) {
            at_ += 2;
            word = "bw";
        }
        add_word(american(std::move(word)), begin);
    }

    void append(std::string& word, const Letter& letter) const {
        if (letter.code < 0x80) {
            word.push_back(static_cast<char>(letter.code));
        } else {
            word.append(prompt_.substr(letter.begin, letter.end - letter.begin));
        }
    }

    void cut_number(double sign) {
        while (peek() == U' ') {
            ++at_;
        }
        Token token;
        token.kind = TokenKind::number;
        token.begin = letters_[at_].begin;
        token.has_sign = sign != 0;
        token.value = (sign < 0 ? -1 : 1) * read_value();
        token.unit = read_unit();
        token.end = letters_[at_ - 1].end;
        tokens_.push_back(std::move(token));
    }

    double read_value() {
        if (const auto fraction = fraction_of(peek())) {
            ++at_;
            return *fraction;
        }
        std::string digits;
        while (is_digit(peek()) || ((peek() == U'.' || peek() == U',') && is_digit(peek(1)) &&
                                    digits.find('.') == std::string::npos)) {
            digits.push_back(is_digit(peek()) ? static_cast<char>(peek()) : '.');
            ++at_;
        }
        double value = 1e6;       // also for absurdly long ones
        if (digits.size() < 12) { // from_chars: a locale's decimal comma does not matter to it
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        }
        if (peek() == U'/' && is_digit(peek(1)) && peek(1) != U'0') {
            value /= static_cast<double>(peek(1) - U'0');
            at_ += 2;
        } else if (const auto fraction = fraction_of(peek())) {
            value += *fraction;
            ++at_;
        }
        return value;
    }

    NumberUnit read_unit() {
        std::size_t ahead = 0;
        while (peek(ahead) == U' ') {
            ++ahead;
        }
        if (peek(ahead) == U'%') {
            at_ += ahead + 1;
            return NumberUnit::percent;
        }
        if (peek(ahead) == U'e' && peek(ahead + 1) == U'v' && !is_letter(peek(ahead + 2))) {
            at_ += ahead + 2;
            return NumberUnit::ev;
        }
        return NumberUnit::none;
    }

    std::string_view prompt_;
    std::vector<Letter> letters_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

} // namespace

std::size_t character_length(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    const auto second = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
    // longer forms than needed, halves of UTF-16 pairs, and what lies beyond Unicode
    const bool wrong = first < 0xC2 || first > 0xF4 || (first == 0xE0 && second < 0xA0) ||
                       (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
                       (first == 0xF4 && second > 0x8F);
    if (wrong) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text, at + i)) {
            return 0;
        }
    }
    return length;
}

std::vector<Token> tokenize(std::string_view prompt) {
    return Cutter(prompt).cut();
}

} // namespace kontext::darkroom
