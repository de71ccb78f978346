#include "ui/edit_model.h"

#include "core/error.h"
#include "ui/text/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kontext::ui {

namespace {

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

std::string label_of(AspectRatio ratio) {
    return ratio.is_match() ? std::string(_("Match layer")) : to_text(ratio);
}

constexpr const char* host_option = "host"; // see base_url_of()

// "api.bfl.ai" of "https://api.bfl.ai/v1".
std::string host_of(std::string_view url) {
    const std::size_t start = url.find("://");
    url.remove_prefix(start == std::string_view::npos ? 0 : start + 3);
    return std::string(url.substr(0, url.find('/')));
}

constexpr std::array fidelity_modes{FidelityMode::automatic, FidelityMode::keep, FidelityMode::look,
                                    FidelityMode::raw};

std::string name_of(FidelityMode mode) {
    switch (mode) {
    case FidelityMode::automatic: return _("Automatic");
    case FidelityMode::keep: return _("Keep unchanged pixels");
    case FidelityMode::look: return _("New look on the photo's own detail");
    case FidelityMode::raw: return _("As returned");
    }
    return {};
}

// The index of what is searched for, or of the first.
template <typename Range, typename Matches>
std::size_t index_or_first(const Range& range, Matches matches) {
    const auto found = std::ranges::find_if(range, matches);
    return found == std::ranges::end(range) ? 0 : static_cast<std::size_t>(found - std::ranges::begin(range));
}

} // namespace

EditModel::EditModel(LayerSummary layer, EditRequest initial, std::vector<Model> catalogue,
                     std::span<const EngineInfo* const> engines)
    : layer_(std::move(layer)), catalogue_(std::move(catalogue)), request_(std::move(initial)) {
    std::ranges::copy_if(engines, std::back_inserter(engines_), [&](const EngineInfo* engine) {
        return !models_of(catalogue_, engine->id).empty();
    });
    if (engines_.empty()) {
        throw Error(ErrorCode::bad_settings,
                    "The model catalogue has no model for any engine of this program.");
    }
    // A selection is made on purpose, so it counts again each time.
    request_.region = Region::selection;
    use_engine(
        index_or_first(engines_, [&](const EngineInfo* engine) { return engine->id == request_.engine; }));
}

void EditModel::use_engine(std::size_t index) {
    engine_index_ = index;
    adviser_ = engine().create({});
    if (request_.engine != engine().id) {
        request_.options.clear(); // they were the other engine's own
        request_.model.clear();
    }
    request_.engine = engine().id;
    use_engine_options();
    models_ = models_of(catalogue_, request_.engine);
    use_model(index_or_first(models_, [&](const Model& known) { return known.id == request_.model; }));
}

void EditModel::set_engine_options(EngineOptions options) {
    engine_options_ = std::move(options);
    request_.options.erase(host_option);
    use_engine_options();
}

void EditModel::use_engine_options() {
    if (const auto options = engine_options_.find(request_.engine); options != engine_options_.end()) {
        request_.options.insert(options->second.begin(), options->second.end()); // keeps what is there
    }
}

void EditModel::use_model(std::size_t index) {
    model_index_ = index;
    request_.model = model().id;
    request_.variations = std::clamp(request_.variations, 1, model().variations_max);
    if (std::ranges::find(model().aspect_ratios, request_.aspect_ratio) == model().aspect_ratios.end()) {
        request_.aspect_ratio = model().aspect_ratios.front();
    }
    const auto& seed_max = model().seed_max;
    if (request_.seed && (!seed_max || *request_.seed > *seed_max)) {
        request_.seed.reset();
    }
    last_seed_ = request_.seed.value_or(std::min(last_seed_, seed_max.value_or(0)));
    if (std::cmp_greater(request_.references.size(), model().references_max)) {
        request_.references.resize(static_cast<std::size_t>(model().references_max));
    }
}

Choices EditModel::engine_choices() const {
    Choices choices{.labels = {}, .chosen = engine_index_, .why_fixed = {}};
    for (const EngineInfo* engine : engines_) {
        choices.labels.emplace_back(translate(std::string(engine->name).c_str()));
    }
    return choices;
}

Choices EditModel::model_choices() const {
    Choices choices{.labels = {}, .chosen = model_index_, .why_fixed = {}};
    for (const Model& known : models_) {
        choices.labels.push_back(known.name);
    }
    if (models_.size() == 1) {
        choices.why_fixed = _("This engine has one model only.");
    }
    return choices;
}

Choices EditModel::aspect_ratio_choices() const {
    const std::vector<AspectRatio>& ratios = model().aspect_ratios;
    Choices choices;
    choices.chosen =
        index_or_first(ratios, [&](AspectRatio ratio) { return ratio == request_.aspect_ratio; });
    std::ranges::transform(ratios, std::back_inserter(choices.labels), label_of);
    if (ratios.size() == 1) {
        choices.why_fixed = ratios.front().is_match()
                                ? fill_in(_("{1} works on the layer in its own shape."), {model().name})
                                : fill_in(_("{1} gives pictures of the shape {2} only."),
                                          {model().name, to_text(ratios.front())});
    }
    return choices;
}

Choices EditModel::variation_choices() const {
    Choices choices{
        .labels = {}, .chosen = static_cast<std::size_t>(request_.variations) - 1, .why_fixed = {}};
    for (int count = 1; count <= model().variations_max; ++count) {
        choices.labels.push_back(std::to_string(count));
    }
    if (model().variations_max == 1) {
        choices.why_fixed = fill_in(_("{1} makes one picture at a time."), {model().name});
    }
    return choices;
}

Choices EditModel::fidelity_choices() const {
    Choices choices;
    choices.chosen =
        index_or_first(fidelity_modes, [&](FidelityMode mode) { return mode == request_.fidelity; });
    for (const FidelityMode mode : fidelity_modes) {
        choices.labels.push_back(name_of(mode));
    }
    return choices;
}

SeedChoice EditModel::seed_choice() const {
    return {.value = last_seed_,
            .why_fixed = model().seed_max ? "" : fill_in(_("{1} takes no seed."), {model().name})};
}

RegionChoice EditModel::region_choice() const {
    if (!layer_.has_selection) {
        return {.shown = Region::layer, .why_fixed = _("Nothing is selected in the image.")};
    }
    return {.shown = request_.region, .why_fixed = {}};
}

void EditModel::choose_engine(std::size_t index) {
    if (index != engine_index_ && index < engines_.size()) {
        use_engine(index);
    }
}

void EditModel::choose_model(std::size_t index) {
    if (index < models_.size()) {
        use_model(index);
    }
}

void EditModel::choose_aspect_ratio(std::size_t index) {
    if (index < model().aspect_ratios.size()) {
        request_.aspect_ratio = model().aspect_ratios[index];
    }
}

void EditModel::choose_fidelity(std::size_t index) {
    if (index < fidelity_modes.size()) {
        request_.fidelity = fidelity_modes[index];
    }
}

void EditModel::fix_seed(std::uint64_t seed) {
    if (const auto& seed_max = model().seed_max) {
        last_seed_ = std::min(seed, *seed_max);
        request_.seed = last_seed_;
    }
}

void EditModel::roll_seed() {
    if (const auto& seed_max = model().seed_max) {
        fix_seed(draw_seed(*seed_max));
    }
}

void EditModel::choose_variations(std::size_t index) {
    if (std::cmp_less(index, model().variations_max)) {
        request_.variations = static_cast<int>(index) + 1;
    }
}

std::string EditModel::why_prompt_is_unusable() const {
    if (is_blank(request_.prompt)) {
        return _("Say first what should change.");
    }
    try {
        check_request(request_, model());
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

std::string EditModel::why_not_runnable() const {
    const Obstacle in_the_way = obstacle();
    return in_the_way.kind == Obstacle::Kind::none ? why_prompt_is_unusable() : in_the_way.text;
}

Obstacle EditModel::obstacle() const {
    const auto key = keys_.find(request_.engine);
    const KeyState state = key == keys_.end() ? KeyState::unknown : key->second;
    if (wants_key() && state == KeyState::missing) {
        return {.kind = Obstacle::Kind::key,
                .text = fill_in(_("{1} needs a key of your own, and none is set up yet."), {engine().name})};
    }
    if (wants_key() && state == KeyState::unreadable) {
        return {.kind = Obstacle::Kind::key,
                .text = fill_in(_("The key for {1} could not be read."), {engine().name})};
    }
    if (!is_service(engine()) || !spending_.ceiling_usd || price() == 0.0) {
        return {};
    }
    if (!price()) {
        return {.kind = Obstacle::Kind::ceiling,
                .text =
                    fill_in(_("The price of {1} is not known, so it cannot keep to the month's ceiling. Say "
                              "in the settings what it counts as."),
                            {model().name})};
    }
    constexpr double rounding = 1e-9; // prices are sums of cents
    const double left = std::max(0.0, *spending_.ceiling_usd - spending_.spent_usd);
    if (*price() > left + rounding) {
        return {.kind = Obstacle::Kind::ceiling,
                .text = fill_in(_("This edit costs {1}, and {2} are left of this month's ceiling of {3}."),
                                {money(*price()), money(left), money(*spending_.ceiling_usd)})};
    }
    return {};
}

PromptHint EditModel::hint() const {
    if (is_blank(request_.prompt)) {
        return {};
    }
    if (std::string objection = why_prompt_is_unusable(); !objection.empty()) {
        return {.kind = PromptHint::Kind::objection, .text = std::move(objection)};
    }
    try {
        const std::string summary = adviser_->explain(request_);
        if (summary.empty()) {
            return {};
        }
        return {.kind = PromptHint::Kind::understood, .text = fill_in(_("Understood: {1}"), {summary})};
    } catch (const Error& error) {
        return {.kind = PromptHint::Kind::objection, .text = error.what()};
    }
}

std::string EditModel::layer_description() const {
    const std::string width = std::to_string(layer_.size.width);
    const std::string height = std::to_string(layer_.size.height);
    return fill_in(_("“{1}”, {2} × {3} pixels, {4}"), {layer_.name, width, height, layer_.kind});
}

std::string EditModel::engine_description() const {
    return describe_engine(engine());
}

std::string EditModel::base_url() const {
    const auto settings = engine_settings_.find(request_.engine);
    return base_url_of(
        engine(), request_,
        settings_for(engine(), model(),
                     settings == engine_settings_.end() ? EngineSettings() : settings->second));
}

bool EditModel::wants_key() const {
    try {
        return !model().own_server && requires_key(engine(), base_url());
    } catch (const Error&) {
        return engine().needs_key; // its address is none
    }
}

bool EditModel::stays_on_this_machine() const {
    try {
        return destination_of(engine(), base_url()) == Destination::this_machine;
    } catch (const Error&) {
        return false; // its address is none
    }
}

std::string EditModel::destination_description() const {
    if (stays_on_this_machine()) {
        return _("The picture stays on this machine.");
    }
    try {
        const std::string host = host_of(base_url());
        if (!host.empty()) {
            return fill_in(_("The picture and the prompt are sent to {1} ({2})."), {engine().name, host});
        }
    } catch (const Error& error) {
        return error.what(); // of its address
    }
    return describe_destination(engine());
}

std::string EditModel::retention_description() const {
    return describe_retention(engine());
}

std::optional<double> EditModel::price() const {
    const auto one = model().price_usd ? model().price_usd : spending_.unknown_usd;
    return one ? std::optional(*one * request_.variations) : std::nullopt;
}

std::string EditModel::price_description() const {
    if (!model().price_usd && !stays_on_this_machine() && price()) {
        return fill_in(_("Price not known, counts as {1}"), {money(*price())});
    }
    return describe_price(model(), request_.variations);
}

std::string EditModel::budget_description() const {
    if (!is_service(engine()) || !spending_.ceiling_usd) {
        return {};
    }
    const double left = std::max(0.0, *spending_.ceiling_usd - spending_.spent_usd);
    return fill_in(_("{1} of {2} left this month"), {money(left), money(*spending_.ceiling_usd)});
}

} // namespace kontext::ui
