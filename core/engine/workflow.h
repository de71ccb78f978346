#pragma once

#include "core/image/image.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace kontext {

// Graphs of nodes in ComfyUI's API format: {"1": {"class_type": "LoadImage", "inputs": {"image": "%image%"}},
// …}.

// What stands in a graph's places: %prompt%, %image%, %seed%, %width%, %height%, and %NAME% for each file.
struct WorkflowValues {
    std::string prompt;
    std::string image; // as the server's LoadImage takes it
    std::uint64_t seed = 0;
    Size size;
    std::map<std::string, std::string> files;
};

// Throws Error(bad_settings) that starts with `where` for what is no graph in API format, and for one without
// a place for the picture.
nlohmann::json workflow_from_json(std::string_view text, const std::string& where);

// A number takes the place of a text that is nothing but %seed%, %width% or %height%. What is filled in is
// not looked at again: a prompt may speak of %image%. Other words between percent signs stay as they are.
nlohmann::json fill_workflow(const nlohmann::json& graph, const WorkflowValues& values);

// The classes of its nodes, each once.
std::vector<std::string> classes_of(const nlohmann::json& graph);

// Which of the names a server has is meant by the patterns, "*" being any text, in any case: the first
// pattern that fits anything decides, and the first name that it fits. A name's folders do not count. Empty:
// none.
std::string choose_file(const std::vector<std::string>& names, const std::vector<std::string>& patterns);

// The texts that an input of a node can have, from the answer to /object_info/CLASS; both of the forms that
// ComfyUI has had. Empty: it has no such input, or it is no choice.
std::vector<std::string> choices_of(const nlohmann::json& object_info, const std::string& node_class,
                                    const std::string& input);

// How far a graph is, from the messages that ComfyUI sends meanwhile: a fifth for its nodes, the rest for the
// steps of the sampler. Never goes back.
class WorkflowProgress {
public:
    WorkflowProgress(std::size_t node_count, std::string prompt_id)
        : node_count_(node_count), prompt_id_(std::move(prompt_id)) {}

    // 0..1; none until the graph runs. Anything that is no such message of this graph changes nothing.
    std::optional<double> read(std::string_view message);

private:
    std::size_t node_count_;
    std::string prompt_id_;
    std::size_t nodes_begun_ = 0;
    double sampled_ = 0; // share of the steps
    std::optional<double> shown_;
};

} // namespace kontext
