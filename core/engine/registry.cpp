#include "core/engine/registry.h"

#include "core/error.h"

#include <string>

namespace kontext {

// Each is defined in its own file under engines/. The table is explicit, as a linker drops what registers
// itself in a static library.
extern const EngineInfo darkroom_engine;

std::span<const EngineInfo* const> engines() {
    static const EngineInfo* const table[] = {
        &darkroom_engine,
    };
    return table;
}

const EngineInfo& find_engine(std::string_view id) {
    std::string known;
    for (const EngineInfo* engine : engines()) {
        if (engine->id == id) {
            return *engine;
        }
        known += known.empty() ? "" : ", ";
        known += engine->id;
    }
    throw Error(ErrorCode::engine_not_ready,
                "There is no engine \"" + std::string(id) + "\". There is: " + known + ".");
}

} // namespace kontext
