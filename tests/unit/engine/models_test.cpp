#include "core/engine/models.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <fstream>

namespace kontext {

namespace {

std::string document(const std::string& rows) {
    return R"({"version": 1, "models": [)" + rows + "]}";
}

Model read_one(const std::string& row) {
    return models_from_json(document(row), "test").at(0);
}

Model make_model() {
    return {.engine = "e",
            .id = "m",
            .name = "M",
            .sizes = {},
            .aspect_ratios = {AspectRatio{}, {1, 1}},
            .seed_max = 100,
            .variations_max = 2,
            .references_max = 1,
            .prompt_max = 10,
            .price_usd = 0.04};
}

EditRequest make_request() {
    return {.prompt = "warmer", .engine = "e", .model = "m"};
}

std::string expect_rejected(const EditRequest& request, const Model& model = make_model()) {
    return test::expect_error(ErrorCode::invalid_argument, [&] { check_request(request, model); });
}

} // namespace

TEST(Models, ReadEveryMemberOfARow) {
    const Model model = read_one(R"({"engine": "e", "id": "m", "name": "M", "sizes": [[1024, 768]],
        "aspect_ratios": ["match", "16:9"], "seed_max": 7, "variations_max": 4, "references_max": 2,
        "prompt_max": 500, "price_usd": 0.04,
        "multiple_of": 32, "pixels": 2000000, "license": "Apache-2.0", "recipe": {"steps": 4}})");
    EXPECT_EQ(model.license, "Apache-2.0");
    EXPECT_EQ(model.recipe, R"({"steps":4})");
    EXPECT_EQ(model.multiple_of, 32);
    EXPECT_EQ(model.pixels, 2'000'000);
    EXPECT_EQ(model.sizes, (std::vector<Size>{{1024, 768}}));
    EXPECT_EQ(model.aspect_ratios, (std::vector<AspectRatio>{{}, {16, 9}}));
    EXPECT_EQ(model.seed_max, 7U);
    EXPECT_EQ(model.variations_max, 4);
    EXPECT_EQ(model.references_max, 2);
    EXPECT_EQ(model.prompt_max, 500);
    EXPECT_EQ(model.price_usd, 0.04);
}

TEST(Models, TakeSizesFromTheFilesOwnLists) {
    const auto models = models_from_json(R"({"version": 1, "size_lists": {"two": [[1024, 768], [768, 1024]]},
        "models": [{"engine": "e", "id": "m", "name": "M", "sizes": "two"},
                   {"engine": "e", "id": "n", "name": "N", "sizes": "any"}]})",
                                         "test");
    EXPECT_EQ(models.at(0).sizes, (std::vector<Size>{{1024, 768}, {768, 1024}}));
    EXPECT_TRUE(models.at(1).sizes.empty());
}

TEST(Models, HaveAnInputWhereTheyAreHosted) {
    const Model model = read_one(R"({"engine": "e", "id": "m", "name": "M", "aspect_ratios": ["match", "1:1"],
        "input": {"path": "/v1/x", "image_member": "image_urls", "images": "list", "size_member": "ratio",
                  "dimensions": "aspect_ratio", "seed": "text", "fixed": {"n": 1},
                  "options": {"steps": {"kind": "integer", "minimum": 1}}}})");
    ASSERT_TRUE(model.input);
    EXPECT_EQ(model.input->path, "/v1/x");
    EXPECT_EQ(model.input->images, ModelInputForm::Images::list);
    EXPECT_EQ(model.input->dimensions, ModelInputForm::Dimensions::aspect_ratio);
    EXPECT_EQ(model.input->seed, ModelInputForm::Seed::text);
    EXPECT_EQ(model.input->fixed, R"({"n":1})");
    EXPECT_EQ(model.input->options.at("steps").minimum, 1);
}

TEST(Models, NeedARatioToSendWhereThatIsWhatTheyAreTold) {
    const std::string message = test::expect_error(ErrorCode::bad_settings, [] {
        read_one(R"({"engine": "e", "id": "m", "name": "M", "input": {"dimensions": "aspect_ratio"}})");
    });
    EXPECT_NE(message.find("aspect_ratios"), std::string::npos) << message;
}

TEST(Models, OfHostedEnginesAllSayHowTheyWantTheirInput) {
    for (const Model& model : load_models("/no/such/file")) {
        SCOPED_TRACE(model.engine + " " + model.id);
        EXPECT_EQ(model.input.has_value(), is_service(find_engine(model.engine)));
        if (model.input) {
            EXPECT_EQ(model.seed_max.has_value(), model.input->seed != ModelInputForm::Seed::not_sent);
            EXPECT_EQ(model.references_max > 0, model.input->images != ModelInputForm::Images::one);
        }
    }
}

TEST(Models, TakeDefaultsForWhatARowLeavesOut) {
    const Model model = read_one(R"({"engine": "e", "id": "m", "name": "M"})");
    EXPECT_TRUE(model.sizes.empty());
    EXPECT_EQ(model.aspect_ratios, std::vector<AspectRatio>{AspectRatio{}});
    EXPECT_FALSE(model.seed_max);
    EXPECT_FALSE(model.price_usd);
}

TEST(Models, NameFileRowAndMemberOfABrokenRow) {
    const char* members[] = {
        R"("sizes": "many")",      R"("sizes": [])",          R"("sizes": [[1024]])",
        R"("sizes": [[8, 1024]])", R"("aspect_ratios": [])",  R"("aspect_ratios": ["wide"])",
        R"("seed_max": -1)",       R"("seed_max": "7")",      R"("seed_max": 18446744073709551615)",
        R"("variations_max": 0)",  R"("references_max": -1)", R"("prompt_max": 1.5)",
        R"("multiple_of": 0)",     R"("pixels": 100)",        R"("price_usd": -0.01)",
        R"("price_usd": "4c")",    R"("pricee": 4)",
    };
    for (const std::string member : members) {
        SCOPED_TRACE(member);
        const std::string row = R"({"engine": "e", "id": "m", "name": "M", )" + member + "}";
        const std::string message = test::expect_error(ErrorCode::bad_settings, [&] { read_one(row); });
        EXPECT_NE(message.find("test, model 1"), std::string::npos) << message;
        EXPECT_NE(message.find(member.substr(0, member.find(':'))), std::string::npos) << message;
    }
}

TEST(Models, RefuseRowsWithoutANameAndDocumentsOfAnotherShape) {
    for (const char* text : {"", "[]", "{}", R"({"version": 2, "models": []})", R"({"models": [7]})",
                             R"({"models": [{"engine": "e", "id": ""}]})"}) {
        SCOPED_TRACE(text);
        test::expect_error(ErrorCode::bad_settings, [text] { models_from_json(text, "test"); });
    }
}

TEST(Models, OfTheUserReplaceAndAdd) {
    const test::TestFolder folder;
    std::ofstream(user_models_file()) << document(R"(
        {"engine": "darkroom", "id": "darkroom", "name": "My darkroom"},
        {"engine": "darkroom", "id": "second", "name": "Second"})");
    const auto models = load_models();
    EXPECT_EQ(find_model(models, "darkroom", "darkroom").name, "My darkroom");
    EXPECT_EQ(find_model(models, "darkroom", "second").name, "Second");
    EXPECT_EQ(models_of(models, "darkroom").size(), 2U);
}

TEST(Models, OfAServiceSayWhatItIsSent) {
    const test::TestFolder folder;
    std::ofstream(user_models_file()) << document(R"({"engine": "darkroom", "id": "second", "name": "Second"},
        {"engine": "bfl", "id": "bare", "name": "Bare"})");
    const std::string message = test::expect_error(ErrorCode::bad_settings, [] { load_models(); });
    for (const std::string& words : {user_models_file().string(), std::string("model 2, \"input\"")}) {
        EXPECT_NE(message.find(words), std::string::npos) << message;
    }
}

TEST(FindModel, TakesTheFirstWithoutAnIdAndListsThemForAnUnknownOne) {
    const auto models = models_from_json(document(R"({"engine": "e", "id": "one", "name": "1"},
        {"engine": "f", "id": "other", "name": "3"}, {"engine": "e", "id": "two", "name": "2"})"),
                                         "test");
    EXPECT_EQ(find_model(models, "e", "").id, "one");
    const std::string message =
        test::expect_error(ErrorCode::engine_not_ready, [&] { find_model(models, "e", "other"); });
    EXPECT_NE(message.find("one, two"), std::string::npos) << message;
}

TEST(CheckRequest, AcceptsWhatTheModelCanDo) {
    EditRequest request = make_request();
    request.seed = 100;
    request.variations = 2;
    request.aspect_ratio = {1, 1};
    request.references = {"a.png"};
    EXPECT_NO_THROW(check_request(request, make_model()));
}

TEST(CheckRequest, RefusesAnEmptyPrompt) {
    for (const char* prompt : {"", " \n\t "}) {
        EditRequest request = make_request();
        request.prompt = prompt;
        EXPECT_NE(expect_rejected(request).find("empty"), std::string::npos);
    }
}

TEST(CheckRequest, CountsThePromptInCharacters) {
    EditRequest request = make_request();
    request.prompt = "ääääääääää"; // 10 characters, 20 bytes
    EXPECT_NO_THROW(check_request(request, make_model()));
    request.prompt += "ä";
    EXPECT_NE(expect_rejected(request).find("11 characters"), std::string::npos);
    request.prompt = std::string(100'000, 'x');
    EXPECT_NE(expect_rejected(request).find("100000"), std::string::npos);
}

TEST(CheckRequest, RefusesASeedOutOfRange) {
    EditRequest request = make_request();
    request.seed = 101;
    EXPECT_NE(expect_rejected(request).find("0 to 100"), std::string::npos);
    Model seedless = make_model();
    seedless.seed_max.reset();
    EXPECT_NE(expect_rejected(request, seedless).find("no seed"), std::string::npos);
}

TEST(CheckRequest, RefusesRatiosVariationsAndReferencesThatTheModelHasNot) {
    EditRequest request = make_request();
    request.aspect_ratio = {16, 9};
    EXPECT_NE(expect_rejected(request).find("match, 1:1"), std::string::npos);
    request = make_request();
    for (const int variations : {-1, 0, 3}) {
        request.variations = variations;
        expect_rejected(request);
    }
    request = make_request();
    request.references = {"a", "b"};
    expect_rejected(request);
}

TEST(CheckPrice, RefusesMoreThanTheCeilingAndUnknownPrices) {
    Model model = make_model();
    EXPECT_NO_THROW(check_price(model, 2, 0.08));
    const std::string message =
        test::expect_error(ErrorCode::over_budget, [&] { check_price(model, 3, 0.08); });
    EXPECT_NE(message.find("$0.12"), std::string::npos) << message;
    model.price_usd.reset();
    test::expect_error(ErrorCode::price_unknown, [&] { check_price(model, 1, 100); });
}

} // namespace kontext
