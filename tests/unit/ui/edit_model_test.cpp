#include "core/error.h"
#include "ui/edit_model.h"

#include <array>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace kontext::ui {
namespace {

// Understands what has no "beach" in it.
struct PickyEngine final : Engine {
    std::string explain(const EditRequest& request) const override {
        if (request.prompt.find("beach") != std::string::npos) {
            throw Error(ErrorCode::refused, "No beaches.");
        }
        return "Warmer +12";
    }
    EngineReply run(const EditRequest&, const ModelInput&, const ProgressSink&, std::stop_token) override {
        return {};
    }
};

std::unique_ptr<Engine> make_picky(EngineSetup) {
    return std::make_unique<PickyEngine>();
}

constexpr EngineInfo local{.id = "local", .name = "Local", .description = "Here.", .create = make_picky};
constexpr std::array hosts{ServiceHost{"global", "Anywhere", "https://api.example"},
                           ServiceHost{"eu", "European Union", "https://eu.api.example"}};
constexpr EngineInfo hosted{.id = "hosted",
                            .name = "Hosted",
                            .description = "There.",
                            .destination = Destination::service,
                            .create = make_picky,
                            .hosts = hosts};
constexpr const EngineInfo* both[] = {&local, &hosted};

std::vector<Model> catalogue() {
    Model own{.engine = "local", .id = "own", .name = "Own", .sizes = {}, .aspect_ratios = {{}}};
    own.seed_max = 100;
    own.variations_max = 4;
    own.prompt_max = 20;
    own.price_usd = 0;
    Model plain{
        .engine = "hosted", .id = "plain", .name = "Plain", .sizes = {}, .aspect_ratios = {{}, {3, 2}}};
    plain.price_usd = 0.04;
    Model pro{.engine = "hosted", .id = "pro", .name = "Pro", .sizes = {}, .aspect_ratios = {{1, 1}}};
    pro.seed_max = 10;
    return {own, plain, pro};
}

LayerSummary layer(bool has_selection = false) {
    return {.name = "Sky", .size = {30, 20}, .kind = "8-bit RGB", .has_selection = has_selection};
}

EditModel make_model(const EditRequest& initial = {}, bool has_selection = false) {
    return EditModel(layer(has_selection), initial, catalogue(), both);
}

EditRequest request_for(const std::string& engine, const std::string& prompt) {
    EditRequest request;
    request.engine = engine;
    request.prompt = prompt;
    return request;
}

TEST(EditModel, StartsWithTheFirstEngineWhereTheWantedOneIsUnknown) {
    const EditModel model = make_model(request_for("gone", "warmer"));
    EXPECT_EQ(model.request().engine, "local");
    EXPECT_EQ(model.request().model, "own");
    EXPECT_EQ(model.request().prompt, "warmer");
}

TEST(EditModel, ListsOnlyEnginesThatHaveAModel) {
    std::vector<Model> models = catalogue();
    models.erase(models.begin());
    const EditModel model(layer(), {}, models, both);
    EXPECT_EQ(model.engine_choices().labels, std::vector<std::string>{"Hosted"});
}

TEST(EditModel, RefusesACatalogueThatFitsNoEngine) {
    EXPECT_THROW(EditModel(layer(), {}, {}, both), Error);
}

TEST(EditModel, SaysWhyThereIsNothingToChoose) {
    const EditModel model = make_model();
    EXPECT_EQ(model.engine_choices().why_fixed, "");
    EXPECT_EQ(model.model_choices().why_fixed, "This engine has one model only.");
    EXPECT_EQ(model.aspect_ratio_choices().labels, std::vector<std::string>{"Match layer"});
    EXPECT_EQ(model.aspect_ratio_choices().why_fixed, "Own works on the layer in its own shape.");
}

TEST(EditModel, OffersTheRatiosOfTheModel) {
    EditModel model = make_model(request_for("hosted", "warmer"));
    EXPECT_EQ(model.aspect_ratio_choices().labels, (std::vector<std::string>{"Match layer", "3:2"}));
    model.choose_aspect_ratio(1);
    EXPECT_EQ(model.request().aspect_ratio, (AspectRatio{3, 2}));
    model.choose_aspect_ratio(7);
    EXPECT_EQ(model.aspect_ratio_choices().chosen, 1U);
}

TEST(EditModel, FitsEveryChoiceToANewModel) {
    EditRequest initial = request_for("local", "warmer");
    initial.seed = 55;
    initial.variations = 4;
    initial.options = {{"on-unknown", "apply"}};
    EditModel model = make_model(initial);
    EXPECT_EQ(model.request().options, initial.options);

    model.choose_engine(1);
    model.choose_model(1);
    const EditRequest request = model.request();
    EXPECT_EQ(request.model, "pro");
    EXPECT_EQ(request.aspect_ratio, (AspectRatio{1, 1}));
    EXPECT_EQ(request.seed, std::nullopt);
    EXPECT_EQ(request.variations, 1);
    EXPECT_TRUE(request.options.empty()) << "they were the other engine's";
    EXPECT_EQ(model.why_not_runnable(), "");
}

TEST(EditModel, KeepsASeedUntilANewOneIsWanted) {
    EditModel model = make_model(request_for("local", "warmer"));
    EXPECT_TRUE(model.seed_is_new_each_time());
    model.fix_seed(42);
    EXPECT_EQ(model.request().seed, 42U);
    model.draw_new_seed_each_time();
    EXPECT_EQ(model.request().seed, std::nullopt);
    EXPECT_EQ(model.seed_choice().value, 42U) << "so that it can be fixed again";
}

TEST(EditModel, RollsSeedsThatTheModelTakes) {
    EditModel model = make_model(request_for("local", "warmer"));
    for (int i = 0; i < 200; ++i) {
        model.roll_seed();
        ASSERT_TRUE(model.request().seed);
        EXPECT_LE(*model.request().seed, 100U);
    }
    model.fix_seed(1000);
    EXPECT_EQ(model.request().seed, 100U);
}

TEST(EditModel, HasNoSeedWhereTheModelTakesNone) {
    EditModel model = make_model(request_for("hosted", "warmer"));
    model.roll_seed();
    EXPECT_EQ(model.request().seed, std::nullopt);
    EXPECT_EQ(model.seed_choice().why_fixed, "Plain takes no seed.");
    EXPECT_EQ(model.variation_choices().why_fixed, "Plain makes one picture at a time.");
}

TEST(EditModel, OffersAsManyVariationsAsTheModelMakes) {
    EditModel model = make_model(request_for("local", "warmer"));
    EXPECT_EQ(model.variation_choices().labels, (std::vector<std::string>{"1", "2", "3", "4"}));
    model.choose_variations(2);
    EXPECT_EQ(model.request().variations, 3);
    model.choose_variations(4);
    EXPECT_EQ(model.variation_choices().chosen, 2U);
}

TEST(EditModel, ShowsTheWholeLayerWhileNothingIsSelected) {
    EditModel model = make_model();
    EXPECT_EQ(model.region_choice().shown, Region::layer);
    EXPECT_EQ(model.region_choice().why_fixed, "Nothing is selected in the image.");
    model.set_has_selection(true);
    EXPECT_EQ(model.region_choice().shown, Region::selection);
    EXPECT_EQ(model.region_choice().why_fixed, "");
}

TEST(EditModel, TakesAnewSelectionIntoAccountWhateverWasChosenLastTime) {
    EditRequest initial = request_for("local", "warmer");
    initial.region = Region::layer;
    EXPECT_EQ(make_model(initial, true).region_choice().shown, Region::selection);
}

TEST(EditModel, EditsTheWholeLayerInSpiteOfASelectionWhenTold) {
    EditModel model = make_model(request_for("local", "warmer"), true);
    model.choose_region(Region::layer);
    EXPECT_EQ(model.request().region, Region::layer);
    EXPECT_EQ(model.region_choice().shown, Region::layer);
}

TEST(EditModel, CannotRunWithoutAPrompt) {
    EditModel model = make_model();
    EXPECT_EQ(model.why_not_runnable(), "Say first what should change.");
    EXPECT_EQ(model.hint().kind, PromptHint::Kind::none);
    model.set_prompt(" \n\t ");
    EXPECT_EQ(model.why_not_runnable(), "Say first what should change.");
    model.set_prompt("warmer");
    EXPECT_EQ(model.why_not_runnable(), "");
}

TEST(EditModel, CannotRunAPromptThatIsTooLong) {
    EditModel model = make_model(request_for("local", std::string(100'000, 'a')));
    EXPECT_EQ(model.why_not_runnable(), "The prompt has 100000 characters; Own takes at most 20.");
    EXPECT_EQ(model.hint().kind, PromptHint::Kind::objection);
}

TEST(EditModel, TellsWhatTheEngineUnderstood) {
    const PromptHint hint = make_model(request_for("local", "warmer")).hint();
    EXPECT_EQ(hint.kind, PromptHint::Kind::understood);
    EXPECT_EQ(hint.text, "Understood: Warmer +12");
}

TEST(EditModel, TellsWhatTheEngineWillRefuseButLetsItSaySoItself) {
    const EditModel model = make_model(request_for("local", "add a beach"));
    EXPECT_EQ(model.hint().kind, PromptHint::Kind::objection);
    EXPECT_EQ(model.hint().text, "No beaches.");
    EXPECT_EQ(model.why_not_runnable(), "");
}

TEST(EditModel, SaysWhereThePictureGoesAndWhatItCosts) {
    EditModel model = make_model(request_for("local", "warmer"));
    EXPECT_TRUE(model.stays_on_this_machine());
    EXPECT_EQ(model.price_description(), "Free");
    model.choose_engine(1);
    EXPECT_FALSE(model.stays_on_this_machine());
    EXPECT_EQ(model.destination_description(),
              "The picture and the prompt are sent to Hosted (api.example).");
    EXPECT_EQ(model.price_description(), "About $0.04");
    EXPECT_EQ(model.engine_description(), "There.");
}

TEST(EditModel, DescribesTheLayer) {
    EXPECT_EQ(make_model().layer_description(), "“Sky”, 30 × 20 pixels, 8-bit RGB");
}

TEST(EditModel, OffersFidelityForEnginesThatReturnAModelsPicture) {
    EditModel model = make_model();
    EXPECT_TRUE(model.has_fidelity());
    EXPECT_EQ(model.fidelity_choices().labels.size(), 4U);
    EXPECT_EQ(model.fidelity_choices().labels[0], "Automatic");
    EXPECT_EQ(model.fidelity_choices().chosen, 0U);
    model.choose_fidelity(2);
    EXPECT_EQ(model.request().fidelity, FidelityMode::look);
    EXPECT_EQ(model.fidelity_choices().chosen, 2U);
    model.choose_fidelity(4);
    EXPECT_EQ(model.request().fidelity, FidelityMode::look);
}

TEST(EditModel, OffersNoFidelityForEnginesThatWorkOnTheLayerItself) {
    static constexpr EngineInfo own{
        .id = "local", .name = "Own", .description = "Here.", .full_resolution = true, .create = make_picky};
    static constexpr const EngineInfo* only[] = {&own};
    EXPECT_FALSE(EditModel(layer(), {}, catalogue(), only).has_fidelity());
}

TEST(EditModel, RunsOnceAKeyIsThere) {
    EngineInfo keyed = hosted;
    keyed.needs_key = true;
    const EngineInfo* const engines[] = {&keyed};
    EditModel model(layer(), request_for("hosted", "warmer"), catalogue(), engines);
    EXPECT_TRUE(model.why_not_runnable().empty()); // not known yet
    model.set_key_state("hosted", KeyState::missing);
    EXPECT_EQ(model.obstacle().kind, Obstacle::Kind::key);
    EXPECT_FALSE(model.why_not_runnable().empty());
    EXPECT_EQ(model.hint().kind, PromptHint::Kind::understood); // nothing is wrong with the prompt
    model.set_key_state("hosted", KeyState::there);
    EXPECT_TRUE(model.why_not_runnable().empty());
}

TEST(EditModel, KeepsToTheCeilingOfTheMonth) {
    EditModel model = make_model(request_for("hosted", "warmer"));
    EXPECT_TRUE(model.budget_description().empty());
    model.set_spending({.ceiling_usd = 1.0, .spent_usd = 0.96});
    EXPECT_TRUE(model.why_not_runnable().empty()); // 0.04, to the cent
    EXPECT_EQ(model.budget_description(), "$0.04 of $1.00 left this month");
    model.set_spending({.ceiling_usd = 1.0, .spent_usd = 0.97});
    EXPECT_EQ(model.obstacle().kind, Obstacle::Kind::ceiling);
    model.choose_model(1); // whose price is not known
    EXPECT_EQ(model.obstacle().kind, Obstacle::Kind::ceiling);
    model.set_spending({.ceiling_usd = 1.0, .spent_usd = 0.75, .unknown_usd = 0.25});
    EXPECT_TRUE(model.why_not_runnable().empty());
    EXPECT_EQ(model.price_description(), "Price not known, counts as $0.25");
    model.set_spending({.ceiling_usd = 1.0, .spent_usd = 0.76, .unknown_usd = 0.25});
    EXPECT_EQ(model.obstacle().kind, Obstacle::Kind::ceiling);
    model.choose_engine(0); // on this machine
    EXPECT_TRUE(model.why_not_runnable().empty());
}

TEST(EditModel, TakesTheAddressFromTheSettingsAlone) {
    EditRequest initial = request_for("hosted", "warmer");
    initial.options = {{"host", "old"}, {"other", "kept"}};
    EditModel model = make_model(initial);
    model.set_engine_options({{"hosted", {{"host", "eu"}, {"other", "default"}}}});
    EXPECT_EQ(model.request().options.at("host"), "eu");
    EXPECT_EQ(model.request().options.at("other"), "kept");
    model.set_engine_options({});
    EXPECT_FALSE(model.request().options.contains("host"));
}

TEST(EditModel, APictureStaysHereWhereTheServerOfThePersonsOwnIsHere) {
    static const EngineInfo own{.id = "own",
                                .name = "Own server",
                                .description = "One of your own.",
                                .destination = Destination::service,
                                .create = find_engine("comfyui").create,
                                .default_url = "http://127.0.0.1:8188"};
    static const EngineInfo* const engines[] = {&own};
    Model row{.engine = "own", .id = "m", .name = "M", .sizes = {}, .aspect_ratios = {{}}};
    row.price_usd = 0;
    EditModel model({}, request_for("own", "warmer"), {row}, engines);
    EXPECT_TRUE(model.stays_on_this_machine());
    EXPECT_EQ(model.destination_description(), "The picture stays on this machine.");
    model.set_engine_settings({{"own", {{"url", "https://gpu.example:8188"}}}});
    EXPECT_FALSE(model.stays_on_this_machine());
    EXPECT_NE(model.destination_description().find("gpu.example"), std::string::npos);
    model.set_engine_settings({{"own", {{"url", "http://gpu.example:8188"}}}});
    EXPECT_FALSE(model.stays_on_this_machine());
    EXPECT_NE(model.destination_description().find("https"), std::string::npos);
}

} // namespace
} // namespace kontext::ui
