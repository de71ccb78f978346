#include "core/job/run_edit.h"

#include "core/error.h"
#include "core/framing/boxes.h"
#include "core/framing/frame_picture.h"
#include "core/image/codec.h"
#include "core/image/lab_tables.h"
#include "core/image/samples.h"
#include "core/job/ask_service.h"
#include "core/job/coverage.h"
#include "core/job/fit_reply.h"
#include "core/job/kept_masks.h"
#include "core/job/recover.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>
#include <vector>

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

Image copy_of(const Image& image) {
    Image copy(image.size(), image.format());
    convert_samples(image.view(), copy.view());
    return copy;
}

std::vector<Image> copy_of(const std::vector<Image>& images) {
    std::vector<Image> copies;
    for (const Image& image : images) {
        copies.push_back(copy_of(image));
    }
    return copies;
}

// A further picture as models are shown it: in sRGB, without metadata, about a megapixel.
Image frame_reference(const std::string& file, const std::stop_token& stop) {
    const DecodedPicture picture = load_picture(file);
    return frame_picture(picture.pixels, picture.color, choose_framing(picture.pixels.size(), {}), stop);
}

// The engine, chosen and asked once for each variation, and what is the same for all of them.
class Editor {
public:
    Editor(const EditRequest& request, const LayerSource& source, const EngineInfo& engine,
           const Model& model, const std::stop_token& stop, const Account& account)
        : source_(source), engine_(engine), model_(model), stop_(stop), account_(account) {
        if (is_service(engine) && model.price_usd != 0) { // what is free is not worth a record
            delivery_ = std::make_unique<Delivery>(Journal(account.journal_folder));
        } else {
            worker_ = make_engine(engine, model, request, account);
        }
        if (engine.full_resolution) {
            mask_ = allowed_mask(request.region == Region::selection ? source.selection : nullptr,
                                 source.protection);
        } else {
            sent_ = frame_source(request, source, model, stop);
            for (const std::string& file : request.references) {
                references_.push_back(frame_reference(file, stop));
            }
            if (delivery_) {
                kept_ = keep_for_recovery();
            }
            watch_.lap("frame");
        }
    }

    PaidReply ask(const EditRequest& request, const ProgressSink& progress) {
        const ModelInput input =
            engine_.full_resolution
                ? ModelInput{.canvas = {}, .original = &source_.pixels, .color = &source_.color}
                : ModelInput{.canvas = copy_of(sent_.canvas), .references = copy_of(references_)};
        // While the engine works: a tenth of a second that the fit then need not take.
        const auto tables = std::async(std::launch::async, make_lab_tables);
        PaidReply paid = delivery_ ? ask_service(engine_, model_, request, input, kept_, account_,
                                                 delivery_->journal(), progress, stop_)
                                   : PaidReply{.reply = worker_->run(request, input, progress, stop_)};
        watch_.lap("engine");
        return paid;
    }

    EditedLayer make_layer(const EditRequest& request, PaidReply& paid, const ProgressSink& progress) {
        EngineReply& reply = paid.reply;
        EditedLayer layer;
        if (engine_.full_resolution) {
            layer = {.pixels = take_result(reply), .mask = mask_};
        } else {
            throw_if_stopped(stop_);
            progress({.stage = Stage::fitting, .fraction = {}});
            layer = fit_reply(request, source_, sent_, reply.picture, watch_, stop_);
        }
        layer.seed = reply.seed;
        layer.request_id = std::move(reply.request_id);
        layer.cost_usd = !reply.cost_usd && model_.price_usd == 0 ? 0 : reply.cost_usd;
        if (request.crop_to_changes) {
            crop_to_mask(layer);
        }
        if (delivery_) { // now: what could not be made a layer of is left to be recovered
            delivery_->add(paid.prediction);
            layer.prediction = paid.prediction;
        }
        return layer;
    }

    Timings timings() const { return watch_.timings(); }
    std::unique_ptr<Delivery> take_delivery() { return std::move(delivery_); }

private:
    KeptForRecovery keep_for_recovery() const {
        const auto kept = [](const Raster* mask) { return mask ? MaskRecord::kept : MaskRecord::none; };
        return {.placement = to_json(SentRecord{.name = source_.name,
                                                .file = source_.file,
                                                .framing = sent_.framing,
                                                .fingerprint = fingerprint_of(sent_.canvas),
                                                .selection = kept(sent_.selection),
                                                .protection = kept(sent_.protection)}),
                .selection = encode_mask(sent_.selection),
                .protection = encode_mask(sent_.protection)};
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
    const Model& model_;
    const std::stop_token& stop_;
    const Account& account_;
    std::unique_ptr<Engine> worker_;     // that costs nothing
    std::unique_ptr<Delivery> delivery_; // for one that does
    Stopwatch watch_;
    SentPicture sent_;                   // for engines that work at a model's scale
    std::vector<Image> references_;      // for the same
    KeptForRecovery kept_;               // for services
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
                    const Model& model, const ProgressSink& progress, const std::stop_token& stop,
                    const Account& account) {
    progress({.stage = Stage::preparing, .fraction = {}});
    request.engine = engine.id;
    request.model = model.id;
    check_request(request, model);
    const std::uint64_t seed_max = model.seed_max.value_or(0);
    if (!request.seed) {
        // Services start at 1, or take 0 for "any".
        request.seed = std::max<std::uint64_t>(draw_seed(seed_max), model.input && seed_max > 0 ? 1 : 0);
    }

    EditResult result;
    Editor editor(request, source, engine, model, stop, account);
    for (int index = 0; index < request.variations; ++index) {
        EditRequest one = request;
        // Neighbouring seeds, wrapping around at the model's largest.
        one.seed = seed_max == 0 ? 0 : (*request.seed + static_cast<std::uint64_t>(index)) % (seed_max + 1);
        one.variations = 1;
        const ProgressSink share = share_of(progress, index, request.variations);
        try {
            PaidReply paid = editor.ask(one, share);
            result.summary = std::move(paid.reply.summary);
            result.layers.push_back(editor.make_layer(one, paid, share));
        } catch (const Error& error) {
            if (result.layers.empty()) {
                throw;
            }
            result.shortfall = error; // what there is was paid for
            break;
        }
        if (const auto& cost = result.layers.back().cost_usd) {
            result.cost_usd = result.cost_usd.value_or(0) + *cost;
        }
    }
    result.delivery = editor.take_delivery();
    result.timings = editor.timings();
    result.request = std::move(request);
    return result;
}

} // namespace kontext
