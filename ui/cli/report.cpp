#include "ui/cli/report.h"

#include "ui/cli/fit_report.h"

#include <nlohmann/json.hpp>
#include <sys/resource.h>

namespace kontext::cli {

using nlohmann::json;

namespace {

// The engine worked on the picture itself: nothing was framed, so nothing was fitted.
json describe_full_resolution(const EditReport& report) {
    json timings = json::object();
    for (const auto& [stage, time] : report.timings) {
        timings[stage] = time.count();
    }
    return {
        {"mode", "full"},
        {"confidence", 1.0},
        {"transform", json::array({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})},
        {"shift_px", 0.0},
        {"scale", 1.0},
        {"changed_fraction", report.changed_fraction},
        {"unchanged_identical", report.unchanged_identical},
        {"timings_ms", timings},
        {"peak_rss_mb", peak_rss_mb()},
        {"framing", nullptr},
    };
}

} // namespace

double peak_rss_mb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024; // Linux counts in KiB
}

std::string to_json(const EditReport& report) {
    const EditResult& result = report.result;
    const EditedLayer& layer = report.layer;
    json object = layer.fit ? to_object(FitReport{.fit = *layer.fit,
                                                  .changed_fraction = report.changed_fraction,
                                                  .unchanged_identical = report.unchanged_identical,
                                                  .timings = report.timings})
                            : describe_full_resolution(report);
    object.update({
        {"engine", result.request.engine},
        {"model", result.request.model},
        {"prompt", result.request.prompt},
        {"summary", result.summary},
        {"seed", layer.seed},
        {"cost_usd", layer.cost_usd ? json(*layer.cost_usd) : json(nullptr)},
        {"request_id", layer.request_id.empty() ? json(nullptr) : json(layer.request_id)},
        {"layer", {layer.x, layer.y, layer.pixels.size().width, layer.pixels.size().height}},
    });
    return object.dump(4, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace kontext::cli
