#include "tests/support/paid_edits.h"

#include "core/framing/framing.h"
#include "core/image/codec.h"
#include "core/job/recover.h"
#include "core/paths.h"

#include <array>

namespace kontext::test {

namespace {

std::vector<std::byte> make_png(Size size) {
    Image image(size, {.sample = SampleType::u8, .channels = 3});
    for (int y = 0; y < size.height; ++y) {
        for (std::ptrdiff_t x = 0; x < size.width * 3; ++x) {
            image.view().row(y)[x] = static_cast<std::byte>(x + y);
        }
    }
    return encode_picture(FileFormat::png, Raster(std::move(image)), {});
}

PreparedPrediction paid_edit(const std::string& engine, const std::string& prompt, double usd) {
    EditRequest request;
    request.prompt = prompt;
    request.engine = engine;
    request.seed = 7;
    SentRecord sent;
    sent.name = "Sky";
    sent.framing = {.layer = {64, 48}, .canvas = {64, 48}, .region = {0, 0, 64, 48}, .crop = {0, 0, 64, 48}};
    return {.engine = engine,
            .model = "flux-kontext-pro",
            .request = to_json(request),
            .placement = to_json(sent),
            .command = "test",
            .price_usd = usd};
}

std::int64_t submit(Journal& journal, const PreparedPrediction& prediction) {
    const std::int64_t id = journal.prepare(prediction, {});
    journal.mark_submitted(id, "{}");
    journal.mark_running(id, R"({"id": "1"})", prediction.price_usd);
    return id;
}

} // namespace

void leave_undelivered(int ready, AtService at_service) {
    Journal journal(state_dir());
    const std::array prompts{"make the sky a dramatic sunset and keep the house as it is",
                             "remove the power lines", "a bit of snow on the roof"};
    for (int index = 0; index < ready; ++index) {
        const auto prompt = prompts[static_cast<std::size_t>(index) % prompts.size()];
        const std::int64_t id = submit(journal, paid_edit("eachlabs", prompt, 0.04));
        journal.keep_reply(id, make_png({64, 48}), 0.04, {});
    }
    if (at_service == AtService::one) {
        submit(journal, paid_edit("bfl", "turn the meadow into a lake at dusk", 0.08));
    }
}

void spend(double usd) {
    Journal journal(state_dir());
    const std::int64_t id = submit(journal, paid_edit("eachlabs", "earlier", usd));
    journal.keep_reply(id, make_png({8, 8}), usd, {});
    journal.mark_delivered(id);
}

} // namespace kontext::test
