#pragma once

#include "core/engine/engines/darkroom/items.h"

#include <optional>
#include <span>
#include <vector>

namespace kontext::darkroom {

// What is said about an operation.
struct Said {
    Direction direction = Direction::none;
    std::optional<Item> number;
    double strength = 0; // factor; 0: nothing said
    bool negated = false;
    bool limited = false;   // not too
    bool excessive = false; // too
    bool kept = false;      // keep, preserve

    bool anything() const;
};

// An operation with what is said about it.
struct Draft {
    Item item;
    Said said;
};

enum class Joint { start, stop, conjunction, choice, with }; // how a clause follows the one before

struct Clause {
    Joint joint = Joint::start;
    std::vector<Item> items;
};

struct ReadClause {
    std::vector<Draft> drafts;
    Said loose;                   // said in a clause without an operation
    std::vector<Item> unknown;    // words without a meaning
    std::vector<Item> regions;    // parts of a picture
    std::optional<Item> content;  // add, remove, replace
    std::optional<Item> geometry; // crop, rotate …
};

std::vector<Clause> split_clauses(std::vector<Item> items);

// Puts operations and what is said about them together. `before`: what was said about the clause before.
ReadClause read_clause(const Clause& clause, const ReadClause& before);

} // namespace kontext::darkroom
