#include "core/engine/engines/sd_server/recipe.h"

#include "core/error.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include <nlohmann/json.hpp>

namespace kontext::sd_server {

using nlohmann::json;

namespace {

class RecipeReader {
public:
    explicit RecipeReader(const Model& model) : model_(model), object_(json::parse(model.recipe)) {}

    Recipe read() {
        refuse_unknown_members(object_,
                               {"files", "sample_params", "arguments", "gpu_arguments", "cpu_arguments"});
        Recipe recipe;
        if (!object_.contains("files") || !object_["files"].is_array() || object_["files"].empty()) {
            reject(R"(needs a list "files")");
        }
        for (const json& file : object_["files"]) {
            recipe.files.push_back(read_file(file));
        }
        const json sampling = read_sampling();
        recipe.sample_params = sampling.dump();
        recipe.sampling_arguments = arguments_of(sampling);
        recipe.arguments = texts(object_, "arguments");
        recipe.gpu_arguments = texts(object_, "gpu_arguments");
        recipe.cpu_arguments = texts(object_, "cpu_arguments");
        return recipe;
    }

private:
    FileRole read_file(const json& file) {
        if (!file.is_object()) {
            reject(R"(needs objects in "files")");
        }
        refuse_unknown_members(file, {"role", "flag", "patterns", "except", "from", "optional"});
        FileRole role{.name = text(file, "role"),
                      .flag = text(file, "flag"),
                      .patterns = texts(file, "patterns"),
                      .except = texts(file, "except"),
                      .source = text(file, "from"),
                      .is_optional = file.value("optional", json(false)) == true};
        if (role.name.empty() || !role.flag.starts_with('-') || role.patterns.empty()) {
            reject(R"(needs a "role", a "flag" and "patterns" for each file)");
        }
        return role;
    }

    // The server's own default for the guidance runs the model twice and suits none of those that edit.
    json read_sampling() {
        json sampling = object_.value("sample_params", json::object());
        if (!sampling.is_object() || !sampling.value("guidance", json::object()).is_object()) {
            reject(R"(needs an object as "sample_params", with one as its "guidance")");
        }
        sampling["guidance"].emplace("txt_cfg", 1.0);
        return sampling;
    }

    static std::vector<std::string> arguments_of(const json& sampling) {
        std::vector<std::string> arguments;
        const auto add = [&](const char* flag, const json& value) {
            if (value.is_string() || value.is_number()) {
                arguments.insert(arguments.end(),
                                 {flag, value.is_string() ? value.get<std::string>() : value.dump()});
            }
        };
        add("--steps", sampling.value("sample_steps", json()));
        add("--sampling-method", sampling.value("sample_method", json()));
        add("--cfg-scale", sampling["guidance"].value("txt_cfg", json()));
        add("--guidance", sampling["guidance"].value("distilled_guidance", json()));
        add("--flow-shift", sampling.value("flow_shift", json()));
        return arguments;
    }

    std::string text(const json& object, const char* member) {
        const json value = object.value(member, json(""));
        if (!value.is_string()) {
            reject(std::string("needs a text as \"") + member + "\"");
        }
        return value.get<std::string>();
    }

    std::vector<std::string> texts(const json& object, const char* member) {
        std::vector<std::string> all;
        const json list = object.value(member, json::array());
        for (const json& item : list.is_array() ? list : json::array({0})) {
            if (!item.is_string()) {
                reject(std::string("needs a list of texts as \"") + member + "\"");
            }
            all.push_back(item.get<std::string>());
        }
        return all;
    }

    void refuse_unknown_members(const json& object, std::initializer_list<std::string_view> known) {
        for (const auto& [member, value] : object.items()) {
            if (std::ranges::find(known, member) == known.end()) {
                reject("has a member \"" + member + "\" that this version does not know");
            }
        }
    }

    [[noreturn]] void reject(const std::string& problem) {
        throw Error(ErrorCode::bad_settings,
                    "The \"recipe\" of the model " + model_.id + " in models.json " + problem + ".");
    }

    const Model& model_;
    json object_;
};

} // namespace

Recipe read_recipe(const Model& model) {
    return RecipeReader(model).read();
}

} // namespace kontext::sd_server
