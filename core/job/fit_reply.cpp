#include "core/job/fit_reply.h"

#include "core/error.h"
#include "core/fidelity/apply.h"
#include "core/framing/frame_picture.h"
#include "core/job/coverage.h"
#include "core/job/place_reply.h"

namespace kontext {

namespace {

// Far more than any model gives, and little enough to hold.
constexpr DecodeLimits reply_limits{
    .bytes = std::int64_t{256} << 20, .side = 16'384, .pixels = std::int64_t{64} << 20};

DecodedPicture decode_reply(std::span<const std::byte> reply) {
    try {
        return decode_picture(reply, reply_limits);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::bad_input) {
            throw;
        }
        throw Error(ErrorCode::bad_reply,
                    std::string("The engine returned no picture that can be used: ") + error.what());
    }
}

Image frame_if_any(const Raster* mask, const Framing& framing, const std::stop_token& stop) {
    return mask != nullptr ? frame_mask(*mask, framing, stop) : Image();
}

// A selection in 16 bits is smooth enough for any layer.
SampleType mask_sample(SampleType layer) {
    return layer == SampleType::u8 ? SampleType::u8 : SampleType::u16;
}

} // namespace

SentPicture frame_source(const EditRequest& request, const LayerSource& source, const Model& model,
                         const std::stop_token& stop) {
    SentPicture sent;
    std::optional<PixelBox> selected;
    if (request.region == Region::selection && source.selection) {
        sent.selection = source.selection.get();
        selected = covered_box(*source.selection, stop);
        if (!selected) {
            throw Error(ErrorCode::invalid_argument, "Nothing of the layer is selected.");
        }
    }
    sent.protection = source.protection.get();
    sent.framing = choose_framing(source.pixels.size(), canvas_sizes(model), selected, request.aspect_ratio);
    sent.canvas = frame_picture(source.pixels, source.color, sent.framing, stop);
    return sent;
}

EditedLayer fit_reply(const EditRequest& request, const LayerSource& source, const SentPicture& sent,
                      std::span<const std::byte> reply, Stopwatch& watch, const std::stop_token& stop) {
    const DecodedPicture decoded = decode_reply(reply);
    const Image picture = reply_on_canvas(decoded, sent.framing.canvas, stop);
    const Image selection = frame_if_any(sent.selection, sent.framing, stop);
    const Image protection = frame_if_any(sent.protection, sent.framing, stop);
    Fit fit{.framing = sent.framing,
            .plan = plan_reply({.canvas = sent.canvas.view(),
                                .reply = picture.view(),
                                .selection = selection.view(),
                                .protection = protection.view(),
                                .mode = request.fidelity,
                                .prompt = request.prompt},
                               sent.framing, stop),
            .reply = decoded.pixels.size()};
    watch.lap("plan");
    const Placement placement(
        fit.plan, sent.canvas.view(), picture.view(), source.color, layer_to_canvas(sent.framing),
        {.extent = request.extent, .grain_of = request.add_grain ? &source.pixels : nullptr}, stop);
    FilledReply filled = fill_reply(source.pixels, source.color, placement, sent.framing, sent.selection,
                                    sent.protection, mask_sample(source.pixels.format().sample), stop);
    watch.lap("place");
    return {.pixels = std::move(filled.pixels),
            .x = sent.framing.region.x,
            .y = sent.framing.region.y,
            .mask = std::make_shared<const Raster>(std::move(filled.mask)),
            .seed = 0,
            .fit = std::move(fit)};
}

} // namespace kontext
