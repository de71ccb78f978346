#include "core/engine/engines/darkroom/operations.h"
#include "core/engine/engines/darkroom/understand.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

namespace kontext::darkroom {
namespace {

std::string_view name_of(Hue hue) {
    switch (hue) {
    case Hue::none: return "";
    case Hue::red: return "red";
    case Hue::orange: return "orange";
    case Hue::yellow: return "yellow";
    case Hue::green: return "green";
    case Hue::teal: return "teal";
    case Hue::blue: return "blue";
    case Hue::purple: return "purple";
    case Hue::magenta: return "magenta";
    }
    return "";
}

std::string whole(double value) {
    return std::to_string(static_cast<int>(std::lround(value)));
}
std::string with_sign(double value) {
    return (value < 0 ? "-" : "+") + whole(std::abs(value));
}

// Without the locale's decimal comma, and without zeros at the end.
std::string stops(double value) {
    const long hundredths = std::lround(std::abs(value) * 100);
    std::string text = (value < 0 ? "-" : "+") + std::to_string(hundredths / 100);
    if (hundredths % 100 != 0) {
        text += "." + std::to_string(hundredths % 100 / 10);
        if (hundredths % 10 != 0) {
            text += std::to_string(hundredths % 10);
        }
    }
    return text + " EV";
}

std::string name_of(const Adjustment& adjustment, const OperationInfo& info) {
    std::string name(adjustment.amount < 0 && !info.opposite.empty() ? info.opposite : info.name);
    switch (adjustment.operation) {
    case Operation::color_tint: return std::string(name_of(adjustment.hue)) + " tint";
    case Operation::black_white:
        return adjustment.hue == Hue::none ? name
                                           : name + " (" + std::string(name_of(adjustment.hue)) + " filter)";
    case Operation::split_tone:
    case Operation::duotone: {
        const bool both = adjustment.hue != Hue::none && adjustment.second != Hue::none;
        return name + " (" + std::string(name_of(adjustment.hue)) +
               (both                          ? "/"
                : adjustment.hue == Hue::none ? ""
                                              : " shadows") +
               std::string(name_of(adjustment.second)) +
               (both || adjustment.second == Hue::none ? "" : " highlights") + ")";
    }
    default: return name;
    }
}

std::string describe(const Adjustment& adjustment) {
    const OperationInfo& info = info_of(adjustment.operation);
    std::string name = name_of(adjustment, info);
    switch (info.unit) {
    case Unit::ev: return name + " " + stops(adjustment.amount);
    case Unit::degrees: return name + " " + with_sign(adjustment.amount) + "°";
    case Unit::points: return name + " " + with_sign(adjustment.amount);
    case Unit::percent:
        // things that are either done or not
        return adjustment.amount == 100 && info.usual == 100
                   ? name
                   : name + " " + whole(std::abs(adjustment.amount)) + " %";
    }
    return name;
}

} // namespace

std::string describe(const Adjustments& adjustments) {
    std::string text;
    for (const Adjustment& adjustment : adjustments) {
        text += (text.empty() ? "" : ", ") + describe(adjustment);
    }
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    }
    return text;
}

} // namespace kontext::darkroom
