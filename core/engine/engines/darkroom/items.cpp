#include "core/engine/engines/darkroom/items.h"

#include <algorithm>
#include <unordered_map>

namespace kontext::darkroom {
namespace {

// Garbage must not cost time: after so many different words without a meaning, no more are corrected.
constexpr std::size_t corrections_max = 24;

std::vector<Token> with_slips_corrected(std::vector<Token> tokens) {
    std::unordered_map<std::string, std::string_view> corrected;
    for (Token& token : tokens) {
        if (token.kind != TokenKind::word || find_phrase(token.text) != nullptr) {
            continue;
        }
        auto found = corrected.find(token.text);
        if (found == corrected.end()) {
            if (corrected.size() >= corrections_max) {
                continue;
            }
            found = corrected.emplace(token.text, correct_spelling(token.text)).first;
        }
        if (!found->second.empty()) {
            token.text = found->second;
        }
    }
    return tokens;
}

bool is_article(const Token& token) {
    const Meaning* meaning = token.kind == TokenKind::word ? find_phrase(token.text) : nullptr;
    return meaning != nullptr && meaning->role == Role::article;
}

// The longest phrase that begins at token `first`, as an item, and the token after it.
struct Match {
    Item item;
    std::size_t next = 0;
};

Match match_phrase(const std::vector<Token>& tokens, std::size_t first) {
    Match best{{Item::Kind::unknown,
                {},
                tokens[first].text,
                0,
                false,
                NumberUnit::none,
                false,
                tokens[first].begin,
                tokens[first].end},
               first + 1};
    std::string phrase;
    int words = 0;
    for (std::size_t at = first; at < tokens.size() && words < phrase_words; ++at) {
        if (tokens[at].kind != TokenKind::word) {
            break;
        }
        if (at > first && is_article(tokens[at])) {
            continue;
        }
        phrase += (words++ == 0 ? "" : " ") + tokens[at].text;
        if (const Meaning* meaning = find_phrase(phrase)) {
            best.item.kind = Item::Kind::known;
            best.item.meaning = *meaning;
            best.item.text = phrase;
            best.item.end = tokens[at].end;
            best.next = at + 1;
        }
    }
    return best;
}

Item plain_item(const Token& token) {
    Item item;
    item.kind = token.kind == TokenKind::number ? Item::Kind::number : Item::Kind::clause_end;
    item.value = token.value;
    item.has_sign = token.has_sign;
    item.unit = token.unit;
    item.begin = token.begin;
    item.end = token.end;
    return item;
}

// "half a stop", "twenty percent", "30 points": words that complete a number become part of it.
std::vector<Item> with_units_joined(std::vector<Item> items) {
    std::vector<Item> joined;
    for (Item& item : items) {
        const bool after_number = !joined.empty() && joined.back().kind == Item::Kind::number;
        if (item.is(Role::number_word)) {
            item.kind = Item::Kind::number;
            item.value = item.meaning.value;
        } else if (item.is(Role::percent_word) || item.is(Role::ev_word)) {
            if (after_number) {
                joined.back().unit = item.is(Role::ev_word) ? NumberUnit::ev : NumberUnit::percent;
                joined.back().end = item.end;
                continue;
            }
            // "a stop brighter"
            const bool one = item.is(Role::ev_word) && item.after_article;
            item.kind = one ? Item::Kind::number : Item::Kind::known;
            item.unit = NumberUnit::ev;
            item.value = 1;
        }
        joined.push_back(std::move(item));
    }
    return joined;
}

} // namespace

bool Item::names_operation() const {
    if (kind != Kind::known) {
        return false;
    }
    switch (meaning.role) {
    case Role::effect:
    case Role::quality:
    case Role::change:
    case Role::blemish:
    case Role::tone:
    case Role::color: return true;
    case Role::direction:
    case Role::strength:
    case Role::number_word:
    case Role::percent_word:
    case Role::ev_word:
    case Role::negation:
    case Role::limit:
    case Role::excess:
    case Role::keep:
    case Role::join:
    case Role::choice:
    case Role::fill:
    case Role::article:
    case Role::add:
    case Role::remove:
    case Role::replace:
    case Role::region:
    case Role::geometry: return false;
    }
    return false;
}

std::vector<Item> read_items(std::string_view prompt) {
    const std::vector<Token> tokens = with_slips_corrected(tokenize(prompt));
    std::vector<Item> items;
    bool after_article = false;
    for (std::size_t at = 0; at < tokens.size();) {
        if (is_article(tokens[at])) {
            // "a touch" and "a bit" are phrases without their article; so it only has to be remembered
            after_article = true;
            ++at;
            continue;
        }
        Match match{plain_item(tokens[at]), at + 1};
        if (tokens[at].kind == TokenKind::word) {
            match = match_phrase(tokens, at);
        }
        match.item.after_article = after_article;
        after_article = false;
        items.push_back(std::move(match.item));
        at = match.next;
    }
    return with_units_joined(std::move(items));
}

} // namespace kontext::darkroom
