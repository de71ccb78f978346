#pragma once

#include "core/engine/engines/darkroom/adjustment.h"

#include <span>
#include <string>
#include <string_view>

namespace kontext::darkroom {

// What a word or phrase of the language does in a sentence.
enum class Role {
    // names of operations
    effect,  // a thing to put in: vignette, grain, sepia
    quality, // something there is more or less of: contrast, shadows
    change,  // the change itself: warmer, sharpen, too dark
    blemish, // something to get rid of: noise, haze
    tone,    // colours, tones, light: an operation alone, a filler beside another one
    color,   // a named colour; makes sense beside some operations
    // what is said about an operation
    direction,
    strength,
    number_word,
    percent_word,
    ev_word,
    negation,
    limit,  // not too
    excess, // too
    keep,   // keep, preserve: as if told not to touch it
    // between
    join,   // and, with, then
    choice, // or, nor
    fill,   // please, make, the picture
    article,
    // what the darkroom cannot do
    add,
    remove,
    replace,
    region,
    geometry,
};

// Which way a quality goes; two verbs depend on what they are said of.
enum class Direction { none, up, down, recover, deepen };

struct Meaning {
    Role role = Role::fill;
    Operation operation = Operation::exposure;
    double value = 1; // sign of a change; factor of a strength; a number's value; share of the usual amount
    Hue hue = Hue::none;
    Hue second = Hue::none;
    Direction direction = Direction::none;
};

// One row of the language: phrases of one meaning, parted by "|", of at most phrase_words words each,
// in the tokenizer's spelling and without articles.
struct VocabularyRow {
    std::string_view phrases;
    Meaning meaning;
};

inline constexpr int phrase_words = 4;

std::span<const VocabularyRow> operation_words(); // vocabulary.cpp
std::span<const VocabularyRow> grammar_words();   // grammar.cpp

// Ordinary English words that are one slip away from a word of the vocabulary: never taken for a typo.
std::string_view ordinary_words(); // ordinary_words.cpp; parted by spaces

// The meaning of a phrase exactly as spelled; nullptr when there is none.
const Meaning* find_phrase(std::string_view phrase);

// The word of the vocabulary that a misspelled one was meant to be; empty when it is not near enough
// to one, near to several, or an ordinary word.
std::string_view correct_spelling(std::string_view word);

// The nearest word that names an operation, for "did you mean"; looser than correct_spelling. May be empty.
std::string_view nearest_word(std::string_view word);

} // namespace kontext::darkroom
