#include "core/engine/registry.h"
#include "core/error.h"

#include <string>

namespace kontext {

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
