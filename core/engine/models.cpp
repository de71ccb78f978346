#include "core/engine/models.h"

#include "core/engine/builtin_models.h"
#include "core/engine/model_input.h"
#include "core/engine/registry.h"
#include "core/error.h"
#include "core/paths.h"
#include "core/usd.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

constexpr std::int64_t seed_limit = std::numeric_limits<std::int64_t>::max();

// One row of a model file while it is read: knows where it is, for messages.
class RowReader {
public:
    // `size_lists`: of the same file, by name.
    RowReader(const json& row, const json& size_lists, std::string where)
        : row_(row), size_lists_(size_lists), where_(std::move(where)) {
        if (!row.is_object()) {
            reject("is not an object");
        }
    }

    std::string text(const char* member) {
        const json* value = find(member);
        if (value == nullptr || !value->is_string() || value->get<std::string>().empty()) {
            reject("needs a text", member);
        }
        return value->get<std::string>();
    }

    bool flag(const char* member) {
        const json* value = find(member);
        if (value != nullptr && !value->is_boolean()) {
            reject("needs true or false", member);
        }
        return value != nullptr && value->get<bool>();
    }

    std::string optional_text(const char* member) {
        return find(member) == nullptr ? std::string() : text(member);
    }

    // As JSON again.
    std::string object_text(const char* member) {
        const json* value = find(member);
        if (value != nullptr && !value->is_object()) {
            reject("needs an object", member);
        }
        return value == nullptr ? "{}" : value->dump();
    }

    std::int64_t whole_number(const char* member, std::int64_t fallback, std::int64_t low,
                              std::int64_t high) {
        const json* value = find(member);
        if (value == nullptr) {
            return fallback;
        }
        const bool fits =
            value->is_number_integer() &&
            !(value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t(seed_limit));
        if (!fits || value->get<std::int64_t>() < low || value->get<std::int64_t>() > high) {
            reject("needs a whole number from " + std::to_string(low) + " to " + std::to_string(high),
                   member);
        }
        return value->get<std::int64_t>();
    }

    std::optional<double> price(const char* member) {
        const json* value = find(member);
        if (value == nullptr) {
            return std::nullopt;
        }
        if (!value->is_number() || value->get<double>() < 0) {
            reject("needs a number that is not negative", member);
        }
        return value->get<double>();
    }

    std::vector<Size> sizes(const char* member) {
        std::vector<Size> sizes;
        const json* value = find(member);
        if (value == nullptr || *value == "any") {
            return sizes;
        }
        if (value->is_string() && size_lists_.is_object() && size_lists_.contains(*value)) {
            value = &size_lists_[value->get<std::string>()];
        }
        const char* form = "needs \"any\", the name of one of the \"size_lists\" or a list of [width, "
                           "height], each from 16 to "
                           "16384";
        const auto is_side = [](const json& side) {
            return side.is_number_unsigned() && side.get<std::uint64_t>() >= 16 &&
                   side.get<std::uint64_t>() <= 16384;
        };
        if (!value->is_array() || value->empty()) {
            reject(form, member);
        }
        for (const json& size : *value) {
            if (!size.is_array() || size.size() != 2 || !is_side(size[0]) || !is_side(size[1])) {
                reject(form, member);
            }
            sizes.push_back({size[0].get<int>(), size[1].get<int>()});
        }
        return sizes;
    }

    std::vector<AspectRatio> aspect_ratios(const char* member) {
        std::vector<AspectRatio> ratios;
        const json* value = find(member);
        if (value == nullptr) {
            return {AspectRatio{}};
        }
        const char* form = "needs a list of \"match\" or \"W:H\"";
        if (!value->is_array() || value->empty()) {
            reject(form, member);
        }
        for (const json& ratio : *value) {
            if (!ratio.is_string()) {
                reject(form, member);
            }
            try {
                ratios.push_back(aspect_ratio_from_text(ratio.get<std::string>()));
            } catch (const Error&) {
                reject(form, member);
            }
        }
        return ratios;
    }

    std::optional<ModelInputForm> input_form(const char* member) {
        const json* value = find(member);
        return value == nullptr
                   ? std::nullopt
                   : std::optional(input_form_from_json(*value, where_ + ", \"" + member + "\","));
    }

    // A misspelt member would otherwise be a setting that silently does nothing.
    void refuse_unknown_members() {
        for (const auto& [member, value] : row_.items()) {
            if (!known_.contains(member)) {
                reject("is not a member that this version knows", member.c_str());
            }
        }
    }

    // Of a model that is told the ratio in place of a size.
    void require_ratio_to_send(const Model& model) const {
        if (model.input && model.input->dimensions == ModelInputForm::Dimensions::aspect_ratio &&
            std::ranges::all_of(model.aspect_ratios, &AspectRatio::is_match)) {
            reject("needs a \"W:H\", as that is what is sent", "aspect_ratios");
        }
    }

    // Without it nobody knows what to send.
    void require_input_of_a_service(const Model& model) const {
        const auto service = std::ranges::find_if(engines(), [&](const EngineInfo* engine) {
            return engine->id == model.engine && is_service(*engine);
        });
        if (!model.input && service != engines().end()) {
            reject("is needed, as " + std::string((*service)->name) + " is a service", "input");
        }
    }

private:
    const json* find(const char* member) {
        known_.insert(member);
        const auto found = row_.find(member);
        return found == row_.end() ? nullptr : &*found;
    }

    [[noreturn]] void reject(const std::string& problem, const char* member = nullptr) const {
        throw Error(ErrorCode::bad_settings,
                    where_ + (member ? std::string(", \"") + member + "\", " : " ") + problem + ".");
    }

    const json& row_;
    const json& size_lists_;
    std::string where_;
    std::set<std::string, std::less<>> known_;
};

Model read_model(const json& row, const json& size_lists, const std::string& where) {
    RowReader reader(row, size_lists, where);
    Model model;
    model.engine = reader.text("engine");
    model.id = reader.text("id");
    model.name = reader.text("name");
    model.sizes = reader.sizes("sizes");
    model.multiple_of = static_cast<int>(reader.whole_number("multiple_of", model.multiple_of, 1, 1024));
    model.pixels = reader.whole_number("pixels", model.pixels, 1 << 14, 1 << 28);
    model.aspect_ratios = reader.aspect_ratios("aspect_ratios");
    if (row.contains("seed_max")) {
        model.seed_max = static_cast<std::uint64_t>(reader.whole_number("seed_max", 0, 0, seed_limit));
    }
    model.variations_max =
        static_cast<int>(reader.whole_number("variations_max", model.variations_max, 1, 16));
    model.references_max =
        static_cast<int>(reader.whole_number("references_max", model.references_max, 0, 64));
    model.prompt_max = static_cast<int>(reader.whole_number("prompt_max", model.prompt_max, 1, 1'000'000));
    model.price_usd = reader.price("price_usd");
    model.input = reader.input_form("input");
    model.own_server = reader.flag("own_server");
    model.license = reader.optional_text("license");
    model.recipe = reader.object_text("recipe");
    reader.refuse_unknown_members();
    reader.require_ratio_to_send(model);
    reader.require_input_of_a_service(model);
    return model;
}

// UTF-8 characters, not bytes: continuation bytes do not count.
std::int64_t count_characters(std::string_view text) {
    return std::ranges::count_if(text,
                                 [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

std::string list_ratios(const Model& model) {
    std::string list;
    for (const AspectRatio ratio : model.aspect_ratios) {
        list += (list.empty() ? "" : ", ") + to_text(ratio);
    }
    return list;
}

[[noreturn]] void reject(const std::string& message) {
    throw Error(ErrorCode::invalid_argument, message);
}

} // namespace

std::filesystem::path user_models_file() {
    return config_dir() / "models.json";
}

std::vector<Model> models_from_json(std::string_view text, std::string_view source) {
    const std::string where(source);
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object() || !document.contains("models") || !document["models"].is_array()) {
        throw Error(ErrorCode::bad_settings, where + " is not a JSON object with a list \"models\".");
    }
    if (document.value("version", json(1)) != 1) {
        throw Error(ErrorCode::bad_settings, where + " has a \"version\" that this program does not know.");
    }
    std::vector<Model> models;
    const json size_lists = document.value("size_lists", json::object());
    for (const json& row : document["models"]) {
        models.push_back(read_model(row, size_lists, where + ", model " + std::to_string(models.size() + 1)));
    }
    return models;
}

std::vector<Model> load_models(const std::filesystem::path& user_file) {
    std::vector<Model> models = models_from_json(builtin_models_json, "The built-in models.json");
    std::ifstream file(user_file);
    if (!file) {
        return models;
    }
    std::ostringstream text;
    text << file.rdbuf();
    for (Model& own : models_from_json(text.view(), user_file.string())) {
        const auto same = std::ranges::find_if(
            models, [&](const Model& model) { return model.engine == own.engine && model.id == own.id; });
        if (same != models.end()) {
            *same = std::move(own);
        } else {
            models.push_back(std::move(own));
        }
    }
    return models;
}

std::vector<Model> models_of(const std::vector<Model>& models, std::string_view engine) {
    std::vector<Model> of_engine;
    std::ranges::copy_if(models, std::back_inserter(of_engine),
                         [&](const Model& model) { return model.engine == engine; });
    return of_engine;
}

const Model& find_model(const std::vector<Model>& models, std::string_view engine, std::string_view id) {
    std::string known;
    for (const Model& model : models) {
        if (model.engine == engine) {
            if (id.empty() || model.id == id) {
                return model;
            }
            known += (known.empty() ? "" : ", ") + model.id;
        }
    }
    throw Error(ErrorCode::engine_not_ready, "The engine \"" + std::string(engine) + "\" has no model \"" +
                                                 std::string(id) + "\". It has: " + known + ".");
}

void check_request(const EditRequest& request, const Model& model) {
    if (is_blank(request.prompt)) {
        reject("The prompt is empty: say what should change.");
    }
    if (const auto length = count_characters(request.prompt); length > model.prompt_max) {
        reject("The prompt has " + std::to_string(length) + " characters; " + model.name + " takes at most " +
               std::to_string(model.prompt_max) + ".");
    }
    if (request.seed && (!model.seed_max || *request.seed > *model.seed_max)) {
        reject(model.seed_max ? "The seed " + std::to_string(*request.seed) + " is out of range; " +
                                    model.name + " takes 0 to " + std::to_string(*model.seed_max) + "."
                              : model.name + " takes no seed.");
    }
    if (std::ranges::find(model.aspect_ratios, request.aspect_ratio) == model.aspect_ratios.end()) {
        reject(model.name + " cannot give the aspect ratio " + to_text(request.aspect_ratio) +
               ". It can give: " + list_ratios(model) + ".");
    }
    if (request.variations < 1 || request.variations > model.variations_max) {
        reject(model.name + " makes 1 to " + std::to_string(model.variations_max) + " variations, not " +
               std::to_string(request.variations) + ".");
    }
    if (std::cmp_greater(request.references.size(), model.references_max)) {
        reject(model.references_max == 0 ? model.name + " takes no reference pictures."
                                         : model.name + " takes at most " +
                                               std::to_string(model.references_max) + " reference pictures.");
    }
    if (model.input) {
        check_options(request, model);
    }
}

void check_price(const Model& model, int variations, double max_usd) {
    const auto price = nano_usd_from(model.price_usd);
    if (!price) {
        throw Error(ErrorCode::price_unknown,
                    "The price of " + model.name + " is not known, so it may be above the ceiling.");
    }
    const NanoUsd allowed = nano_usd_from(max_usd).value_or(0);
    if (*price * variations > allowed) {
        throw Error(ErrorCode::over_budget, "This edit costs about " + describe_usd(*price * variations) +
                                                ", more than the ceiling of " + describe_usd(allowed) + ".");
    }
}

} // namespace kontext
