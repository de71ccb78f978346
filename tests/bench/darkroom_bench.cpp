// The darkroom against a loop that does nothing but move memory, on a layer of 24 megapixels.
#include "core/engine/engines/darkroom/develop.h"
#include "core/engine/engines/darkroom/operations.h"
#include "core/engine/engines/darkroom/understand.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <string>

#include <benchmark/benchmark.h>
#include <opencv2/core.hpp>

namespace kontext::darkroom {
namespace {

constexpr Size layer_size{6000, 4000};

Image photo(SampleType type) {
    Image image(layer_size, {type, 3});
    std::uint32_t state = 1;
    for (int y = 0; y < layer_size.height; ++y) {
        for (int i = 0; i < layer_size.width * 3; ++i) {
            state = state * 1664525U + 1013904223U;
            const auto level = static_cast<std::uint32_t>((i / 40 + y / 30) % 200) + (state >> 28U);
            switch (type) {
            case SampleType::u8:
                image.view().samples<std::uint8_t>(y)[i] = static_cast<std::uint8_t>(level);
                break;
            case SampleType::u16:
                image.view().samples<std::uint16_t>(y)[i] = static_cast<std::uint16_t>(level * 257);
                break;
            case SampleType::f32:
                image.view().samples<float>(y)[i] = static_cast<float>(level) / 255.0F;
                break;
            }
        }
    }
    return image;
}

// In memory, so that the disk does not blur what is measured.
const Raster& layer(SampleType type) {
    static const Raster rasters[] = {Raster(photo(SampleType::u8)), Raster(photo(SampleType::u16)),
                                     Raster(photo(SampleType::f32))};
    return rasters[static_cast<std::size_t>(type)];
}

// What a tone curve is held against: the same bytes through OpenCV's own loop, on as many threads.
void opencv_loop(benchmark::State& state) {
    cv::setNumThreads(1);
    Image source = photo(SampleType::u8);
    for (auto _ : state) {
        Image result(layer_size, source.format()); // a new layer, as the darkroom makes one
        const int bands = 4 * worker_count();
        for_each_parallel(bands, [&](int band) {
            const int first = layer_size.height * band / bands;
            const int count = layer_size.height * (band + 1) / bands - first;
            const cv::Mat from(count, layer_size.width * 3, CV_8U, source.view().row(first));
            cv::Mat to(count, layer_size.width * 3, CV_8U, result.view().row(first));
            from.convertTo(to, CV_8U, 1.1, -5);
        });
        benchmark::DoNotOptimize(result.view().data);
    }
    state.SetBytesProcessed(state.iterations() * 2 * layer_size.pixels() * 3);
}

void develop_layer(benchmark::State& state, SampleType type, const Adjustment& adjustment) {
    const Raster& picture = layer(type);
    for (auto _ : state) {
        const Raster result = develop(picture, {}, {adjustment}, 1, {}, {});
        benchmark::DoNotOptimize(&result);
    }
    state.SetItemsProcessed(state.iterations() * layer_size.pixels());
}

void explain_garbage(benchmark::State& state) {
    std::string prompt;
    for (std::uint32_t i = 1; prompt.size() < 4000; i = i * 1664525U + 1013904223U) {
        prompt.push_back(i % 7 == 0 ? ' ' : static_cast<char>('a' + (i >> 16U) % 26));
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(understand(prompt));
    }
}

void explain_prompt(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(understand("a bit warmer, lift the shadows, soft vignette"));
    }
}

void add_benchmarks() {
    const auto measure = [](benchmark::internal::Benchmark* made) {
        made->Unit(benchmark::kMillisecond)->UseRealTime();
    };
    measure(benchmark::RegisterBenchmark("opencv_loop", opencv_loop));
    measure(benchmark::RegisterBenchmark("tone_pass", develop_layer, SampleType::u8,
                                         Adjustment{Operation::shadows, 20}));
    measure(benchmark::RegisterBenchmark("tone_pass_u16", develop_layer, SampleType::u16,
                                         Adjustment{Operation::shadows, 20}));
    measure(benchmark::RegisterBenchmark("tone_pass_f32", develop_layer, SampleType::f32,
                                         Adjustment{Operation::shadows, 20}));
    for (const OperationInfo& info : operations()) {
        benchmark::RegisterBenchmark(("operation/" + std::string(info.name)).c_str(), develop_layer,
                                     SampleType::u8,
                                     Adjustment{info.operation, info.usual, Hue::teal, Hue::orange})
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime()
            ->Iterations(1)
            ->Repetitions(1);
    }
    benchmark::RegisterBenchmark("explain_prompt", explain_prompt)->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("explain_garbage_4000", explain_garbage)->Unit(benchmark::kMicrosecond);
}

} // namespace
} // namespace kontext::darkroom

int main(int argc, char** argv) {
    kontext::keep_freed_memory(); // as our programs do
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    kontext::darkroom::add_benchmarks();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
