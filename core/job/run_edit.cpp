#include "core/job/run_edit.h"

#include "core/error.h"
#include "core/framing/boxes.h"
#include "core/image/samples.h"
#include "core/job/coverage.h"
#include "core/job/fit_reply.h"

#include <memory>
#include <utility>

namespace kontext {

namespace {

// Of several variations, each shows its share of the whole progress.
ProgressSink share_of(const ProgressSink& progress, int index, int count) {
    return [&progress, index, count](Progress step) {
        if (step.fraction && count > 1) {
            step.fraction = (index + *step.fraction) / count;
        }
        progress(step);
    };
}

void throw_if_stopped(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Cancelled();
    }
}

// The engine, chosen and asked once for each variation, and what is the same for all of them.
class Editor {
public:
    Editor(const EditRequest& request, const LayerSource& source, const EngineInfo& engine,
           const Model& model, const std::stop_token& stop)
        : source_(source), engine_(engine), worker_(engine.create({})), stop_(stop) {
        if (engine.full_resolution) {
            mask_ = allowed_mask(request.region == Region::selection ? source.selection : nullptr,
                                 source.protection);
        } else {
            sent_ = frame_source(request, source, model, stop);
            watch_.lap("frame");
        }
    }

    EngineReply ask(const EditRequest& request, const ProgressSink& progress) {
        const ModelInput input =
            engine_.full_resolution
                ? ModelInput{.canvas = {}, .original = &source_.pixels, .color = &source_.color}
                : ModelInput{.canvas = copy_of_canvas()};
        EngineReply reply = worker_->run(request, input, progress, stop_);
        watch_.lap("engine");
        return reply;
    }

    EditedLayer make_layer(const EditRequest& request, EngineReply& reply, const ProgressSink& progress) {
        EditedLayer layer;
        if (engine_.full_resolution) {
            layer = {.pixels = take_result(reply), .mask = mask_};
        } else {
            throw_if_stopped(stop_);
            progress({.stage = Stage::fitting, .fraction = {}});
            layer = fit_reply(request, source_, sent_, reply.picture, watch_, stop_);
        }
        layer.seed = reply.seed;
        if (request.crop_to_changes) {
            crop_to_mask(layer);
        }
        return layer;
    }

    Timings timings() const { return watch_.timings(); }

private:
    Image copy_of_canvas() const {
        const ImageView canvas = sent_.canvas.view();
        Image copy(canvas.size, canvas.format);
        convert_samples(canvas, copy.view());
        return copy;
    }

    Raster take_result(EngineReply& reply) const {
        if (!reply.result || reply.result->size() != source_.pixels.size() ||
            reply.result->format() != source_.pixels.format()) {
            throw Error(ErrorCode::internal,
                        std::string(engine_.name) + " returned no picture of the layer's size.");
        }
        return std::move(*reply.result);
    }

    // A mask that shows nothing is left as large as it is: it may still be painted on.
    void crop_to_mask(EditedLayer& layer) const {
        const auto box = layer.mask ? covered_box(*layer.mask, stop_) : std::nullopt;
        if (box && Size{box->width, box->height} != layer.pixels.size()) {
            layer.pixels = crop(layer.pixels, *box);
            layer.mask = std::make_shared<const Raster>(crop(*layer.mask, *box));
            layer.x += box->x;
            layer.y += box->y;
        }
    }

    const LayerSource& source_;
    const EngineInfo& engine_;
    const std::unique_ptr<Engine> worker_;
    const std::stop_token& stop_;
    Stopwatch watch_;
    SentPicture sent_;                   // for engines that work at a model's scale
    std::shared_ptr<const Raster> mask_; // for the others
};

} // namespace

PixelBox box_of(const EditResult& result) {
    PixelBox box = box_of(result.layers.at(0));
    for (const EditedLayer& layer : result.layers) {
        box = unite(box, box_of(layer));
    }
    return box;
}

EditResult run_edit(EditRequest request, const LayerSource& source, const EngineInfo& engine,
                    const Model& model, const ProgressSink& progress, const std::stop_token& stop) {
    progress({.stage = Stage::preparing, .fraction = {}});
    request.engine = engine.id;
    request.model = model.id;
    check_request(request, model);
    const std::uint64_t seed_max = model.seed_max.value_or(0);
    if (!request.seed) {
        request.seed = draw_seed(seed_max);
    }

    EditResult result;
    Editor editor(request, source, engine, model, stop);
    for (int index = 0; index < request.variations; ++index) {
        EditRequest one = request;
        // Neighbouring seeds, wrapping around at the model's largest.
        one.seed = seed_max == 0 ? 0 : (*request.seed + static_cast<std::uint64_t>(index)) % (seed_max + 1);
        const ProgressSink share = share_of(progress, index, request.variations);
        EngineReply reply = editor.ask(one, share);
        result.layers.push_back(editor.make_layer(one, reply, share));
        result.summary = std::move(reply.summary);
        result.request_id = std::move(reply.request_id);
        if (!reply.cost_usd && model.price_usd == 0) {
            reply.cost_usd = 0;
        }
        if (reply.cost_usd) {
            result.cost_usd = result.cost_usd.value_or(0) + *reply.cost_usd;
        }
    }
    result.timings = editor.timings();
    result.request = std::move(request);
    return result;
}

} // namespace kontext
