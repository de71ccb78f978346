#include "core/engine/model_input.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

template <class Enum, std::size_t count>
using Names = std::array<std::pair<std::string_view, Enum>, count>;

constexpr Names<ModelInputForm::Images, 4> images_names{{
    {"one", ModelInputForm::Images::one},
    {"list", ModelInputForm::Images::list},
    {"numbered", ModelInputForm::Images::numbered},
    {"apart", ModelInputForm::Images::apart},
}};
constexpr Names<ModelInputForm::Dimensions, 5> dimensions_names{{
    {"not_sent", ModelInputForm::Dimensions::not_sent},
    {"sides", ModelInputForm::Dimensions::sides},
    {"object", ModelInputForm::Dimensions::object},
    {"text", ModelInputForm::Dimensions::text},
    {"aspect_ratio", ModelInputForm::Dimensions::aspect_ratio},
}};
constexpr Names<ModelInputForm::Seed, 3> seed_names{{
    {"not_sent", ModelInputForm::Seed::not_sent},
    {"integer", ModelInputForm::Seed::integer},
    {"text", ModelInputForm::Seed::text},
}};
constexpr Names<ModelOption::Kind, 4> kind_names{{
    {"integer", ModelOption::Kind::integer},
    {"number", ModelOption::Kind::number},
    {"boolean", ModelOption::Kind::boolean},
    {"text", ModelOption::Kind::text},
}};

// An object of the catalogue while it is read; what nobody asked for is a misspelling.
class ObjectReader {
public:
    ObjectReader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
        if (!object.is_object()) {
            reject("is not an object");
        }
    }

    template <class Enum, std::size_t count>
    Enum one_of(const char* member, Enum fallback, const Names<Enum, count>& names) {
        const json* value = find(member);
        if (value == nullptr) {
            return fallback;
        }
        const auto found =
            std::ranges::find_if(names, [&](const auto& name) { return *value == name.first; });
        if (found == names.end()) {
            reject(std::string("has no such \"") + member + "\"");
        }
        return found->second;
    }
    std::string text(const char* member, std::string fallback) {
        const json* value = find(member);
        if (value != nullptr && !value->is_string()) {
            reject(std::string("needs a text as \"") + member + "\"");
        }
        return value == nullptr ? std::move(fallback) : value->get<std::string>();
    }
    std::optional<double> number(const char* member) {
        const json* value = find(member);
        if (value != nullptr && !value->is_number()) {
            reject(std::string("needs a number as \"") + member + "\"");
        }
        return value == nullptr ? std::nullopt : std::optional(value->get<double>());
    }
    std::vector<std::string> texts(const char* member) {
        std::vector<std::string> all;
        if (const json* value = find(member)) {
            if (!value->is_array() ||
                !std::ranges::all_of(*value, [](const json& item) { return item.is_string(); })) {
                reject(std::string("needs a list of texts as \"") + member + "\"");
            }
            all = value->get<std::vector<std::string>>();
        }
        return all;
    }
    const json& object(const char* member) {
        static const json empty = json::object();
        const json* value = find(member);
        if (value != nullptr && !value->is_object()) {
            reject(std::string("needs an object as \"") + member + "\"");
        }
        return value == nullptr ? empty : *value;
    }
    void refuse_unknown_members() const {
        for (const auto& [member, value] : object_.items()) {
            if (!known_.contains(member)) {
                reject("has a member \"" + member + "\" that this version does not know");
            }
        }
    }

private:
    const json* find(const char* member) {
        known_.insert(member);
        const auto found = object_.find(member);
        return found == object_.end() ? nullptr : &*found;
    }
    [[noreturn]] void reject(const std::string& problem) const {
        throw Error(ErrorCode::bad_settings, where_ + " " + problem + ".");
    }

    const json& object_;
    std::string where_;
    std::set<std::string, std::less<>> known_;
};

ModelOption read_option(const json& object, const std::string& where) {
    ObjectReader reader(object, where);
    ModelOption option{.kind = reader.one_of("kind", ModelOption::Kind::text, kind_names),
                       .minimum = reader.number("minimum"),
                       .maximum = reader.number("maximum"),
                       .choices = reader.texts("choices")};
    reader.refuse_unknown_members();
    return option;
}

[[noreturn]] void reject_option(const Model& model, const std::string& name, const std::string& wanted) {
    throw Error(ErrorCode::invalid_argument,
                model.name + " takes " + wanted + " as option \"" + name + "\".");
}

std::string range_of(const ModelOption& option) {
    const auto text = [](double value) {
        return json(value == std::floor(value) ? json(std::int64_t(value)) : json(value)).dump();
    };
    std::string range;
    if (option.minimum) {
        range += " from " + text(*option.minimum);
    }
    if (option.maximum) {
        range += " to " + text(*option.maximum);
    }
    return range;
}

// The number in a text, within the option's range.
double read_number(const Model& model, const std::string& name, const ModelOption& option,
                   const std::string& text) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = option.kind != ModelOption::Kind::number;
    constexpr double whole_max = 1LL << 53; // beyond, a double skips numbers
    if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value) ||
        (whole && (value != std::floor(value) || std::abs(value) > whole_max)) ||
        value < option.minimum.value_or(value) || value > option.maximum.value_or(value)) {
        reject_option(model, name, (whole ? "a whole number" : "a number") + range_of(option));
    }
    return value;
}

json option_value(const Model& model, const std::string& name, const ModelOption& option,
                  const std::string& text) {
    switch (option.kind) {
    case ModelOption::Kind::integer: return static_cast<std::int64_t>(read_number(model, name, option, text));
    case ModelOption::Kind::number: return read_number(model, name, option, text);
    case ModelOption::Kind::boolean:
        if (text != "true" && text != "false") {
            reject_option(model, name, "true or false");
        }
        return text == "true";
    case ModelOption::Kind::text: break;
    }
    if (option.minimum || option.maximum) {
        return std::to_string(static_cast<std::int64_t>(read_number(model, name, option, text)));
    }
    if (!option.choices.empty() && std::ranges::find(option.choices, text) == option.choices.end()) {
        std::string list;
        for (const std::string& choice : option.choices) {
            list += (list.empty() ? "" : ", ") + choice;
        }
        reject_option(model, name, "one of " + list);
    }
    return text;
}

// What is for us and never sent: where the service is.
bool is_ours(const std::string& option) {
    return option == "host";
}

void put_images(json& input, const ModelInputForm& form, const std::vector<std::string>& images) {
    switch (form.images) {
    case ModelInputForm::Images::one: input[form.image_member] = images.at(0); return;
    case ModelInputForm::Images::list: input[form.image_member] = images; return;
    case ModelInputForm::Images::numbered:
        for (std::size_t i = 0; i < images.size(); ++i) {
            input[form.image_member + (i == 0 ? "" : "_" + std::to_string(i + 1))] = images[i];
        }
        return;
    case ModelInputForm::Images::apart: return;
    }
}

std::string nearest_ratio(const Model& model, Size canvas) {
    const auto distance = [&](AspectRatio ratio) {
        return ratio.is_match() ? 1e9
                                : std::abs(std::log(static_cast<double>(canvas.width) * ratio.height /
                                                    (static_cast<double>(canvas.height) * ratio.width)));
    };
    return to_text(*std::ranges::min_element(model.aspect_ratios, {}, distance));
}

void put_dimensions(json& input, const Model& model, Size canvas) {
    const ModelInputForm& form = *model.input;
    switch (form.dimensions) {
    case ModelInputForm::Dimensions::not_sent: return;
    case ModelInputForm::Dimensions::sides:
        input["width"] = canvas.width;
        input["height"] = canvas.height;
        return;
    case ModelInputForm::Dimensions::object:
        input[form.size_member] = {{"width", canvas.width}, {"height", canvas.height}};
        return;
    case ModelInputForm::Dimensions::text:
        input[form.size_member] = std::to_string(canvas.width) + "x" + std::to_string(canvas.height);
        return;
    case ModelInputForm::Dimensions::aspect_ratio:
        input[form.size_member] = nearest_ratio(model, canvas);
        return;
    }
}

void put_seed(json& input, const Model& model, const EditRequest& request) {
    if (!request.seed || !model.seed_max) {
        return;
    }
    switch (model.input->seed) {
    case ModelInputForm::Seed::not_sent: return;
    case ModelInputForm::Seed::integer: input["seed"] = *request.seed; return;
    case ModelInputForm::Seed::text: input["seed"] = std::to_string(*request.seed); return;
    }
}

} // namespace

ModelInputForm input_form_from_json(const json& object, const std::string& where) {
    ObjectReader reader(object, where);
    ModelInputForm form;
    form.path = reader.text("path", form.path);
    form.image_member = reader.text("image_member", form.image_member);
    form.images = reader.one_of("images", form.images, images_names);
    form.size_member = reader.text("size_member", form.size_member);
    form.dimensions = reader.one_of("dimensions", form.dimensions, dimensions_names);
    form.seed = reader.one_of("seed", form.seed, seed_names);
    form.fixed = reader.object("fixed").dump();
    for (const auto& [name, option] : reader.object("options").items()) {
        form.options[name] = read_option(option, where + ", option \"" + name + "\",");
    }
    reader.refuse_unknown_members();
    return form;
}

void check_options(const EditRequest& request, const Model& model) {
    std::string known;
    for (const auto& [name, option] : model.input->options) {
        known += (known.empty() ? "" : ", ") + name;
    }
    for (const auto& [name, value] : request.options) {
        if (is_ours(name)) {
            continue;
        }
        const auto found = model.input->options.find(name);
        if (found == model.input->options.end()) {
            throw Error(ErrorCode::invalid_argument, model.name + " has no option \"" + name +
                                                         "\". It has: " + (known.empty() ? "none" : known) +
                                                         ".");
        }
        option_value(model, name, found->second, value);
    }
}

std::string path_of(const Model& model, std::string otherwise) {
    return model.input && !model.input->path.empty() ? model.input->path : std::move(otherwise);
}

json build_model_input(const Model& model, const EditRequest& request, Size canvas,
                       const std::vector<std::string>& images) {
    const ModelInputForm& form = *model.input;
    json input = json::parse(form.fixed);
    input["prompt"] = request.prompt;
    put_images(input, form, images);
    put_dimensions(input, model, canvas);
    put_seed(input, model, request);
    for (const auto& [name, value] : request.options) {
        if (!is_ours(name)) {
            input[name] = option_value(model, name, form.options.at(name), value);
        }
    }
    return input;
}

} // namespace kontext
