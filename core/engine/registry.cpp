#include "core/engine/registry.h"

namespace kontext {

// Each is defined in its own file under engines/. The table is explicit, as a linker drops what registers
// itself in a static library. Nothing else is in this file: tests put a table of their own in its place.
extern const EngineInfo darkroom_engine;
extern const EngineInfo eachlabs_engine;
extern const EngineInfo bfl_engine;
extern const EngineInfo fal_engine;
extern const EngineInfo replicate_engine;
extern const EngineInfo together_engine;
extern const EngineInfo openai_engine;
extern const EngineInfo gemini_engine;
extern const EngineInfo sd_server_engine;

std::span<const EngineInfo* const> engines() {
    static const EngineInfo* const table[] = {
        &darkroom_engine, &eachlabs_engine, &bfl_engine,    &fal_engine,       &replicate_engine,
        &together_engine, &openai_engine,   &gemini_engine, &sd_server_engine,
    };
    return table;
}

} // namespace kontext
