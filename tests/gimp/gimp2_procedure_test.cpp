#include "tests/gimp/gimp2_support.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

// The procedure as a script sees it: run modes, arguments, errors, and what stays in the image.
namespace kontext::checks {

namespace {

using nlohmann::json;

constexpr Place whole{.x = 0, .y = 0, .width = 60, .height = 50};
constexpr const char* secret_prompt = "a bit warmer, lift the shadows, soft vignette and exposure +0";

json record(gint32 layer) {
    return json::parse(record_of(layer).value_or("{}"));
}

TEST(Procedure, RunsWithoutADisplay) {
    EXPECT_EQ(std::getenv("DISPLAY"), nullptr); // as do all the tests beside this one
}

TEST(Procedure, NamesAndRecordsWhatItDid) {
    const TestImage image(60, 50);
    const gint32 source = add_layer(image.id, whole, false);
    const Reply reply = edit(image.id, source, {.prompt = secret_prompt, .seed = 4294967295.0});
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    char* name = gimp_item_get_name(reply.layers.at(0));
    EXPECT_STREQ(name, "a bit warmer, lift the shadows, soft… — Darkroom");
    g_free(name);
    const json made = record(reply.layers[0]);
    EXPECT_EQ(made.at("version"), 1);
    EXPECT_EQ(made.at("seed"), 4294967295U);
    EXPECT_EQ(made.at("request").at("prompt"), secret_prompt);
    EXPECT_EQ(made.at("request").at("engine"), "darkroom");
    EXPECT_FALSE(made.at("summary").get<std::string>().empty());
    EXPECT_EQ(made.at("time").get<std::string>().size(), 20U);
}

TEST(Procedure, DrawsASeedForMinusOne) {
    const TestImage image(60, 50);
    const gint32 source = add_layer(image.id, whole, false);
    const Reply first = edit(image.id, source, {.seed = -1});
    const Reply second = edit(image.id, source, {.seed = -1});
    ASSERT_EQ(first.status, GIMP_PDB_SUCCESS) << first.message;
    EXPECT_NE(record(first.layers.at(0)).at("seed"), record(second.layers.at(0)).at("seed"));
}

TEST(Procedure, ExplainsWhatItRefuses) {
    const TestImage image(60, 50);
    const gint32 source = add_layer(image.id, whole, false);
    const std::vector<std::pair<Request, std::string>> cases{
        {{.prompt = ""}, "prompt"},
        {{.prompt = std::string(100'000, 'x')}, "character"},
        {{.prompt = "add a beach with palm trees"}, "darkroom"},
        {{.engine = "nonesuch"}, "nonesuch"},
        {{.model = "nonesuch"}, "nonesuch"},
        {{.aspect_ratio = "wide"}, "wide"},
        {{.seed = 4294967296.0}, "seed"},
        {{.seed = 0.5}, "seed"},
        {{.variations = 0}, "variations"},
        {{.variations = 64}, "variations"},
        {{.fidelity = "best"}, "best"},
        {{.options = "[1"}, "option"},
    };
    for (const auto& [request, word] : cases) {
        const Reply reply = edit(image.id, source, request);
        EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR) << word;
        std::string lower = reply.message;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        EXPECT_NE(lower.find(word), std::string::npos) << word << ": " << reply.message;
    }
    EXPECT_EQ(layers_of(image.id).size(), 1U);
}

TEST(Procedure, NeedsADisplayForItsDialog) {
    const TestImage image(60, 50);
    const Reply reply = edit(image.id, add_layer(image.id, whole, false), {}, GIMP_RUN_INTERACTIVE);
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("display"), std::string::npos) << reply.message;
}

TEST(Procedure, RepeatsTheLastEdit) {
    const TestImage image(60, 50);
    const gint32 source = add_layer(image.id, whole, false);
    Reply reply = edit(image.id, source, {}, GIMP_RUN_WITH_LAST_VALS);
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("repeat"), std::string::npos) << reply.message;

    write_last_edit(R"({"prompt": "invert", "engine": "darkroom", "seed": 5})");
    reply = edit(image.id, source, {}, GIMP_RUN_WITH_LAST_VALS);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    EXPECT_EQ(record(reply.layers.at(0)).at("request").at("prompt"), "invert");
    EXPECT_NE(raw_pixels(reply.layers[0]), raw_pixels(source));
}

// The record must outlive the session, and be the only place where the prompt is.
TEST(Xcf, KeepsLayerMaskAndRecord) {
    const TestImage image(60, 50);
    const gint32 source = add_layer(image.id, whole, false);
    gimp_image_select_ellipse(image.id, GIMP_CHANNEL_OP_REPLACE, 5, 5, 30, 30);
    const Reply reply = edit(image.id, source, {.prompt = secret_prompt});
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    const std::string file = scratch_file("kept.xcf");
    ASSERT_TRUE(gimp_file_save(GIMP_RUN_NONINTERACTIVE, image.id, source, file.c_str(), file.c_str()));

    const TestImage loaded(gimp_file_load(GIMP_RUN_NONINTERACTIVE, file.c_str(), file.c_str()));
    const auto layers = layers_of(loaded.id);
    ASSERT_EQ(layers.size(), 2U);
    EXPECT_EQ(record_of(layers[0]), record_of(reply.layers.at(0)));
    EXPECT_EQ(raw_pixels(layers[0]), raw_pixels(reply.layers[0]));
    EXPECT_EQ(mask_bytes(gimp_layer_get_mask(layers[0])), mask_bytes(gimp_layer_get_mask(reply.layers[0])));
    gint count = 0;
    gchar** parasites = gimp_image_get_parasite_list(loaded.id, &count);
    for (gint i = 0; i < count; ++i) {
        EXPECT_EQ(std::string(parasites[i]).find("kontext"), std::string::npos) << parasites[i];
    }
    g_strfreev(parasites);
}

TEST(Xcf, HoldsNoPromptWhenItIsToStayOut) {
    write_settings(R"({"keep_prompt_in_image": false})");
    const TestImage image(60, 50);
    const gint32 source = add_layer(image.id, whole, false);
    const Reply reply = edit(image.id, source, {.prompt = secret_prompt});
    write_settings("{}");
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    const std::string file = scratch_file("private.xcf");
    ASSERT_TRUE(gimp_file_save(GIMP_RUN_NONINTERACTIVE, image.id, source, file.c_str(), file.c_str()));
    const std::string bytes = read_file(file);
    EXPECT_NE(bytes.find("kontext-edit"), std::string::npos);
    for (const char* trace : {"warmer", "Warmer", "shadows", "vignette"}) {
        EXPECT_EQ(bytes.find(trace), std::string::npos) << trace;
    }
}

TEST(Settings, ThatAreBrokenStopTheEditBeforeItCosts) {
    write_settings("[]");
    const TestImage image(60, 50);
    const Reply reply = edit(image.id, add_layer(image.id, whole, false));
    write_settings("{}");
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("settings.json"), std::string::npos) << reply.message;
}

} // namespace

} // namespace kontext::checks
