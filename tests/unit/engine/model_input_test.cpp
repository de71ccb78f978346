#include "core/engine/model_input.h"
#include "core/engine/models.h"
#include "tests/support/expect_error.h"

#include <set>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

Model make_model(const char* form) {
    return {.engine = "e",
            .id = "m",
            .name = "M",
            .aspect_ratios = {AspectRatio{}, {1, 1}, {3, 2}, {2, 3}},
            .seed_max = 100,
            .input = input_form_from_json(json::parse(form), "test")};
}

EditRequest make_request(std::map<std::string, std::string> options = {}) {
    EditRequest request{.prompt = "warmer", .engine = "e", .model = "m", .seed = 42};
    request.options = std::move(options);
    return request;
}

json build(const char* form, const EditRequest& request = make_request(),
           const std::vector<std::string>& images = {"A"}, Size canvas = {1248, 832}) {
    return build_model_input(make_model(form), request, canvas, images);
}

std::string expect_refused(const char* form, const std::string& name, const std::string& value) {
    return test::expect_error(ErrorCode::invalid_argument,
                              [&] { check_options(make_request({{name, value}}), make_model(form)); });
}

} // namespace

TEST(ModelInput, HasPromptPictureAndSeed) {
    EXPECT_EQ(build("{}"), (json{{"prompt", "warmer"}, {"input_image", "A"}, {"seed", 42}}));
}

TEST(ModelInput, HasPicturesInEveryForm) {
    const std::vector<std::string> images = {"A", "B", "C"};
    EXPECT_EQ(
        build(R"({"images": "one", "image_member": "image_url"})", make_request(), {"A"}).at("image_url"),
        "A");
    EXPECT_EQ(
        build(R"({"images": "list", "image_member": "image_urls"})", make_request(), images).at("image_urls"),
        json(images));
    EXPECT_EQ(build(R"({"images": "list", "image_member": "image_urls"})").at("image_urls"),
              json::array({"A"}));
    const json numbered = build(R"({"images": "numbered"})", make_request(), images);
    EXPECT_EQ(numbered.at("input_image"), "A");
    EXPECT_EQ(numbered.at("input_image_2"), "B");
    EXPECT_EQ(numbered.at("input_image_3"), "C");
    EXPECT_EQ(build(R"({"images": "apart"})", make_request(), {}),
              (json{{"prompt", "warmer"}, {"seed", 42}}));
}

TEST(ModelInput, HasTheSizeInEveryForm) {
    EXPECT_FALSE(build(R"({"dimensions": "not_sent"})").contains("image_size"));
    const json sides = build(R"({"dimensions": "sides"})");
    EXPECT_EQ(sides.at("width"), 1248);
    EXPECT_EQ(sides.at("height"), 832);
    EXPECT_EQ(build(R"({"dimensions": "object"})").at("image_size"),
              (json{{"width", 1248}, {"height", 832}}));
    EXPECT_EQ(build(R"({"dimensions": "text", "size_member": "size"})").at("size"), "1248x832");
    EXPECT_EQ(build(R"({"dimensions": "aspect_ratio", "size_member": "aspect_ratio"})").at("aspect_ratio"),
              "3:2");
    EXPECT_EQ(build(R"({"dimensions": "aspect_ratio"})", make_request(), {"A"}, {832, 1248}).at("image_size"),
              "2:3");
    EXPECT_EQ(
        build(R"({"dimensions": "aspect_ratio"})", make_request(), {"A"}, {1104, 1104}).at("image_size"),
        "1:1");
}

TEST(ModelInput, HasTheSeedInEveryForm) {
    EXPECT_EQ(build(R"({"seed": "integer"})").at("seed"), 42);
    EXPECT_EQ(build(R"({"seed": "text"})").at("seed"), "42");
    EXPECT_FALSE(build(R"({"seed": "not_sent"})").contains("seed"));
    EditRequest without = make_request();
    without.seed.reset();
    EXPECT_FALSE(build("{}", without).contains("seed"));
}

TEST(ModelInput, HasWhatIsAlwaysTheSameUnlessAnOptionSaysOtherwise) {
    const char* form = R"({"fixed": {"output_format": "png", "upsampling": false},
                           "options": {"upsampling": {"kind": "boolean"}}})";
    EXPECT_EQ(build(form).at("output_format"), "png");
    EXPECT_EQ(build(form).at("upsampling"), false);
    EXPECT_EQ(build(form, make_request({{"upsampling", "true"}})).at("upsampling"), true);
}

TEST(ModelInput, HasOptionsInTheKindThatTheServiceWants) {
    const char* form = R"({"options": {
        "steps": {"kind": "integer", "minimum": 1, "maximum": 50},
        "guidance": {"kind": "number", "minimum": 1.5, "maximum": 10},
        "grounding": {"kind": "boolean"},
        "tolerance": {"kind": "text", "minimum": 1, "maximum": 6},
        "quality": {"kind": "text", "choices": ["low", "high"]},
        "style": {}}})";
    const json input = build(form, make_request({{"steps", "20"},
                                                 {"guidance", "2.5"},
                                                 {"grounding", "false"},
                                                 {"tolerance", "2.0"},
                                                 {"quality", "high"},
                                                 {"style", "any thing"}}));
    EXPECT_EQ(input.at("steps").dump(), "20");
    EXPECT_EQ(input.at("guidance").dump(), "2.5");
    EXPECT_EQ(input.at("grounding").dump(), "false");
    EXPECT_EQ(input.at("tolerance").dump(), R"("2")");
    EXPECT_EQ(input.at("quality"), "high");
    EXPECT_EQ(input.at("style"), "any thing");

    for (const char* value : {"0", "51", "2.5", "x", "", "1e300", "nan", "5 "}) {
        EXPECT_NE(expect_refused(form, "steps", value).find("from 1 to 50"), std::string::npos);
    }
    for (const char* value : {"1.4", "10.1", "inf", "much"}) {
        EXPECT_NE(expect_refused(form, "guidance", value).find("from 1.5 to 10"), std::string::npos);
    }
    for (const char* value : {"yes", "1", "TRUE", ""}) {
        expect_refused(form, "grounding", value);
    }
    for (const char* value : {"0", "7", "1.5", "strict"}) {
        expect_refused(form, "tolerance", value);
    }
    EXPECT_NE(expect_refused(form, "quality", "medium").find("low, high"), std::string::npos);
}

TEST(ModelInput, RefusesAnOptionThatTheModelDoesNotHave) {
    EXPECT_NE(expect_refused(R"({"options": {"steps": {"kind": "integer"}}})", "step", "1").find("steps"),
              std::string::npos);
    EXPECT_NE(expect_refused("{}", "steps", "1").find("none"), std::string::npos);
}

TEST(ModelInput, RefusesNumbersThatNoIntegerHolds) {
    expect_refused(R"({"options": {"steps": {"kind": "integer"}}})", "steps", "1e300");
}

TEST(ModelInput, LeavesOutWhatIsForUs) {
    const EditRequest request = make_request({{"host", "eu"}});
    check_options(request, make_model("{}"));
    EXPECT_FALSE(build("{}", request).contains("host"));
}

TEST(ModelInputForm, NamesWhatIsWrongWithIt) {
    const char* forms[] = {
        R"({"images": "many"})",
        R"({"dimensions": "size"})",
        R"({"seed": "hex"})",
        R"({"path": 1})",
        R"({"fixed": []})",
        R"({"options": []})",
        R"({"options": {"a": 1}})",
        R"({"option": {}})",
        R"({"options": {"a": {"kind": "date"}}})",
        R"({"options": {"a": {"minimum": "1"}}})",
        R"({"options": {"a": {"choices": [1]}}})",
        R"([])",
    };
    for (const char* form : forms) {
        SCOPED_TRACE(form);
        const std::string message = test::expect_error(
            ErrorCode::bad_settings, [&] { input_form_from_json(json::parse(form), "file, model 1"); });
        EXPECT_TRUE(message.starts_with("file, model 1")) << message;
    }
}

// Of the catalogue: every canvas of such a model is asked for by its own ratio.
TEST(ModelInput, OfTheCatalogueNamesADifferentRatioForEachSize) {
    for (const Model& model : load_models("/no/such/file")) {
        if (!model.input || model.input->dimensions != ModelInputForm::Dimensions::aspect_ratio) {
            continue;
        }
        SCOPED_TRACE(model.engine + " " + model.id);
        std::set<std::string> ratios;
        for (const Size size : model.sizes) {
            ratios.insert(build_model_input(model, make_request(), size, {"A"})
                              .at(model.input->size_member)
                              .get<std::string>());
        }
        EXPECT_EQ(ratios.size(), model.sizes.size());
        EXPECT_FALSE(ratios.contains("match"));
    }
}

} // namespace kontext
