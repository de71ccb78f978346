#include "core/error.h"
#include "core/fidelity/apply.h"
#include "core/framing/frame_picture.h"
#include "core/image/metadata.h"
#include "core/job/place_reply.h"
#include "core/job/plan_reply.h"
#include "core/job/stopwatch.h"
#include "core/store/settings.h"
#include "ui/cli/commands.h"
#include "ui/cli/fit_report.h"
#include "ui/cli/input_files.h"
#include "ui/cli/output_files.h"
#include "ui/cli/stop_on_signal.h"
#include "ui/text/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace kontext::cli {

namespace fs = std::filesystem;

namespace {

Framing load_framing(const fs::path& file, Size layer) {
    std::ifstream stream(file);
    if (!stream) {
        throw Error(ErrorCode::bad_input, file.string() + " cannot be read.");
    }
    std::ostringstream text;
    text << stream.rdbuf();
    try {
        Framing framing = framing_from_json(text.view());
        if (framing.layer != layer) {
            throw Error(ErrorCode::invalid_argument, "It was made for a picture of " +
                                                         std::to_string(framing.layer.width) + " × " +
                                                         std::to_string(framing.layer.height) + " pixels.");
        }
        return framing;
    } catch (const Error& error) {
        throw Error(ErrorCode::bad_input, file.string() + ": " + error.what());
    }
}

// A size to work in: the reply's own, unless that is more than any model gives.
Size working_size(Size reply) {
    constexpr double most_pixels = 4 << 20;
    const double shrink = std::min(1.0, std::sqrt(most_pixels / static_cast<double>(reply.pixels())));
    return {std::max(1, static_cast<int>(reply.width * shrink)),
            std::max(1, static_cast<int>(reply.height * shrink))};
}

struct Masks {
    std::optional<Raster> selection;
    std::optional<Raster> protection;
};

Masks load_masks(const FitArguments& arguments, Size size) {
    Masks masks;
    if (!arguments.select.empty()) {
        masks.selection = load_mask(arguments.select, size, SampleType::u16);
    }
    if (!arguments.protect.empty()) {
        masks.protection = load_mask(arguments.protect, size, SampleType::u16);
    }
    return masks;
}

FitPlan make_plan(const FitArguments& arguments, const Image& canvas, const Image& reply, const Masks& masks,
                  const Framing& framing, const std::stop_token& stop) {
    const Image selection = masks.selection ? frame_mask(*masks.selection, framing, stop) : Image();
    const Image protection = masks.protection ? frame_mask(*masks.protection, framing, stop) : Image();
    return plan_reply({.canvas = canvas.view(),
                       .reply = reply.view(),
                       .selection = masks.selection ? selection.view() : ImageView(),
                       .protection = masks.protection ? protection.view() : ImageView(),
                       .mode = fidelity_from_text(arguments.fidelity),
                       .prompt = arguments.prompt},
                      framing, stop);
}

const Raster* pointer_to(const std::optional<Raster>& raster) {
    return raster ? &*raster : nullptr;
}

double share(std::int64_t part, std::int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

} // namespace

void run_fit_command(const FitArguments& arguments) {
    fidelity_from_text(arguments.fidelity); // refuses before a large file is read
    const bool by_default = arguments.output.empty() && arguments.mask.empty();
    const fs::path output = by_default ? beside(arguments.original, "-fitted") : arguments.output;
    for (const fs::path& input : {arguments.original, arguments.edited}) {
        check_outputs(std::array{output, arguments.mask}, input);
    }

    const StopOnSignal stop;
    ProgressLine progress;
    Stopwatch watch;
    progress.show("Reading " + arguments.original.string() + "…");
    const DecodedPicture original = load_input(arguments.original);
    const DecodedPicture edited = load_input(arguments.edited);
    const Size size = original.pixels.size();
    const Framing framing = arguments.framing.empty()
                                ? stretch_to_fill(size, working_size(edited.pixels.size()))
                                : load_framing(arguments.framing, size);
    const Masks masks = load_masks(arguments, size);
    watch.lap("read");

    progress.show("Comparing…");
    const Image canvas = frame_picture(original.pixels, original.color, framing, stop.token());
    const Image reply = reply_on_canvas(edited, framing.canvas, stop.token());
    watch.lap("frame");
    const Fit fit{.framing = framing,
                  .plan = make_plan(arguments, canvas, reply, masks, framing, stop.token()),
                  .reply = edited.pixels.size()};
    watch.lap("plan");
    if (const std::string note = ui::describe_decision(fit.plan.decision); !note.empty()) {
        progress.say(note);
    }

    progress.show("Placing…");
    const Placement placement(fit.plan, canvas.view(), reply.view(), original.color, layer_to_canvas(framing),
                              {.grain_of = arguments.grain ? &original.pixels : nullptr}, stop.token());
    const PlacedReply placed = place_reply(
        original.pixels, original.color, placement, framing, pointer_to(masks.selection),
        pointer_to(masks.protection), arguments.mask.empty() ? WantMask::no : WantMask::yes, stop.token());
    watch.lap("place");
    save_output(output, placed.picture, original.color, progress);
    if (!output.empty()) {
        copy_metadata(arguments.original, output);
    }
    if (!arguments.mask.empty()) {
        save_output(arguments.mask, placed.mask, {}, progress);
    }
    watch.lap("write");
    if (!arguments.report.empty()) {
        const std::int64_t pixels = placed.picture.size().pixels();
        const FitReport report{.fit = fit,
                               .changed_fraction = 1 - share(placed.equal.pixels, pixels),
                               .unchanged_identical =
                                   share(placed.equal.samples, pixels * placed.picture.format().channels),
                               .timings = watch.timings()};
        write_file_atomically(arguments.report, to_json(report), 0644);
    }
}

} // namespace kontext::cli
