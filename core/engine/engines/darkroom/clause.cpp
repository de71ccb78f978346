#include "core/engine/engines/darkroom/clause.h"

#include <utility>

namespace kontext::darkroom {
namespace {

bool is_zone(const Item& item) {
    if (!item.is(Role::quality)) {
        return false;
    }
    const Operation operation = item.meaning.operation;
    return operation == Operation::highlights || operation == Operation::shadows ||
           operation == Operation::whites || operation == Operation::blacks ||
           operation == Operation::midtones;
}

bool takes_colors(const Item& item) {
    return item.is(Role::effect) &&
           (item.meaning.operation == Operation::duotone || item.meaning.operation == Operation::split_tone);
}

void merge(Said& into, const Said& more) {
    if (more.direction != Direction::none) {
        into.direction = more.direction;
    }
    if (more.number) {
        into.number = more.number;
    }
    if (more.strength != 0) {
        into.strength = more.strength * (into.strength == 0 ? 1 : into.strength);
    }
    into.negated |= more.negated;
    into.limited |= more.limited;
    into.excessive |= more.excessive;
    into.kept |= more.kept;
}

Said said_by(const Item& item) {
    Said said;
    if (item.kind == Item::Kind::number) {
        said.number = item;
    } else if (item.is(Role::direction)) {
        said.direction = item.meaning.direction;
    } else if (item.is(Role::strength)) {
        said.strength = item.meaning.value;
    } else if (item.is(Role::negation)) {
        said.negated = true;
    } else if (item.is(Role::limit)) {
        said.limited = true;
    } else if (item.is(Role::excess)) {
        said.excessive = true;
    } else if (item.is(Role::keep)) {
        said.kept = true;
    } else if (item.is(Role::add)) {
        said.direction = Direction::up;
    } else if (item.is(Role::remove)) {
        said.direction = Direction::down;
    }
    return said;
}

// Reads one clause from left to right. What is said waits in `pending_` for the operation that it belongs to.
class Reader {
public:
    Reader(const std::vector<Item>& items, const Clause& clause, const ReadClause& before)
        : items_(items), clause_(clause), before_(before) {}

    ReadClause read() {
        for (at_ = 0; at_ < items_.size(); ++at_) {
            const Item& item = items_[at_];
            if (item.names_operation()) {
                read_operation(item);
            } else if (item.kind == Item::Kind::unknown) {
                result_.unknown.push_back(item);
            } else if (const Said said = said_by(item); said.anything()) {
                note(item);
                attach(item, said);
            } else {
                note(item);
            }
        }
        if (result_.drafts.empty()) {
            result_.loose = pending_;
        } else {
            merge_into_last(pending_);
        }
        return std::move(result_);
    }

private:
    void note(const Item& item) {
        if (item.is(Role::add) || item.is(Role::remove) || item.is(Role::replace)) {
            result_.content = item;
        } else if (item.is(Role::region)) {
            result_.regions.push_back(item);
        } else if (item.is(Role::geometry)) {
            result_.geometry = item;
        }
    }

    const Item* next_operation() const {
        for (std::size_t i = at_ + 1; i < items_.size(); ++i) {
            if (items_[i].names_operation()) {
                return &items_[i];
            }
        }
        return nullptr;
    }

    bool other_operation() const {
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (i != at_ && items_[i].names_operation() && !items_[i].is(Role::tone) &&
                items_[i].meaning.operation != Operation::auto_tone) {
                return true;
            }
        }
        return false;
    }

    void merge_into_last(const Said& said) {
        if (said.anything()) {
            merge(result_.drafts.back().said, said);
        }
    }

    // Behind its operation ("contrast up", "vignette 30 %", "sharpen slightly") or before it ("more
    // contrast")?
    void attach(const Item& item, const Said& said) {
        const bool has_last = !result_.drafts.empty();
        const bool has_next = next_operation() != nullptr;
        bool backward = has_last && !has_next;
        if (has_last && has_next && !pending_.anything()) {
            const Draft& last = result_.drafts.back();
            const bool particle = item.is(Role::direction) && (item.text == "up" || item.text == "down" ||
                                                               item.text == "higher" || item.text == "back");
            const bool number_behind = item.kind == Item::Kind::number && !last.said.number &&
                                       !(items_.size() > at_ + 1 && items_[at_ + 1].is(Role::direction));
            backward = number_behind || (particle && last.said.direction == Direction::none);
        }
        if (!backward) {
            merge(pending_, said);
            return;
        }
        // "cool down", "darken it up": the change tells its own way
        const bool idle = item.is(Role::direction) && result_.drafts.back().item.is(Role::change);
        if (!idle) {
            merge_into_last(said);
        }
    }

    void read_operation(const Item& item) {
        const Item* next = next_operation();
        if (item.is(Role::color)) {
            read_color(item, next);
        } else if (item.is(Role::tone)) {
            read_tone(item, next);
        } else if (item.meaning.operation == Operation::soft_focus && item.is(Role::change) &&
                   next != nullptr && !next->is(Role::tone)) {
            read_soft(*next);
        } else if (next != nullptr && is_zone(*next) && item.is(Role::change) &&
                   (item.meaning.operation == Operation::brightness)) {
            pending_.direction = (item.meaning.value < 0) == (pending_.direction == Direction::down)
                                     ? Direction::up
                                     : Direction::down;
        } else if (next != nullptr && is_zone(*next) && item.meaning.operation == Operation::temperature &&
                   item.is(Role::change)) {
            zone_hue_ = item.meaning.value < 0 ? Hue::blue : Hue::orange;
        } else if (item.meaning.operation == Operation::auto_tone && next != nullptr &&
                   (next->is(Role::quality) || next->is(Role::tone))) {
            pending_.direction = Direction::recover; // "improve the shadows"
        } else if (is_zone(item) && zone_hue_ != Hue::none) {
            add_zone_tint(item);
        } else {
            add(item);
        }
    }

    // "soft vignette", "softer contrast", "soften the highlights"
    void read_soft(const Item& next) {
        if (!next.is(Role::quality)) {
            merge(pending_, Said{Direction::none, {}, 0.6, false, false, false, false});
        } else {
            pending_.direction = is_zone(next) ? Direction::recover : Direction::down;
        }
    }

    void read_tone(const Item& item, const Item* next) {
        if (next != nullptr && item.meaning.operation == Operation::brightness &&
            (next->is(Role::effect) || next->is(Role::change) ||
             next->meaning.operation == Operation::grain)) {
            merge(pending_,
                  Said{Direction::none, {}, 0.6, false, false, false, false}); // "a light sharpening"
        } else if (!other_operation()) {
            if (pending_.anything() || next_says_something()) {
                add(item);
            } else {
                result_.unknown.push_back(item); // "change the colours": to what?
            }
        }
    }

    bool next_says_something() const {
        return at_ + 1 < items_.size() && said_by(items_[at_ + 1]).anything();
    }

    void read_color(const Item& item, const Item* next) {
        if (next != nullptr && is_zone(*next)) {
            zone_hue_ = item.meaning.hue;
            return;
        }
        Draft* last = result_.drafts.empty() ? nullptr : &result_.drafts.back();
        if (last != nullptr && takes_colors(last->item)) {
            give_color(last->item.meaning, item.meaning.hue);
        } else if (next != nullptr && (next->is(Role::color) || takes_colors(*next))) {
            waiting_.push_back(item.meaning.hue);
        } else if (!waiting_.empty()) {
            // "blue and orange duotone" has ended without its duotone: a plain pair of colours is a split
            // tone
            Item pair = item;
            pair.meaning = {Role::effect, Operation::split_tone, 1, waiting_.front(), item.meaning.hue};
            waiting_.clear();
            add(pair);
        } else {
            Item tint = item;
            tint.meaning = {Role::change, Operation::color_tint, 1, item.meaning.hue};
            add(tint);
        }
    }

    void give_color(Meaning& meaning, Hue hue) {
        (colors_given_++ % 2 == 0 ? meaning.hue : meaning.second) = hue;
    }

    void add_zone_tint(const Item& zone) {
        Item tint = zone;
        const bool bright =
            zone.meaning.operation == Operation::highlights || zone.meaning.operation == Operation::whites;
        tint.meaning = {Role::effect, Operation::split_tone, 1, bright ? Hue::none : zone_hue_,
                        bright ? zone_hue_ : Hue::none};
        zone_hue_ = Hue::none;
        add(tint);
    }

    void add(Item item) {
        if (takes_colors(item)) {
            for (const Hue hue : waiting_) {
                give_color(item.meaning, hue);
            }
            waiting_.clear();
        }
        const bool first = result_.drafts.empty();
        if (first && !before_.drafts.empty() && !pending_.anything()) {
            inherit(item);
        }
        result_.drafts.push_back({std::move(item), std::exchange(pending_, {})});
    }

    // "more contrast and saturation", "no grain or vignette", "slightly warmer and brighter"
    void inherit(const Item& item) {
        const Draft& last = before_.drafts.back();
        const bool linked = clause_.joint == Joint::conjunction || clause_.joint == Joint::choice;
        const bool same_kind = item.meaning.role == last.item.meaning.role;
        const bool things = !item.is(Role::change) && !item.is(Role::color) && !last.item.is(Role::change);
        if (linked && last.said.negated && (same_kind || clause_.joint == Joint::choice)) {
            pending_.negated = true;
        } else if (linked && same_kind && !item.is(Role::effect) && !last.said.negated) {
            if (!says_behind()) {
                pending_ = last.said;
            } else if (item.is(Role::quality)) {
                pending_.direction = last.said.direction; // "reduce contrast and saturation by 20"
            }
        } else if (clause_.joint == Joint::stop && things && item.is(Role::quality) &&
                   last.item.is(Role::quality) && !says_behind()) {
            pending_.direction = last.said.direction;
        }
    }

    bool says_behind() const {
        for (std::size_t i = at_ + 1; i < items_.size(); ++i) {
            if (said_by(items_[i]).anything()) {
                return true;
            }
        }
        return false;
    }

    const std::vector<Item>& items_;
    const Clause& clause_;
    const ReadClause& before_;
    std::size_t at_ = 0;
    ReadClause result_;
    Said pending_;
    Hue zone_hue_ = Hue::none;
    std::vector<Hue> waiting_; // colours whose effect is still to come
    int colors_given_ = 0;
};

Joint joint_of(std::string_view word) {
    if (word == "and" || word == "as well as") {
        return Joint::conjunction;
    }
    return word == "with" ? Joint::with : Joint::stop;
}

bool joins_colors(const std::vector<Item>& items, std::size_t at, bool colors_wanted) {
    if (at + 1 >= items.size() || !items[at + 1].is(Role::color)) {
        return false;
    }
    const bool after_color = at > 0 && items[at - 1].is(Role::color);
    return colors_wanted || after_color;
}

} // namespace

bool Said::anything() const {
    return direction != Direction::none || number.has_value() || strength != 0 || negated || limited ||
           excessive || kept;
}

std::vector<Clause> split_clauses(std::vector<Item> items) {
    std::vector<Clause> clauses(1);
    bool colors_wanted = false;
    const auto open = [&](Joint joint) {
        if (!clauses.back().items.empty()) {
            clauses.emplace_back();
            clauses.back().joint = joint;
        } else if (clauses.back().joint == Joint::stop || clauses.size() == 1) {
            clauses.back().joint = clauses.size() == 1 ? Joint::start : joint; // ", and"
        }
    };
    for (std::size_t i = 0; i < items.size(); ++i) {
        const bool is_join = items[i].is(Role::join);
        if ((is_join || items[i].is(Role::choice)) && joins_colors(items, i, colors_wanted)) {
            continue;
        }
        if (items[i].kind == Item::Kind::clause_end) {
            open(Joint::stop);
            colors_wanted = false;
        } else if (is_join) {
            open(joint_of(items[i].text));
        } else if (items[i].is(Role::choice)) {
            open(Joint::choice);
        } else {
            colors_wanted |= takes_colors(items[i]);
            clauses.back().items.push_back(std::move(items[i]));
        }
    }
    if (clauses.back().items.empty()) {
        clauses.pop_back();
    }
    return clauses;
}

ReadClause read_clause(const Clause& clause, const ReadClause& before) {
    return Reader(clause.items, clause, before).read();
}

} // namespace kontext::darkroom
