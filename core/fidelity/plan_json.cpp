#include "core/error.h"
#include "core/fidelity/grid.h"
#include "core/fidelity/plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

namespace kontext {

namespace {

using Json = nlohmann::json;

constexpr int version = 1;
constexpr int largest_side = 65'000;
constexpr std::int64_t most_pixels = 16'000'000;
constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Base64 (RFC 4648) of a plan's bytes.
std::string encode(const std::vector<std::uint8_t>& bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < count ? bytes[i + k] : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
        }
    }
    return text;
}

std::vector<std::uint8_t> decode(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    std::uint32_t group = 0;
    int bits = 0;
    for (const char c : text) {
        if (c == '=') {
            break;
        }
        const std::size_t digit = digits.find(c);
        if (digit == std::string_view::npos) {
            throw Error(ErrorCode::invalid_argument,
                        "The stored fit is damaged: it has a character that is no base64.");
        }
        group = group << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::uint8_t>(group >> bits & 255));
        }
    }
    return bytes;
}

// Runs of equal bytes as (length - 1, value): masks are mostly long runs of 0 and 255.
std::vector<std::uint8_t> pack(const std::vector<std::uint8_t>& values) {
    std::vector<std::uint8_t> packed;
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = i + 1;
        while (end < values.size() && end - i < 256 && values[end] == values[i]) {
            ++end;
        }
        packed.push_back(static_cast<std::uint8_t>(end - i - 1));
        packed.push_back(values[i]);
        i = end;
    }
    return packed;
}

std::vector<std::uint8_t> unpack(const std::vector<std::uint8_t>& packed, std::int64_t count) {
    std::vector<std::uint8_t> values;
    for (std::size_t i = 0; i + 1 < packed.size(); i += 2) {
        values.insert(values.end(), static_cast<std::size_t>(packed[i]) + 1, packed[i + 1]);
        if (static_cast<std::int64_t>(values.size()) > count) {
            break;
        }
    }
    if (!values.empty() && static_cast<std::int64_t>(values.size()) != count) {
        throw Error(ErrorCode::invalid_argument,
                    "The stored fit is damaged: a mask is not of the picture's size.");
    }
    return values;
}

// Values are stored as 16-bit steps of the largest: finer than any of them is known.
Json write_values(std::span<const float> values) {
    float largest = 0;
    for (const float value : values) {
        largest = std::max(largest, std::abs(value));
    }
    const float unit = largest > 0 ? largest / 32767 : 1;
    std::vector<std::uint8_t> bytes;
    for (const float value : values) {
        const auto steps = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(value / unit)));
        bytes.push_back(static_cast<std::uint8_t>(steps & 255));
        bytes.push_back(static_cast<std::uint8_t>(steps >> 8));
    }
    return {{"unit", unit}, {"values", encode(bytes)}};
}

std::vector<float> read_values(const Json& json) {
    const std::vector<std::uint8_t> bytes = decode(json.at("values").get<std::string>());
    const float unit = json.at("unit").get<float>();
    std::vector<float> values;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        const auto steps = static_cast<std::uint16_t>(bytes[i] | bytes[i + 1] << 8);
        values.push_back(unit * static_cast<float>(static_cast<std::int16_t>(steps)));
    }
    return values;
}

Json write_grid(const Grid& grid) {
    Json json = write_values(grid.values);
    json["step"] = grid.step;
    json["channels"] = grid.channels;
    return json;
}

Grid read_grid(const Json& json, Size canvas, int channels) {
    std::vector<float> values = read_values(json);
    if (values.empty()) {
        return {};
    }
    const int step = json.at("step").get<int>();
    if (step < 1 || step > largest_side || json.at("channels").get<int>() != channels) {
        throw Error(ErrorCode::invalid_argument,
                    "The stored fit is damaged: a grid has an impossible shape.");
    }
    Grid grid = make_grid(canvas, step, channels);
    if (values.size() != grid.values.size()) {
        throw Error(ErrorCode::invalid_argument,
                    "The stored fit is damaged: a grid is not of the picture's size.");
    }
    grid.values = std::move(values);
    return grid;
}

Json write_colors(const ColorTable& colors) {
    std::vector<float> values;
    for (const auto& node : colors.nodes) {
        values.insert(values.end(), node.begin(), node.end());
    }
    return write_values(values);
}

ColorTable read_colors(const Json& json) {
    const std::vector<float> values = read_values(json);
    ColorTable colors;
    for (std::size_t i = 0; i + 2 < values.size(); i += 3) {
        colors.nodes.push_back({values[i], values[i + 1], values[i + 2]});
    }
    if (!colors.nodes.empty() && colors.nodes.size() != ColorTable::count) {
        throw Error(ErrorCode::invalid_argument,
                    "The stored fit is damaged: its table of colours is not of its size.");
    }
    return colors;
}

Json write_size(Size size) {
    return Json::array({size.width, size.height});
}

Size read_size(const Json& json) {
    const Size size{json.at(0).get<int>(), json.at(1).get<int>()};
    if (size.width < 1 || size.height < 1 || size.width > largest_side || size.height > largest_side ||
        size.pixels() > most_pixels) {
        throw Error(ErrorCode::invalid_argument,
                    "The stored fit is damaged: a picture has an impossible size.");
    }
    return size;
}

Json write_regions(const std::vector<ChangedRegion>& regions) {
    Json list = Json::array();
    for (const ChangedRegion& region : regions) {
        list.push_back({{"x", region.x},
                        {"y", region.y},
                        {"width", region.width},
                        {"height", region.height},
                        {"area", region.area},
                        {"strength", region.strength}});
    }
    return list;
}

std::vector<ChangedRegion> read_regions(const Json& json) {
    std::vector<ChangedRegion> regions;
    for (const Json& region : json) {
        regions.push_back({.x = region.at("x").get<int>(),
                           .y = region.at("y").get<int>(),
                           .width = region.at("width").get<int>(),
                           .height = region.at("height").get<int>(),
                           .area = region.at("area").get<int>(),
                           .strength = region.at("strength").get<float>()});
    }
    return regions;
}

Decision decision_from_text(std::string_view text) {
    for (const Decision decision : {Decision::unchanged, Decision::local, Decision::grade,
                                    Decision::recreated, Decision::unregistered}) {
        if (text == to_text(decision)) {
            return decision;
        }
    }
    throw Error(ErrorCode::invalid_argument, "The stored fit is damaged: it has an unknown decision.");
}

FitPlan read_plan(const Json& json) {
    if (json.at("version").get<int>() != version) {
        throw Error(ErrorCode::invalid_argument, "The stored fit is of another version.");
    }
    FitPlan plan;
    plan.canvas = read_size(json.at("canvas"));
    plan.reply = read_size(json.at("reply"));
    plan.decision = decision_from_text(json.at("decision").get<std::string>());
    plan.mode = fidelity_from_text(json.at("mode").get<std::string>());
    plan.confidence = json.at("confidence").get<double>();
    plan.transform = json.at("transform").get<std::array<double, 9>>();
    plan.displacement = read_grid(json.at("displacement"), plan.canvas, 2);
    plan.tone.rows = json.at("tone").get<decltype(ToneMap::rows)>();
    if (json.contains("colors")) { // fits of earlier versions do not
        plan.colors = read_colors(json.at("colors"));
        plan.sharpening = {json.at("sharpening").at(0).get<float>(),
                           json.at("sharpening").at(1).get<float>()};
    }
    plan.seam = read_grid(json.at("seam"), plan.canvas, 3);
    plan.mask = unpack(decode(json.at("mask").get<std::string>()), plan.canvas.pixels());
    plan.selection = unpack(decode(json.at("selection").get<std::string>()), plan.canvas.pixels());
    plan.regions = read_regions(json.at("regions"));
    plan.shift_px = json.at("shift_px").get<double>();
    plan.scale = json.at("scale").get<double>();
    plan.warp_px = json.at("warp_px").get<double>();
    plan.tone_shift = json.at("tone_shift").get<double>();
    plan.changed_fraction = json.at("changed_fraction").get<double>();
    plan.uncovered_fraction = json.at("uncovered_fraction").get<double>();
    return plan;
}

} // namespace

std::string to_json(const FitPlan& plan) {
    const Json json{{"version", version},
                    {"canvas", write_size(plan.canvas)},
                    {"reply", write_size(plan.reply)},
                    {"decision", to_text(plan.decision)},
                    {"mode", to_text(plan.mode)},
                    {"confidence", plan.confidence},
                    {"transform", plan.transform},
                    {"displacement", write_grid(plan.displacement)},
                    {"tone", plan.tone.rows},
                    {"colors", write_colors(plan.colors)},
                    {"seam", write_grid(plan.seam)},
                    {"sharpening", {plan.sharpening.narrow, plan.sharpening.wide}},
                    {"mask", encode(pack(plan.mask))},
                    {"selection", encode(pack(plan.selection))},
                    {"regions", write_regions(plan.regions)},
                    {"shift_px", plan.shift_px},
                    {"scale", plan.scale},
                    {"warp_px", plan.warp_px},
                    {"tone_shift", plan.tone_shift},
                    {"changed_fraction", plan.changed_fraction},
                    {"uncovered_fraction", plan.uncovered_fraction}};
    return json.dump();
}

FitPlan fit_plan_from_json(std::string_view json) {
    try {
        return read_plan(Json::parse(json));
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::invalid_argument,
                    std::string("The stored fit cannot be read: ") + error.what() + ".");
    }
}

} // namespace kontext
