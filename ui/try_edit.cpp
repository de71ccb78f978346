#include "ui/try_edit.h"

#include "core/error.h"
#include "core/image/codec.h"
#include "ui/text/text.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace kontext::ui {

namespace {

constexpr Size small_canvas{512, 512};

// What costs nothing has nothing to be written down.
class NoLog final : public PredictionLog {
public:
    void submitting(const Ticket&) override {}
    void not_accepted() override {}
    void accepted(const Ticket&, std::optional<double>) noexcept override {}
};

std::unique_ptr<Engine> make(const EngineInfo& engine, const Model& model, const EngineSettings& settings,
                             PredictionLog& log) {
    return engine.create({.model = model,
                          .settings = settings,
                          .base_url = base_url_of(engine, {}, settings_for(engine, model, settings)),
                          .key = {},
                          .log = &log});
}

Size smallest_size(const Model& model) {
    const auto smaller = [](Size a, Size b) {
        return std::int64_t{a.width} * a.height < std::int64_t{b.width} * b.height;
    };
    return model.sizes.empty() ? small_canvas : *std::ranges::min_element(model.sizes, smaller);
}

Image make_gradient(Size size) {
    Image picture(size, {.sample = SampleType::u8, .channels = 3});
    for (int y = 0; y < size.height; ++y) {
        auto* row = reinterpret_cast<unsigned char*>(picture.view().row(y));
        for (int x = 0; x < size.width; ++x) {
            row[3 * x] = static_cast<unsigned char>(x * 255 / size.width);
            row[3 * x + 1] = static_cast<unsigned char>(y * 255 / size.height);
            row[3 * x + 2] = 128;
        }
    }
    return picture;
}

} // namespace

std::vector<SetupFinding> check_engine(const EngineInfo& engine, const Model& model,
                                       const EngineSettings& settings, const std::stop_token& stop) {
    NoLog log;
    return make(engine, model, settings, log)->check_setup(stop);
}

std::string try_edit(const EngineInfo& engine, const Model& model, const EngineSettings& settings,
                     const ProgressSink& progress, const std::stop_token& stop) {
    if (model.price_usd != 0) {
        throw Error(ErrorCode::over_budget, model.name + " may cost money; nothing was sent.");
    }
    ModelInput input;
    const Size size = smallest_size(model);
    input.canvas = make_gradient(size);
    EditRequest request{.prompt = "make it warmer", .engine = model.engine, .model = model.id};
    if (model.seed_max) {
        request.seed = 1;
    }
    NoLog log;
    const auto start = std::chrono::steady_clock::now();
    const EngineReply reply = make(engine, model, settings, log)->run(request, input, progress, stop);
    decode_picture(reply.picture);
    const auto took =
        std::chrono::round<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count();
    const std::string width = std::to_string(size.width);
    const std::string height = std::to_string(size.height);
    return fill_in(_("It works: a picture of {1} × {2} pixels came back after {3} s."),
                   {width, height, std::to_string(std::max<std::int64_t>(took, 1))});
}

} // namespace kontext::ui
