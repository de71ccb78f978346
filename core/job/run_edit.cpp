#include "core/job/run_edit.h"

#include "core/error.h"

#include <utility>

namespace kontext {

namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

// Of several variations, each shows its share of the whole progress.
ProgressSink share_of(const ProgressSink& progress, int index, int count) {
    return [&progress, index, count](Progress step) {
        if (step.fraction && count > 1) {
            step.fraction = (index + *step.fraction) / count;
        }
        progress(step);
    };
}

} // namespace

EditResult run_edit(EditRequest request, const LayerSource& source, const EngineInfo& engine,
                    const Model& model, const ProgressSink& progress, const std::stop_token& stop) {
    const auto start = Clock::now();
    progress({.stage = Stage::preparing, .fraction = {}});
    request.engine = engine.id;
    request.model = model.id;
    check_request(request, model);
    const std::uint64_t seed_max = model.seed_max.value_or(0);
    if (!request.seed) {
        request.seed = draw_seed(seed_max);
    }

    EditResult result;
    const std::unique_ptr<Engine> worker = engine.create();
    for (int index = 0; index < request.variations; ++index) {
        EditRequest one = request;
        // Neighbouring seeds, wrapping around at the model's largest.
        one.seed = seed_max == 0 ? 0 : (*request.seed + static_cast<std::uint64_t>(index)) % (seed_max + 1);
        const ModelInput input{.canvas = {}, .original = &source.pixels, .color = &source.color};
        EngineReply reply = worker->run(one, input, share_of(progress, index, request.variations), stop);
        if (!reply.result || reply.result->size() != source.pixels.size() ||
            reply.result->format() != source.pixels.format()) {
            throw Error(ErrorCode::internal,
                        std::string(engine.name) + " returned no picture of the layer's size.");
        }
        result.layers.push_back({.pixels = std::move(*reply.result), .seed = reply.seed});
        result.summary = std::move(reply.summary);
        result.request_id = std::move(reply.request_id);
        if (!reply.cost_usd && model.price_usd == 0) {
            reply.cost_usd = 0;
        }
        if (reply.cost_usd) {
            result.cost_usd = result.cost_usd.value_or(0) + *reply.cost_usd;
        }
    }
    if (request.region == Region::selection) {
        result.mask = source.selection;
    }
    result.timings["total"] = since(start);
    result.request = std::move(request);
    return result;
}

} // namespace kontext
