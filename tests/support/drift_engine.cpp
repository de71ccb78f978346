#include "tests/support/drift_engine.h"

#include "core/error.h"
#include "core/image/codec.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace kontext::test {

namespace {

using Color = std::array<double, 3>;

struct Ellipse {
    double x = 0;
    double y = 0;
    double across = 0;
    double down = 0;
};

struct Script {
    std::vector<Ellipse> ellipses;
    bool grow = false;
    bool exact = false;
    bool another = false;
    bool garbage = false;
};

Script read_prompt(const std::string& prompt) {
    Script script;
    std::istringstream words(prompt);
    for (std::string word; words >> word;) {
        if (word == "ellipse") {
            Ellipse ellipse;
            words >> ellipse.x >> ellipse.y >> ellipse.across >> ellipse.down;
            script.ellipses.push_back(ellipse);
        }
        script.grow = script.grow || word == "grow";
        script.exact = script.exact || word == "exact";
        script.another = script.another || word == "another";
        script.garbage = script.garbage || word == "garbage";
    }
    return script;
}

// What the canvas shows at one of its pixels, the script's paint on it.
Color painted(const ImageView& canvas, const Script& script, int x, int y) {
    for (const Ellipse& ellipse : script.ellipses) {
        const double dx = ((x + 0.5) / canvas.size.width - ellipse.x) / ellipse.across;
        const double dy = ((y + 0.5) / canvas.size.height - ellipse.y) / ellipse.down;
        if (dx * dx + dy * dy < 1) {
            return drift_magenta;
        }
    }
    const auto* pixel = canvas.samples<std::uint8_t>(y) + std::ptrdiff_t{3} * x;
    if (script.grow &&
        std::all_of(pixel, pixel + 3, [](int value) { return value == 127 || value == 128; })) {
        return drift_green;
    }
    return {pixel[0] / 255.0, pixel[1] / 255.0, pixel[2] / 255.0};
}

// The same between pixels; beyond the canvas its border goes on.
Color seen_at(const ImageView& canvas, const Script& script, double x, double y) {
    const double left = std::floor(x);
    const double top = std::floor(y);
    Color color{};
    for (int i = 0; i < 4; ++i) {
        const double column = left + i % 2;
        const double row = top + i / 2; // NOLINT(bugprone-integer-division)
        const double weight = (1 - std::abs(x - column)) * (1 - std::abs(y - row));
        const Color one =
            painted(canvas, script, std::clamp(static_cast<int>(column), 0, canvas.size.width - 1),
                    std::clamp(static_cast<int>(row), 0, canvas.size.height - 1));
        for (std::size_t c = 0; c < 3; ++c) {
            color[c] += weight * one[c];
        }
    }
    return color;
}

Color drifted(const ImageView& canvas, const Script& script, int x, int y) {
    constexpr double zoom = 1.008;
    const double center_x = canvas.size.width / 2.0;
    const double center_y = canvas.size.height / 2.0;
    const Color c = seen_at(canvas, script, center_x + (x - center_x - 3.3) / zoom,
                            center_y + (y - center_y + 2.6) / zoom);
    return {0.96 * c[0] + 0.02, 0.93 * c[1] + 0.03, std::pow(c[2], 1.06)};
}

Color color_at(const ImageView& canvas, const Script& script, int x, int y) {
    if (script.another) {
        const auto waves = [](double phase) { return 0.5 + 0.4 * std::sin(phase); };
        return {waves(x * x / 900.0), waves(y * y / 700.0 + x / 9.0), waves((x + y) / 5.0)};
    }
    return script.exact ? painted(canvas, script, x, y) : drifted(canvas, script, x, y);
}

FileFormat format_from(const std::map<std::string, std::string>& options) {
    const auto format = options.find("format");
    if (format == options.end() || format->second == "png") {
        return FileFormat::png;
    }
    return format->second == "jpeg" ? FileFormat::jpeg : FileFormat::webp;
}

std::vector<std::byte> encode(const ImageView& canvas, const EditRequest& request) {
    const Script script = read_prompt(request.prompt);
    if (script.garbage) {
        return std::vector<std::byte>(100, std::byte{'x'});
    }
    const int channels = request.options.contains("transparent") ? 4 : 3;
    Image reply(canvas.size, {SampleType::u8, channels});
    for (int y = 0; y < canvas.size.height; ++y) {
        auto* to = reply.view().samples<std::uint8_t>(y);
        for (int x = 0; x < canvas.size.width; ++x, to += channels) {
            const Color color = color_at(canvas, script, x, y);
            for (std::size_t c = 0; c < 3; ++c) {
                to[c] = static_cast<std::uint8_t>(std::lround(255 * std::clamp(color[c], 0.0, 1.0)));
            }
            if (channels == 4) {
                to[3] = 255;
            }
        }
    }
    return encode_picture(format_from(request.options), Raster(std::move(reply)), {});
}

struct DriftEngine final : Engine {
    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        progress({.stage = Stage::generating, .fraction = 0.5});
        if (stop.stop_requested()) {
            throw Cancelled();
        }
        EngineReply reply;
        reply.picture = encode(input.canvas.view(), request);
        reply.seed = request.seed.value_or(0);
        reply.request_id = "drift-" + std::to_string(reply.seed);
        reply.cost_usd = 0.04;
        return reply;
    }
};

} // namespace

const EngineInfo drift_engine = {
    .id = "drift",
    .name = "Drift",
    .description = "Does to a picture what models do, for tests.",
    .create = [](EngineSetup) { return std::unique_ptr<Engine>(std::make_unique<DriftEngine>()); },
};

const char* const drift_models_json =
    R"({"version": 1, "models": [{"engine": "drift", "id": "drift", "name": "Drift", "sizes": "any",
"multiple_of": 16, "pixels": 200000, "aspect_ratios": ["match", "1:1", "2:1"], "seed_max": 99,
"variations_max": 4, "price_usd": 0.04}]})";

Model drift_model() {
    return models_from_json(drift_models_json, "the drift engine's models").at(0);
}

} // namespace kontext::test
