#pragma once

#include "core/engine/engine.h"
#include "core/engine/models.h"
#include "core/error.h"

#include <optional>
#include <string>

namespace kontext::ui {

// Marks a text for translation and translates it (gettext, domain "gimp-kontext"). The one macro of the
// project: xgettext finds texts by it.
#define _(text) ::kontext::ui::translate(text)
const char* translate(const char* text);
const char* translate_plural(const char* one, const char* many, unsigned long count);

// Binds the catalogues in `locale_dir`; call it once at start.
void bind_translations(const char* locale_dir);

struct ErrorText {
    std::string title;     // what happened, a short sentence
    std::string detail;    // the error's own sentence
    std::string next_step; // what to do now; may be empty
};

ErrorText describe_error(const Error& error);

std::string describe_stage(Stage stage);                        // "Developing…"
std::string describe_destination(const EngineInfo& engine);     // "The picture stays on this machine."
std::string describe_price(const Model& model, int variations); // "Free", "About $0.04", "Price not known"

// The CLI's exit code for an error, as documented in the README.
int exit_code(ErrorCode code);

} // namespace kontext::ui
