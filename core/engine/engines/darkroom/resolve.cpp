#include "core/engine/engines/darkroom/resolve.h"

#include "core/engine/engines/darkroom/operations.h"

#include <algorithm>
#include <cmath>

namespace kontext::darkroom {
namespace {

constexpr double full_strength = 4; // "fully", "completely"

double toward(Direction direction, Operation operation) {
    switch (direction) {
    case Direction::none:
    case Direction::up: return 1;
    case Direction::down: return -1;
    case Direction::recover:
        return operation == Operation::highlights || operation == Operation::whites ? -1 : 1;
    case Direction::deepen:
        return operation == Operation::shadows || operation == Operation::blacks ||
                       operation == Operation::midtones || operation == Operation::highlights
                   ? -1
                   : 1;
    }
    return 1;
}

double sign_of(const Draft& draft) {
    const Meaning& meaning = draft.item.meaning;
    const Said& said = draft.said;
    const double own = meaning.value < 0 ? -1 : 1;
    if (draft.item.is(Role::blemish)) {
        const bool unwanted = said.excessive || said.negated || said.direction == Direction::down ||
                              said.direction == Direction::recover;
        return unwanted ? 1 : -1;
    }
    double sign = own;
    if (draft.item.is(Role::change) || draft.item.is(Role::effect)) {
        sign *= said.direction == Direction::down ? -1 : 1;
    } else {
        sign *= toward(said.direction, meaning.operation);
    }
    return said.excessive ? -sign : sign;
}

// The amount that a number means, without the sign that words give it.
double amount_of_number(const Item& number, const OperationInfo& info) {
    const double value = number.value;
    switch (info.unit) {
    case Unit::ev:
        if (number.unit == NumberUnit::percent) {
            return std::log2(std::max(1 + value / 100, 0.01));
        }
        return number.unit == NumberUnit::ev || std::abs(value) <= 10 ? value : value / 50;
    case Unit::points:
    case Unit::percent:
        if (number.unit == NumberUnit::ev) {
            return value * 25;
        }
        return number.unit == NumberUnit::none && std::abs(value) < 1 ? value * 100 : value; // "contrast 0.3"
    case Unit::degrees: return value;
    }
    return value;
}

double rounded(double amount, const OperationInfo& info) {
    const double step = info.unit == Unit::ev ? 0.01 : 1;
    const double most = std::clamp(amount, info.least, info.most);
    const double steps = std::round(most / step);
    return steps == 0 ? 0 : info.unit == Unit::ev ? steps / 100 : steps;
}

Adjustment adjustment_of(const Draft& draft) {
    const Meaning& meaning = draft.item.meaning;
    Adjustment adjustment{meaning.operation, 0, meaning.hue, meaning.second};
    // stops are about light, whatever the word: "one stop brighter"
    const bool in_stops = draft.said.number && draft.said.number->unit == NumberUnit::ev;
    if (in_stops && meaning.operation == Operation::brightness) {
        adjustment.operation = Operation::exposure;
    }
    double sign = sign_of(draft);
    if (draft.item.is(Role::blemish) && meaning.operation == Operation::denoise && sign < 0) {
        adjustment.operation = Operation::grain;
        sign = 1;
    }
    if (meaning.operation == Operation::grain && draft.said.excessive) {
        adjustment.operation = Operation::denoise;
        sign = 1;
    }
    const OperationInfo& info = info_of(adjustment.operation);
    if (draft.said.number) {
        const double value = amount_of_number(*draft.said.number, info);
        adjustment.amount = sign < 0 && value < 0 ? value : sign * value;
    } else {
        const double strength = draft.said.strength == 0 ? 1 : draft.said.strength;
        const double share = std::abs(meaning.value);
        adjustment.amount = sign * (strength >= full_strength ? info.most : info.usual * share * strength);
    }
    adjustment.amount = rounded(adjustment.amount, info);
    return adjustment;
}

} // namespace

Resolved resolve(const Draft& draft) {
    const Said& said = draft.said;
    const Operation operation = draft.item.meaning.operation;
    const OperationInfo& info = info_of(operation);
    if (said.kept) {
        return Unwanted{operation, false};
    }
    if (said.negated && !draft.item.is(Role::blemish)) {
        return Unwanted{operation, true};
    }
    const bool takes_away = (draft.item.is(Role::effect) || draft.item.is(Role::change)) && info.least == 0 &&
                            (said.direction == Direction::down || said.excessive);
    const bool minus_number = info.least == 0 && said.number && said.number->value < 0;
    if ((takes_away && operation != Operation::grain) || minus_number || (takes_away && !said.excessive)) {
        return Impossible{"The darkroom can add “" + std::string(info.name) +
                          "” to a picture, but cannot take it out of one."};
    }
    if (said.limited) {
        Draft half = draft;
        half.said.limited = false;
        half.said.strength = 0.5;
        return Restrained{operation, adjustment_of(half)};
    }
    return adjustment_of(draft);
}

} // namespace kontext::darkroom
