#include "core/engine/engines/darkroom/understand.h"

#include "core/engine/engines/darkroom/operations.h"
#include "core/engine/engines/darkroom/resolve.h"
#include "core/engine/engines/darkroom/tokens.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kontext::darkroom {
namespace {

constexpr std::size_t quote_max = 60; // bytes

// A part of the prompt, made fit to stand in a sentence: one line, no broken characters, not long.
std::string quote_of(std::string_view prompt, std::size_t begin, std::size_t end) {
    std::string quote;
    bool cut = false;
    for (std::size_t at = begin; at < std::min(end, prompt.size());) {
        const std::size_t length = character_length(prompt, at);
        if (quote.size() >= quote_max) {
            cut = true;
            break;
        }
        const auto byte = static_cast<unsigned char>(prompt[at]);
        const bool printable = length > 0 && byte > ' ' && byte != 0x7F;
        if (printable) {
            quote.append(prompt.substr(at, length));
        } else if (!quote.empty() && quote.back() != ' ') {
            quote.push_back(' ');
        }
        at += std::max(length, std::size_t{1});
    }
    while (!quote.empty() && quote.back() == ' ') {
        quote.pop_back();
    }
    return cut ? quote + "…" : quote;
}

std::string in_quotes(const std::string& text) {
    return "“" + text + "”";
}

std::string quote_of(std::string_view prompt, const Item& item) {
    return quote_of(prompt, item.begin, item.end);
}

// What comes after "add": "a beach".
std::string object_of(std::string_view prompt, const Clause& clause, const Item& verb) {
    const std::size_t end = clause.items.back().end;
    std::size_t begin = verb.end;
    while (begin < end && (prompt[begin] == ' ' || prompt[begin] == '\t')) {
        ++begin;
    }
    return begin < end ? quote_of(prompt, begin, end) : quote_of(prompt, clause.items.front().begin, end);
}

std::string content_sentence(std::string_view prompt, const Clause& clause, const Item& verb) {
    const std::string_view what = verb.is(Role::add) ? "add" : verb.is(Role::remove) ? "remove" : "replace";
    return "The darkroom cannot " + std::string(what) + " things; for " +
           in_quotes(object_of(prompt, clause, verb)) +
           " choose an engine that paints, such as FLUX Kontext.";
}

std::string local_sentence(std::string_view prompt, const ReadClause& read) {
    const Item& where = read.regions.empty() ? read.unknown.front() : read.regions.front();
    std::string sentence =
        "The darkroom works on the whole layer; select the " + quote_of(prompt, where) + " first";
    if (read.drafts.empty()) {
        return sentence + " and say what should change there, for example “brighter”.";
    }
    return sentence + " and ask for " + in_quotes(quote_of(prompt, read.drafts.front().item)) + ".";
}

std::string unknown_sentence(std::string_view prompt, const ReadClause& read) {
    std::string words;
    constexpr std::size_t shown = 3;
    for (std::size_t i = 0; i < std::min(read.unknown.size(), shown); ++i) {
        words += (i == 0 ? "" : ", ") + in_quotes(quote_of(prompt, read.unknown[i]));
    }
    if (read.unknown.size() > shown) {
        words += " and more";
    }
    if (const std::string_view near = nearest_word(read.unknown.front().text); !near.empty()) {
        return "The darkroom does not know " + words + "; did you mean " + in_quotes(std::string(near)) + "?";
    }
    return "The darkroom does not know " + words +
           "; it changes tone, colour and looks of the whole layer, for anything else choose an engine that "
           "paints, "
           "such as FLUX Kontext.";
}

// Why a clause as a whole cannot be done, if so.
std::optional<std::string> objection(std::string_view prompt, const Clause& clause, const ReadClause& read) {
    const bool strange = !read.unknown.empty() || !read.regions.empty();
    if (read.geometry) {
        return "The darkroom changes tone and colour, not size or shape; for " +
               in_quotes(quote_of(prompt, *read.geometry)) + " use the editor's own tools.";
    }
    const bool tone_alone = read.unknown.size() == 1 && read.unknown.front().kind == Item::Kind::known;
    if (tone_alone && read.regions.empty()) {
        return "Say what should happen to " + in_quotes(quote_of(prompt, read.unknown.front())) +
               ", for example “more vivid colours” or “warmer”.";
    }
    if (read.content && strange) {
        return content_sentence(prompt, clause, *read.content);
    }
    const bool named_part =
        !read.regions.empty() ||
        (!read.unknown.empty() && read.unknown.front().after_article && !read.drafts.empty());
    if (named_part) {
        return local_sentence(prompt, read);
    }
    if (!read.unknown.empty()) {
        return unknown_sentence(prompt, read);
    }
    if (read.content && read.drafts.empty()) {
        return content_sentence(prompt, clause, *read.content);
    }
    return std::nullopt;
}

// Collects what the clauses come to.
class Plan {
public:
    explicit Plan(std::string_view prompt) : prompt_(prompt) {}

    void take(const Clause& clause, const Draft& draft) {
        const Resolved resolved = resolve(draft);
        if (const auto* adjustment = std::get_if<Adjustment>(&resolved)) {
            add(clause, *adjustment);
        } else if (const auto* unwanted = std::get_if<Unwanted>(&resolved)) {
            unwanted_.push_back({*unwanted, &clause});
        } else if (const auto* restrained = std::get_if<Restrained>(&resolved)) {
            restrain(clause, *restrained);
        } else if (const auto* impossible = std::get_if<Impossible>(&resolved)) {
            object(clause, impossible->sentence);
        }
    }

    void object(const Clause& clause, std::string sentence) {
        result_.problems.push_back(
            {quote_of(prompt_, clause.items.front().begin, clause.items.back().end), std::move(sentence)});
    }

    // "but only slightly", "by 20 %": about what was said before.
    void qualify_last(const Clause& clause, const Said& said) {
        if (last_ == nullptr || result_.adjustments.empty()) {
            object(clause,
                   "Say what " +
                       in_quotes(quote_of(prompt_, clause.items.front().begin, clause.items.back().end)) +
                       " is about, for example “more contrast”.");
            return;
        }
        Draft again = *last_;
        if (said.number) {
            again.said.number = said.number;
        }
        if (said.strength != 0) {
            again.said.strength = said.strength;
        }
        if (said.limited) {
            again.said.strength = 0.5;
        }
        const Resolved resolved = resolve(again);
        if (const auto* adjustment = std::get_if<Adjustment>(&resolved)) {
            result_.adjustments.back() = *adjustment;
        }
    }

    void remember(const Draft& draft) { last_ = &draft; }

    Understanding finish() {
        for (const auto& [unwanted, clause] : unwanted_) {
            const bool wanted = find(unwanted.operation) != nullptr;
            if (wanted && unwanted.firm) {
                contradiction(*clause, info_of(unwanted.operation).name);
            }
        }
        if (result_.adjustments.empty() && result_.problems.empty()) {
            const std::string sentence =
                unwanted_.empty()
                    ? "Say what should change, for example “a bit warmer, lift the shadows, soft vignette”."
                    : "The prompt only says what not to do; add what should change, for example “warmer, no "
                      "vignette”.";
            result_.problems.push_back({quote_of(prompt_, 0, prompt_.size()), sentence});
        }
        return std::move(result_);
    }

private:
    struct Refused {
        Unwanted unwanted;
        const Clause* clause;
    };

    Adjustment* find(Operation operation) {
        const auto found = std::ranges::find(result_.adjustments, operation, &Adjustment::operation);
        return found == result_.adjustments.end() ? nullptr : &*found;
    }

    void contradiction(const Clause& clause, std::string_view name) {
        object(clause,
               "The prompt asks for “" + std::string(name) + "” and for its opposite; keep one of them.");
    }

    void add(const Clause& clause, const Adjustment& adjustment) {
        Adjustment* same = find(adjustment.operation);
        if (same == nullptr ||
            (adjustment.operation == Operation::color_tint && same->hue != adjustment.hue)) {
            result_.adjustments.push_back(adjustment);
            return;
        }
        const OperationInfo& info = info_of(adjustment.operation);
        if (same->amount * adjustment.amount < 0) {
            contradiction(clause, same->amount > 0 || info.opposite.empty() ? info.name : info.opposite);
            return;
        }
        const double sum = same->amount + adjustment.amount;
        const double larger =
            std::abs(same->amount) > std::abs(adjustment.amount) ? same->amount : adjustment.amount;
        same->amount = info.unit == Unit::percent ? larger : std::clamp(sum, info.least, info.most);
        same->hue = adjustment.hue == Hue::none ? same->hue : adjustment.hue;
        same->second = adjustment.second == Hue::none ? same->second : adjustment.second;
    }

    void restrain(const Clause& clause, const Restrained& restrained) {
        if (Adjustment* same = find(restrained.operation)) {
            const double step = info_of(restrained.operation).unit == Unit::ev ? 100 : 1;
            same->amount = std::round(same->amount / 2 * step) / step;
        } else {
            add(clause, restrained.instead);
        }
    }

    std::string_view prompt_;
    Understanding result_;
    std::vector<Refused> unwanted_;
    const Draft* last_ = nullptr;
};

} // namespace

Understanding understand(std::string_view prompt) {
    const std::vector<Clause> clauses = split_clauses(read_items(prompt));
    std::vector<ReadClause> read;
    read.reserve(clauses.size() + 1); // the plan keeps pointers to what is read
    read.emplace_back();
    Plan plan(prompt);
    bool replacing = false;
    for (const Clause& clause : clauses) {
        read.push_back(read_clause(clause, read.back()));
        const ReadClause& now = read.back();
        if (replacing && clause.joint == Joint::with) {
            continue; // "replace the sky with a sunset" asks for no sunset light
        }
        replacing = now.content.has_value() && objection(prompt, clause, now).has_value();
        if (auto sentence = objection(prompt, clause, now)) {
            plan.object(clause, std::move(*sentence));
            continue;
        }
        for (const Draft& draft : now.drafts) {
            plan.take(clause, draft);
            plan.remember(draft);
        }
        if (now.drafts.empty() && now.loose.number && now.loose.number->unit == NumberUnit::ev) {
            Item light = *now.loose.number; // "+1 EV" and nothing else
            light.kind = Item::Kind::known;
            light.meaning = {Role::quality, Operation::exposure};
            plan.take(clause, {light, now.loose});
        } else if (now.drafts.empty() && now.loose.anything() && !now.loose.kept) {
            plan.qualify_last(clause, now.loose);
        }
    }
    return plan.finish();
}

} // namespace kontext::darkroom
