// The built-in engine: tone, colour, detail and looks by plain English, offline.
#include "core/engine/engines/darkroom/develop.h"
#include "core/engine/engines/darkroom/operations.h"
#include "core/engine/engines/darkroom/understand.h"
#include "core/engine/registry.h"
#include "core/error.h"

#include <algorithm>
#include <string>

namespace kontext {

namespace {

using darkroom::Adjustment;
using darkroom::Adjustments;
using darkroom::Problem;
using darkroom::Understanding;

enum class OnUnknown { stop, apply };

OnUnknown read_options(const EditRequest& request) {
    OnUnknown on_unknown = OnUnknown::stop;
    for (const auto& [key, value] : request.options) {
        if (key != "on-unknown") {
            throw Error(ErrorCode::invalid_argument,
                        "The darkroom has no option “" + key + "”; it has “on-unknown”.");
        }
        if (value != "stop" && value != "apply") {
            throw Error(ErrorCode::invalid_argument,
                        "The option “on-unknown” takes “stop” or “apply”, not “" + value + "”.");
        }
        on_unknown = value == "apply" ? OnUnknown::apply : OnUnknown::stop;
    }
    return on_unknown;
}

// Throws Error(refused) where nothing may be done.
void check(const Understanding& understanding, OnUnknown on_unknown) {
    if (understanding.problems.empty()) {
        return;
    }
    if (on_unknown == OnUnknown::stop || understanding.adjustments.empty()) {
        throw Error(ErrorCode::refused, understanding.problems.front().sentence);
    }
}

std::string summarize(const Understanding& understanding) {
    std::string summary = darkroom::describe(understanding.adjustments);
    for (std::size_t i = 0; i < understanding.problems.size(); ++i) {
        summary += (i == 0 ? ". Left out: “" : ", “") + understanding.problems[i].quote + "”";
    }
    return summary;
}

// Takes out what means nothing without colour, and says so.
Understanding for_gray_layer(Understanding understanding) {
    Adjustments kept;
    for (const Adjustment& adjustment : understanding.adjustments) {
        if (darkroom::info_of(adjustment.operation).colors == darkroom::Colors::any ||
            adjustment.amount == 0) {
            kept.push_back(adjustment);
            continue;
        }
        const std::string words = darkroom::describe(Adjustments{adjustment});
        understanding.problems.push_back({words, "The layer is greyscale and has no colour to change, so “" +
                                                     words +
                                                     "” would do nothing; convert the image to RGB first."});
    }
    understanding.adjustments = std::move(kept);
    return understanding;
}

class Darkroom final : public Engine {
public:
    std::string explain(const EditRequest& request) const override {
        const OnUnknown on_unknown = read_options(request);
        const Understanding understanding = darkroom::understand(request.prompt);
        check(understanding, on_unknown);
        return summarize(understanding);
    }

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        if (input.original == nullptr || input.color == nullptr) {
            throw Error(ErrorCode::internal, "The darkroom was given no picture to work on.");
        }
        const OnUnknown on_unknown = read_options(request);
        Understanding understanding = darkroom::understand(request.prompt);
        if (input.original->format().color_channels() == 1) {
            understanding = for_gray_layer(std::move(understanding));
        }
        check(understanding, on_unknown);
        EngineReply reply;
        reply.seed = request.seed.value_or(0);
        reply.summary = summarize(understanding);
        reply.result = darkroom::develop(*input.original, *input.color, understanding.adjustments, reply.seed,
                                         progress, stop);
        return reply;
    }
};

std::unique_ptr<Engine> make_darkroom(EngineSetup) {
    return std::make_unique<Darkroom>();
}

} // namespace

extern const EngineInfo darkroom_engine;
const EngineInfo darkroom_engine{
    .id = "darkroom",
    .name = "Darkroom",
    .description =
        "Tone, colour, detail and looks in plain English; on this machine, without a download or a key.",
    .full_resolution = true,
    .create = make_darkroom,
};

} // namespace kontext
