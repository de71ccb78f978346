// How long a fit takes: the plan at a model's size, and laying it onto layers of 24 and 100 megapixels.
#include "core/fidelity/apply.h"
#include "core/fidelity/plan.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "tests/unit/fidelity/scene.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <benchmark/benchmark.h>

namespace kontext {

namespace {

constexpr Size canvas_size{1248, 832};
constexpr int band_rows = 64;

struct Fit {
    Image canvas = test::draw_scene(canvas_size);
    Image reply = test::draw(canvas_size, [](test::Point at) {
        const test::Point canvas_point = test::ModelDrift{.center = {624, 416}}.to_canvas(at);
        const bool painted = std::hypot(canvas_point.x - 700, canvas_point.y - 400) < 120;
        return test::ModelDrift::recolor(painted ? test::Color{0.8, 0.2, 0.1} : test::scene_at(canvas_point));
    });
    FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
};

const Fit& fit() {
    static const Fit made;
    return made;
}

// A band of a layer of any height; what is in it does not change the time.
Image draw_band(int width) {
    return test::draw({width, band_rows},
                      [](test::Point at) { return test::scene_at({at.x / 4, at.y / 4}); });
}

Placement place_on(Size layer, FidelityMode mode) {
    const double across = static_cast<double>(canvas_size.width) / layer.width;
    const double down = static_cast<double>(canvas_size.height) / layer.height;
    return {fit().plan,
            fit().canvas.view(),
            fit().reply.view(),
            {},
            {across, 0, (across - 1) / 2, 0, down, (down - 1) / 2},
            {.mode = mode}};
}

// The kernel's high-water mark of this process, MB.
double peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stod(line.substr(6)) / 1024;
        }
    }
    return 0;
}

Size layer_of(std::int64_t megapixels) {
    const auto height = static_cast<int>(std::sqrt(static_cast<double>(megapixels) * 1e6 / 1.5));
    return {height * 3 / 2, height};
}

void plan(benchmark::State& state) {
    const Fit& pictures = fit(); // drawing them takes longer than a plan
    for (auto step : state) {
        benchmark::DoNotOptimize(
            plan_fit({.canvas = pictures.canvas.view(), .reply = pictures.reply.view()}));
    }
    state.counters["peak_MB"] = peak_memory();
}
BENCHMARK(plan)->Unit(benchmark::kMillisecond)->UseRealTime();

void prepare(benchmark::State& state) {
    for (auto step : state) {
        const Placement placement = place_on(layer_of(24), FidelityMode::keep);
        benchmark::DoNotOptimize(&placement);
    }
}
BENCHMARK(prepare)->Unit(benchmark::kMillisecond)->UseRealTime();

void blend(benchmark::State& state) {
    const Size layer = layer_of(state.range(0));
    const Placement placement = place_on(layer, FidelityMode::keep);
    const Image band = draw_band(layer.width);
    for (auto step : state) {
        for_each_parallel(layer.height / band_rows, [&](int index) {
            thread_local Image result;
            if (result.size() != band.size()) {
                result = Image(band.size(), band.format());
            }
            placement.blend({.y = index * band_rows, .original = band.view()}, result.view());
        });
    }
    state.counters["peak_MB"] = peak_memory();
}
BENCHMARK(blend)->Arg(24)->Arg(100)->Unit(benchmark::kMillisecond)->UseRealTime();

void fill(benchmark::State& state) {
    const Size layer = layer_of(state.range(0));
    const Placement placement = place_on(layer, FidelityMode::keep);
    const Image band = draw_band(layer.width);
    for (auto step : state) {
        for_each_parallel(layer.height / band_rows, [&](int index) {
            Image result(band.size(), band.format());
            Image mask(band.size(), {SampleType::u8, 1});
            placement.fill({.y = index * band_rows, .original = band.view()}, result.view(), mask.view());
        });
    }
    state.counters["peak_MB"] = peak_memory();
}
BENCHMARK(fill)->Arg(24)->Arg(100)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

} // namespace kontext

int main(int argc, char** argv) {
    kontext::keep_freed_memory(); // as our programs do
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
