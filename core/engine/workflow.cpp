#include "core/engine/workflow.h"

#include "core/error.h"
#include "core/net/json_body.h"

#include <algorithm>
#include <set>

#include <fnmatch.h>
#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

[[noreturn]] void reject(const std::string& where, const std::string& problem) {
    throw Error(ErrorCode::bad_settings, where + " " + problem);
}

bool holds(const json& value, std::string_view place) {
    if (value.is_string()) {
        return value.get_ref<const std::string&>().find(place) != std::string::npos;
    }
    return value.is_structured() &&
           std::ranges::any_of(value, [&](const json& part) { return holds(part, place); });
}

class Filler {
public:
    explicit Filler(const WorkflowValues& values) : words_(values.files) {
        words_["prompt"] = values.prompt;
        words_["image"] = values.image;
        numbers_ = {{"seed", values.seed},
                    {"width", static_cast<std::uint64_t>(values.size.width)},
                    {"height", static_cast<std::uint64_t>(values.size.height)}};
    }

    json fill(const json& value) const {
        if (value.is_string()) {
            return fill_text(value.get_ref<const std::string&>());
        }
        json filled = value;
        if (value.is_structured()) {
            for (json& part : filled) {
                part = fill(part);
            }
        }
        return filled;
    }

private:
    json fill_text(const std::string& text) const {
        if (text.size() > 2 && text.front() == '%' && text.back() == '%') {
            const auto number = numbers_.find(text.substr(1, text.size() - 2));
            if (number != numbers_.end()) {
                return number->second;
            }
        }
        std::string filled;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text[at] == '%' ? text.find('%', at + 1) : std::string::npos;
            const auto value =
                end == std::string::npos ? std::nullopt : find(text.substr(at + 1, end - at - 1));
            if (value) {
                filled += *value;
                at = end + 1;
            } else {
                filled += text[at++];
            }
        }
        return filled;
    }

    std::optional<std::string> find(const std::string& name) const {
        if (const auto word = words_.find(name); word != words_.end()) {
            return word->second;
        }
        if (const auto number = numbers_.find(name); number != numbers_.end()) {
            return std::to_string(number->second);
        }
        return std::nullopt;
    }

    std::map<std::string, std::string> words_;
    std::map<std::string, std::uint64_t> numbers_;
};

bool fits(const std::string& name, const std::string& pattern) {
    const auto folder = name.find_last_of("/\\"); // a server on Windows lists with the latter
    const std::string file = folder == std::string::npos ? name : name.substr(folder + 1);
    return ::fnmatch(pattern.c_str(), file.c_str(), FNM_CASEFOLD) == 0;
}

} // namespace

json workflow_from_json(std::string_view text, const std::string& where) {
    json graph = json::parse(text, nullptr, false);
    if (!graph.is_object() || graph.empty()) {
        reject(where, "is no JSON object.");
    }
    if (graph.contains("nodes") && graph.contains("links")) {
        reject(where, "was saved for ComfyUI's canvas. Save it again with \"Export (API)\".");
    }
    for (const auto& [id, node] : graph.items()) {
        if (!node.is_object() || !member_of(node, "class_type").is_string() ||
            !member_of(node, "inputs").is_object()) {
            reject(where, "is no ComfyUI workflow in API format: \"" + clean_text(id) + "\" is no node.");
        }
    }
    if (!holds(graph, "%image%")) {
        reject(where, "has no %image%: write it where the LoadImage node has the name of its picture.");
    }
    return graph;
}

json fill_workflow(const json& graph, const WorkflowValues& values) {
    return Filler(values).fill(graph);
}

std::vector<std::string> classes_of(const json& graph) {
    std::set<std::string> classes;
    for (const json& node : graph) {
        classes.insert(text_of(node, "class_type"));
    }
    return {classes.begin(), classes.end()};
}

std::string choose_file(const std::vector<std::string>& names, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
        const auto found =
            std::ranges::find_if(names, [&](const std::string& name) { return fits(name, pattern); });
        if (found != names.end()) {
            return *found;
        }
    }
    return {};
}

std::vector<std::string> choices_of(const json& object_info, const std::string& node_class,
                                    const std::string& input) {
    const json& inputs = member_of(member_of(object_info, node_class.c_str()), "input");
    const json& required = member_of(member_of(inputs, "required"), input.c_str());
    const json& found =
        required.is_null() ? member_of(member_of(inputs, "optional"), input.c_str()) : required;
    if (!found.is_array() || found.empty()) {
        return {};
    }
    // [["a", "b"], {…}], and since 0.3.50 or so ["COMBO", {"options": ["a", "b"]}].
    const json& list =
        found.front().is_array() || found.size() < 2 ? found.front() : member_of(found.at(1), "options");
    std::vector<std::string> names;
    if (list.is_array()) {
        for (const json& name : list) {
            if (name.is_string()) {
                names.push_back(name.get<std::string>());
            }
        }
    }
    return names;
}

std::optional<double> WorkflowProgress::read(std::string_view text) {
    const json message = json::parse(text, nullptr, false);
    const json& data = member_of(message, "data");
    const std::string type = text_of(message, "type");
    const std::string of = text_of(data, "prompt_id");
    if (!of.empty() && of != prompt_id_) {
        return shown_;
    }
    if (type == "executing" && member_of(data, "node").is_string()) {
        ++nodes_begun_;
    } else if (type == "progress") {
        const double most = number_of(data, "max").value_or(0);
        sampled_ = most > 0 ? std::max(sampled_, number_of(data, "value").value_or(0) / most) : sampled_;
    } else {
        return shown_;
    }
    const double nodes = static_cast<double>(nodes_begun_) / static_cast<double>(node_count_);
    shown_ = std::max(shown_.value_or(0), 0.2 * std::min(nodes, 1.0) + 0.8 * std::min(sampled_, 1.0));
    return shown_;
}

} // namespace kontext
