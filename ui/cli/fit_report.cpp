#include "ui/cli/fit_report.h"

#include "ui/cli/report.h"

#include <nlohmann/json.hpp>

namespace kontext::cli {

using nlohmann::json;

namespace {

json list_timings(const Timings& timings) {
    json object = json::object();
    for (const auto& [stage, time] : timings) {
        object[stage] = time.count();
    }
    return object;
}

json to_rows(const std::array<double, 9>& matrix) {
    json rows = json::array();
    for (std::size_t row = 0; row < 3; ++row) {
        rows.push_back({matrix[3 * row], matrix[3 * row + 1], matrix[3 * row + 2]});
    }
    return rows;
}

json list_regions(const std::vector<ChangedRegion>& regions) {
    json list = json::array();
    for (const ChangedRegion& region : regions) {
        list.push_back({{"box", {region.x, region.y, region.width, region.height}},
                        {"area", region.area},
                        {"strength", region.strength}});
    }
    return list;
}

} // namespace

json to_object(const FitReport& report) {
    const FitPlan& plan = report.fit.plan;
    return {
        {"mode", to_text(plan.mode)},
        {"decision", to_text(plan.decision)},
        {"confidence", plan.confidence},
        {"transform", to_rows(layer_to_reply(report.fit))},
        {"shift_px", plan.shift_px},
        {"scale", plan.scale},
        {"warp_px", plan.warp_px},
        {"tone_shift", plan.tone_shift},
        {"changed_fraction", report.changed_fraction},
        {"unchanged_identical", report.unchanged_identical},
        {"uncovered_fraction", plan.uncovered_fraction},
        {"regions", list_regions(plan.regions)},
        {"framing", json::parse(to_json(report.fit.framing))},
        {"timings_ms", list_timings(report.timings)},
        {"peak_rss_mb", peak_rss_mb()},
    };
}

std::string to_json(const FitReport& report) {
    return to_object(report).dump(4, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace kontext::cli
