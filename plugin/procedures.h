#pragma once

#include "core/engine/request.h"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kontext::plugin {

// How the editor calls a procedure.
enum class RunMode { interactive, noninteractive, with_last_values };

// Both GIMP generations register the same procedures from these tables. Texts are English and marked for
// translation; the adapters translate labels where their GIMP does not.
enum class ArgumentKind {
    text,
    integer,
    number, // a whole number beyond 32 bits, which GIMP 2.10 can pass as a float only
};

struct Argument {
    ArgumentKind kind;
    const char* name;
    const char* label;
    const char* description;
    const char* initial_text;
    double initial;
    double minimum;
    double maximum;
};

// What a procedure is called with, after the run mode and before its own arguments.
enum class Subject {
    layer,       // image and drawable(s)
    maybe_layer, // the same where an image is open; works without
    nothing,
};

struct Procedure {
    const char* name;
    const char* menu_label;
    const char* menu_path;
    const char* summary;
    const char* help;
    const char* image_types;
    Subject subject;
    bool returns_layers;
    std::span<const Argument> arguments;
};

extern const Procedure edit_procedure;
extern const Procedure recover_procedure;
extern const Procedure settings_procedure;

// In the order of the menu.
std::span<const Procedure* const> procedures();
// Null where there is none of that name.
const Procedure* find_procedure(std::string_view name);

inline constexpr const char* authors = "The gimp-kontext authors";
inline constexpr const char* year = "2026";
// Folder, executable and text domain have one name: GIMP 3 loads nothing else.
inline constexpr const char* program_name = "gimp-kontext";
inline constexpr const char* parasite_name = "kontext-edit";

// In the order of edit_procedure.arguments: text, or a number.
using ArgumentValues = std::vector<std::variant<std::string, double>>;

// Throws Error(invalid_argument) with the argument's name.
EditRequest request_from_arguments(const ArgumentValues& values);

} // namespace kontext::plugin
