#include "core/engine/engines/sd_server/recipe.h"
#include "core/engine/models.h"
#include "core/error.h"
#include "tests/support/expect_error.h"

#include <gmock/gmock.h>

namespace kontext {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* files = R"("files": [{"role": "VAE", "flag": "--vae", "patterns": ["ae"]}])";

sd_server::Recipe read(const std::string& recipe) {
    Model model{.engine = "sd-server", .id = "mine"};
    model.recipe = recipe;
    return sd_server::read_recipe(model);
}

} // namespace

TEST(SdServerRecipe, EveryBuiltInModelHasOneThatSaysWhereItsFilesAreAndUnderWhichLicense) {
    const std::vector<Model> models = models_of(load_models("/no/such/file"), "sd-server");
    ASSERT_GE(models.size(), 4U);
    EXPECT_EQ(models[0].id, "flux-2-klein-4b");
    for (const Model& model : models) {
        EXPECT_NE(model.license, "") << model.id;
        EXPECT_EQ(model.price_usd, 0) << model.id;
        for (const FileRole& role : sd_server::read_recipe(model).files) {
            EXPECT_THAT(role.source, HasSubstr("https://")) << model.id << ": " << role.name;
        }
    }
}

TEST(SdServerRecipe, GuidanceIsNeverLeftToTheServer) {
    const auto recipe = read(std::string("{") + files + R"(, "sample_params": {"sample_steps": 2}})");
    EXPECT_THAT(recipe.sample_params, HasSubstr(R"("txt_cfg":1.0)"));
    EXPECT_THAT(recipe.sampling_arguments, ElementsAre("--steps", "2", "--cfg-scale", "1.0"));
}

TEST(SdServerRecipe, ReadsEveryMember) {
    const auto recipe =
        read(R"({"files": [{"role": "VAE", "flag": "--vae", "patterns": ["ae"], "except": ["b"],
        "from": "there", "optional": true}], "sample_params": {"guidance": {"txt_cfg": 2.5}, "flow_shift": 3},
        "arguments": ["-a"], "gpu_arguments": ["-g"], "cpu_arguments": ["-c"]})");
    ASSERT_THAT(recipe.files, SizeIs(1));
    EXPECT_EQ(recipe.files[0].flag, "--vae");
    EXPECT_THAT(recipe.files[0].except, ElementsAre("b"));
    EXPECT_EQ(recipe.files[0].source, "there");
    EXPECT_TRUE(recipe.files[0].is_optional);
    EXPECT_THAT(recipe.sampling_arguments, ElementsAre("--cfg-scale", "2.5", "--flow-shift", "3"));
    EXPECT_THAT(recipe.arguments, ElementsAre("-a"));
    EXPECT_THAT(recipe.gpu_arguments, ElementsAre("-g"));
    EXPECT_THAT(recipe.cpu_arguments, ElementsAre("-c"));
}

TEST(SdServerRecipe, WhatIsWrongIsNamed) {
    for (const std::string& wrong : {
             std::string("{}"),
             std::string(R"({"files": []})"),
             std::string(R"({"files": [1]})"),
             std::string(R"({"files": [{"role": "VAE"}]})"),
             std::string(R"({"files": [{"role": "VAE", "flag": "vae", "patterns": ["a"]}]})"),
             std::string(R"({"files": [{"role": "VAE", "flag": "--vae", "patterns": "a"}]})"),
             std::string("{") + files + R"(, "steps": 4})",
             std::string("{") + files + R"(, "arguments": [1]})",
             std::string("{") + files + R"(, "sample_params": {"guidance": 1}})",
         }) {
        EXPECT_THAT(test::expect_error(ErrorCode::bad_settings, [&] { read(wrong); }), HasSubstr("mine"))
            << wrong;
    }
}

} // namespace kontext
