#pragma once

#include "core/engine/engine.h"
#include "core/engine/models.h"
#include "core/error.h"
#include "core/fidelity/plan.h"
#include "core/store/journal.h"

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

namespace kontext::ui {

// Marks a text for translation and translates it (gettext, domain "gimp-kontext"). The one macro of the
// project: xgettext finds texts by it.
#define _(text) ::kontext::ui::translate(text)
const char* translate(const char* text);
const char* translate_plural(const char* one, const char* many, unsigned long count);

// Binds the catalogues in `locale_dir` and takes the language from the environment; call it once at start.
// Numbers keep their C form.
void bind_translations(const char* locale_dir);

// The pattern with {1}, {2} … replaced by the values. A sentence is translated whole and filled in
// afterwards, as other languages order words differently.
std::string fill_in(std::string_view pattern, std::initializer_list<std::string_view> values);

struct ErrorText {
    std::string title;     // what happened, a short sentence
    std::string detail;    // the error's own sentence
    std::string next_step; // what to do now; may be empty
};

ErrorText describe_error(const Error& error);

std::string describe_stage(Stage stage);                        // "Developing…"
std::string describe_engine(const EngineInfo& engine);          // its one sentence, translated
std::string describe_destination(const EngineInfo& engine);     // "The picture stays on this machine."
std::string describe_decision(Decision decision);               // empty where there is nothing to tell
std::string describe_price(const Model& model, int variations); // "Free", "About $0.04", "Price not known"

std::string describe_retention(const EngineInfo& engine); // what the service keeps; may be empty
std::string money(double usd);                            // "$0.04"
std::string describe_state(PredictionState state);        // "Ready on this computer"
// "Today, 14:05", "Yesterday, 14:05", "2026-01-31, 14:05": in local time.
std::string describe_time(std::chrono::system_clock::time_point time,
                          std::chrono::system_clock::time_point now);

// The CLI's exit code for an error, as documented in the README.
int exit_code(ErrorCode code);

} // namespace kontext::ui
