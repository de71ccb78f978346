#include "core/engine/models.h"
#include "core/engine/workflow.h"
#include "tests/support/expect_error.h"

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

std::string expect_rejected(const char* text) {
    return test::expect_error(ErrorCode::bad_settings, [&] { workflow_from_json(text, "own.json"); });
}

} // namespace

TEST(Workflow, HasItsPlacesFilled) {
    const json graph = json::parse(R"({"1": {"class_type": "A", "inputs": {"seed": "%seed%", "w": "%width%",
        "h": "%height%", "text": "%prompt%, 100%", "image": "%image%", "file": "%vae%", "name": "s%seed%", "deep": [["%seed%"]]}}})");
    const json filled = fill_workflow(graph, {.prompt = "use %image% at 50%",
                                              .image = "in.png",
                                              .seed = 7,
                                              .size = {1248, 832},
                                              .files = {{"vae", "ae.safetensors"}}});
    const json& inputs = filled.at("1").at("inputs");
    EXPECT_EQ(inputs.at("seed"), 7);
    EXPECT_EQ(inputs.at("w"), 1248);
    EXPECT_EQ(inputs.at("h"), 832);
    EXPECT_EQ(inputs.at("text"), "use %image% at 50%, 100%");
    EXPECT_EQ(inputs.at("image"), "in.png");
    EXPECT_EQ(inputs.at("file"), "ae.safetensors");
    EXPECT_EQ(inputs.at("name"), "s7");
    EXPECT_EQ(inputs.at("deep").at(0).at(0), 7);
}

TEST(Workflow, IsRefusedInWordsThatHelp) {
    EXPECT_NE(expect_rejected("no json").find("own.json is no JSON"), std::string::npos);
    EXPECT_NE(expect_rejected(R"({"nodes": [], "links": []})").find("Export (API)"), std::string::npos);
    EXPECT_NE(expect_rejected(R"({"1": {"inputs": {}}})").find("\"1\" is no node"), std::string::npos);
    EXPECT_NE(expect_rejected(R"({"1": {"class_type": "A", "inputs": {}}})").find("%image%"),
              std::string::npos);
}

TEST(Workflow, ChoosesAFileByItsNameWhateverFolderItIsIn) {
    const std::vector<std::string> names{"other.safetensors", "flux\\FLUX-2-Klein.gguf",
                                         "flux/flux-2-klein.safetensors"};
    EXPECT_EQ(choose_file(names, {"none*", "flux-2-klein*"}), "flux\\FLUX-2-Klein.gguf");
    EXPECT_EQ(choose_file(names, {"*klein.safetensors", "flux*"}), "flux/flux-2-klein.safetensors");
    EXPECT_EQ(choose_file(names, {"klein*"}), "");
    EXPECT_EQ(choose_file({}, {"*"}), "");
}

TEST(Workflow, ReadsBothFormsOfAList) {
    const json old = json::parse(R"({"N": {"input": {"required": {"file": [["a", "b"], {}]}}}})");
    const json newer =
        json::parse(R"({"N": {"input": {"optional": {"file": ["COMBO", {"options": ["a", "b"]}]}}}})");
    const std::vector<std::string> expected{"a", "b"};
    EXPECT_EQ(choices_of(old, "N", "file"), expected);
    EXPECT_EQ(choices_of(newer, "N", "file"), expected);
    EXPECT_TRUE(choices_of(old, "N", "other").empty());
    EXPECT_TRUE(choices_of(json(), "N", "file").empty());
    EXPECT_TRUE(
        choices_of(json::parse(R"({"N": {"input": {"required": {"file": ["INT"]}}}})"), "N", "file").empty());
}

TEST(Workflow, OfEveryRowIsAGraph) {
    int graphs = 0;
    for (const Model& model : models_of(load_models("/no/such/file"), "comfyui")) {
        const json recipe = json::parse(model.recipe);
        if (recipe.contains("graph")) {
            ++graphs;
            EXPECT_NO_THROW(workflow_from_json(recipe.at("graph").dump(), model.id));
            EXPECT_FALSE(model.license.empty());
        }
    }
    EXPECT_GE(graphs, 3);
}

TEST(Workflow, IsAsFarAsItsMessagesSay) {
    WorkflowProgress progress(4, "mine");
    EXPECT_EQ(progress.read(R"({"type": "status", "data": {}})"), std::nullopt);
    EXPECT_EQ(progress.read("no json"), std::nullopt);
    EXPECT_EQ(progress.read(R"({"type": "executing", "data": {"node": "1", "prompt_id": "another"}})"),
              std::nullopt);
    EXPECT_DOUBLE_EQ(*progress.read(R"({"type": "executing", "data": {"node": "1", "prompt_id": "mine"}})"),
                     0.05);
    EXPECT_DOUBLE_EQ(*progress.read(R"({"type": "progress", "data": {"value": 2, "max": 4}})"), 0.45);
    EXPECT_DOUBLE_EQ(*progress.read(R"({"type": "progress", "data": {"value": 1, "max": 4}})"), 0.45);
    EXPECT_DOUBLE_EQ(*progress.read(R"({"type": "progress", "data": {"value": 9, "max": 4}})"), 0.85);
    EXPECT_DOUBLE_EQ(*progress.read(R"({"type": "executing", "data": {"node": null}})"), 0.85);
}

} // namespace kontext
