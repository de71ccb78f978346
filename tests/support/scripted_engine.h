#pragma once

#include "core/engine/models.h"
#include "core/engine/registry.h"

#include <functional>
#include <memory>

namespace kontext::test {

// An engine that does what a test says. EngineInfo::create takes no arguments, so the script is global to the
// test program; set it before a run.
struct ScriptedEngine final : Engine {
    using Script = std::function<EngineReply(const EditRequest&, const ModelInput&, const ProgressSink&,
                                             std::stop_token)>;
    static inline Script script;

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        return script(request, input, progress, std::move(stop));
    }
};

inline const EngineInfo scripted_engine = {
    .id = "scripted",
    .name = "Scripted",
    .description = "Does what a test says.",
    .full_resolution = true,
    .create = [](EngineSetup) { return std::unique_ptr<Engine>(std::make_unique<ScriptedEngine>()); },
};

inline Model scripted_model() {
    return {.engine = "scripted",
            .id = "one",
            .name = "Scripted one",
            .sizes = {},
            .aspect_ratios = {AspectRatio{}},
            .seed_max = 9,
            .variations_max = 4};
}

// A copy of what came in, as an engine that finds nothing to do would return it.
inline EngineReply copy_input(const EditRequest& request, const ModelInput& input) {
    Raster copy(input.original->size(), input.original->format());
    Image row({copy.size().width, 1}, copy.format());
    for (int y = 0; y < copy.size().height; ++y) {
        input.original->read_rows(y, row.view());
        copy.write_rows(y, row.view());
    }
    EngineReply reply;
    reply.result = std::move(copy);
    reply.seed = *request.seed;
    reply.summary = "Copied";
    return reply;
}

} // namespace kontext::test
