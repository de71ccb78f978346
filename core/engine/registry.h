#pragma once

#include "core/engine/engine.h"

#include <memory>
#include <span>
#include <string_view>

namespace kontext {

enum class Destination {
    this_machine, // the picture never leaves it
    service,      // it goes to the engine's host
};

// What is known of an engine without making one. Texts are English; ui/text translates them.
struct EngineInfo {
    std::string_view id;
    std::string_view name;
    std::string_view description; // one sentence, for lists
    Destination destination = Destination::this_machine;
    bool needs_key = false;
    bool full_resolution = false; // works on the layer's own pixels: no framing before, no fitting after
    std::unique_ptr<Engine> (*create)() = nullptr;
};

// Every engine of this build, in the order to show them; the first is the default. One line each in
// registry.cpp.
std::span<const EngineInfo* const> engines();

// Throws Error(engine_not_ready) that lists the ids there are.
const EngineInfo& find_engine(std::string_view id);

} // namespace kontext
