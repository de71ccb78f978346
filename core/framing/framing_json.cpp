#include "core/error.h"
#include "core/framing/framing.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

constexpr int version = 1;

void check(const Framing& framing) {
    constexpr int longest_side = 1 << 20;
    const auto is_size = [](int width, int height) {
        return width > 0 && height > 0 && width <= longest_side && height <= longest_side;
    };
    const PixelBox& region = framing.region;
    const bool is_near = std::abs(static_cast<double>(region.x)) <= longest_side &&
                         std::abs(static_cast<double>(region.y)) <= longest_side;
    const auto is_box = [](const std::array<double, 4>& box) {
        return std::isfinite(box[0]) && std::isfinite(box[1]) && std::isfinite(box[2]) &&
               std::isfinite(box[3]) && box[2] > 0 && box[3] > 0;
    };
    if (!is_size(framing.layer.width, framing.layer.height) ||
        !is_size(framing.canvas.width, framing.canvas.height) || !is_size(region.width, region.height) ||
        !is_near || !is_box(framing.crop)) {
        throw Error(ErrorCode::invalid_argument, "The framing has sides or places that no picture can have.");
    }
}

template <std::size_t Count>
std::array<int, Count> whole_numbers(const json& object, const char* member) {
    const auto numbers = object.at(member).get<std::array<std::int64_t, Count>>();
    std::array<int, Count> result{};
    for (std::size_t i = 0; i < Count; ++i) {
        if (!object.at(member)[i].is_number_integer() || !std::in_range<int>(numbers[i])) {
            throw Error(ErrorCode::invalid_argument,
                        std::string("The framing's \"") + member + "\" is made of whole numbers.");
        }
        result[i] = static_cast<int>(numbers[i]);
    }
    return result;
}

} // namespace

std::string to_json(const Framing& framing) {
    const PixelBox& region = framing.region;
    const json object = {
        {"version", version},
        {"layer", {framing.layer.width, framing.layer.height}},
        {"canvas", {framing.canvas.width, framing.canvas.height}},
        {"region", {region.x, region.y, region.width, region.height}},
        {"crop", framing.crop},
        {"outside", framing.outside == Outside::mirrored ? "mirrored" : "neutral"},
    };
    return object.dump(4) + "\n";
}

Framing framing_from_json(std::string_view text) {
    try {
        const json object = json::parse(text);
        if (object.at("version") != version) {
            throw Error(ErrorCode::invalid_argument,
                        "The framing is of a version that this program does not know.");
        }
        const auto layer = whole_numbers<2>(object, "layer");
        const auto canvas = whole_numbers<2>(object, "canvas");
        const auto region = whole_numbers<4>(object, "region");
        const auto outside = object.at("outside").get<std::string>();
        if (outside != "mirrored" && outside != "neutral") {
            throw Error(ErrorCode::invalid_argument,
                        "The framing's \"outside\" is \"mirrored\" or \"neutral\".");
        }
        Framing framing{.layer = {layer[0], layer[1]},
                        .canvas = {canvas[0], canvas[1]},
                        .region = {region[0], region[1], region[2], region[3]},
                        .crop = object.at("crop").get<std::array<double, 4>>(),
                        .outside = outside == "mirrored" ? Outside::mirrored : Outside::neutral};
        check(framing);
        return framing;
    } catch (const json::exception&) {
        throw Error(
            ErrorCode::invalid_argument,
            R"(This is not a framing: it needs "version", "layer", "canvas", "region", "crop" and "outside".)");
    }
}

} // namespace kontext
