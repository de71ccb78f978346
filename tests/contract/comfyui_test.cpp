#include "core/image/codec.h"
#include "tests/contract/contract.h"
#include "tests/support/test_folder.h"

#include <algorithm>
#include <fstream>

namespace kontext::test {

using nlohmann::json;

namespace {

Model model_of(const std::string& id) {
    return find_model(load_models("/no/such/file"), "comfyui", id);
}

std::unique_ptr<Engine> make_comfyui(const Model& model, EngineSettings settings = {}) {
    return find_engine("comfyui").create({.model = model,
                                          .settings = std::move(settings),
                                          .base_url = Simulator::get().base_url("comfyui"),
                                          .key = {}});
}

Outcome edit(const Model& model, EngineSettings settings = {}, const ProgressSink& progress = {},
             std::stop_token stop = {}) {
    const Size size = model.sizes.empty() ? Size{1040, 848} : model.sizes.front();
    ModelInput input;
    input.canvas = make_canvas(size);
    return outcome_of([&] {
        return make_comfyui(model, std::move(settings))
            ->run(make_request(model), input, progress ? progress : ProgressSink([](const Progress&) {}),
                  std::move(stop));
    });
}

json rules(const char* step, const char* fault, json more = json::object()) {
    more.update({{"service", "comfyui"}, {"step", step}, {"fault", fault}});
    return json::array({more});
}

std::string write_workflow(const TestFolder& folder, const char* text) {
    const auto file = folder.path() / "workflow.json";
    std::ofstream(file) << text;
    return file.string();
}

std::string name_of_row(const ::testing::TestParamInfo<const char*>& info) {
    std::string name = info.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

constexpr const char* invert = R"({"1": {"class_type": "LoadImage", "inputs": {"image": "%image%"}},
    "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    "4": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x %seed%"}}})";

} // namespace

class ComfyuiModels : public ::testing::TestWithParam<const char*> {};

TEST_P(ComfyuiModels, AreRunByAGraphThatTheServerTakes) {
    Simulator& simulator = Simulator::get();
    for (const bool newer_lists : {false, true}) {
        simulator.reset(json::array(), {{"comfyui", {{"combo", newer_lists}}}});
        const Outcome outcome = edit(model_of(GetParam()));
        const DecodedPicture picture = decode_picture(reply_of(outcome).picture);
        EXPECT_GT(picture.pixels.size().width, 0);
        EXPECT_EQ(reply_of(outcome).seed, 42U);
        EXPECT_TRUE(reply_of(outcome).run_time);
        const auto created = simulator.events("created");
        ASSERT_EQ(created.size(), 1U);
        EXPECT_EQ(created.at(0).at("prompt"), "make the sky stormy");
        EXPECT_EQ(created.at(0).at("seed"), 42);
        EXPECT_EQ(simulator.events("delivered").size(), 1U);
        EXPECT_EQ(simulator.events("deleted").size(), 1U); // from its history
        EXPECT_EQ(simulator.events("violation"), json::array());
    }
}
INSTANTIATE_TEST_SUITE_P(Rows, ComfyuiModels,
                         ::testing::Values("flux-2-klein-4b", "flux-kontext-dev", "qwen-image-edit"),
                         name_of_row);

TEST(Comfyui, RunsThePersonsOwnWorkflow) {
    const TestFolder folder;
    Simulator::get().reset();
    const Outcome outcome = edit(model_of("workflow"), {{"workflow", write_workflow(folder, invert)}});
    EXPECT_FALSE(reply_of(outcome).picture.empty());
    EXPECT_EQ(Simulator::get().events("deleted"), json::array()); // their history is theirs
    EXPECT_EQ(Simulator::get().events("violation"), json::array());
}

TEST(Comfyui, SaysWhatAWorkflowLacksBeforeAnythingIsSent) {
    const TestFolder folder;
    Simulator::get().reset();
    const Outcome none = edit(model_of("workflow"));
    EXPECT_EQ(none.error, ErrorCode::engine_not_ready);
    const Outcome canvas =
        edit(model_of("workflow"), {{"workflow", write_workflow(folder, R"({"nodes": [], "links": []})")}});
    EXPECT_EQ(canvas.error, ErrorCode::bad_settings);
    EXPECT_NE(canvas.message.find("Export (API)"), std::string::npos) << canvas.message;
    const Outcome blind =
        edit(model_of("workflow"),
             {{"workflow", write_workflow(folder, R"({"1": {"class_type": "SaveImage", "inputs": {}}})")}});
    EXPECT_EQ(blind.error, ErrorCode::bad_settings);
    EXPECT_NE(blind.message.find("%image%"), std::string::npos) << blind.message;
    EXPECT_EQ(Simulator::get().events("request"), json::array());
}

TEST(Comfyui, NamesTheFileAndTheFolderThatAreMissing) {
    Simulator::get().reset(json::array(), {{"comfyui", {{"files", {{"vae", {"ae.safetensors"}}}}}}});
    const Outcome outcome = edit(model_of("flux-kontext-dev"));
    EXPECT_EQ(outcome.error, ErrorCode::engine_not_ready);
    EXPECT_NE(outcome.message.find("models/"), std::string::npos) << outcome.message;
    EXPECT_EQ(Simulator::get().events("created"), json::array());
}

TEST(Comfyui, IsTooOldForANodeThatItDoesNotHave) {
    Simulator::get().reset(json::array(), {{"comfyui", {{"missing_nodes", {"Flux2Scheduler"}}}}});
    const Outcome outcome = edit(model_of("flux-2-klein-4b"));
    EXPECT_EQ(outcome.error, ErrorCode::engine_not_ready);
    EXPECT_NE(outcome.message.find("Flux2Scheduler"), std::string::npos) << outcome.message;
}

TEST(Comfyui, EndsAsItsHistorySays) {
    for (const auto& [fault, word] :
         {std::pair("out_of_memory", "graphics memory"), std::pair("failed", "mat1"),
          std::pair("interrupted", "interrupted"), std::pair("forgotten", "restarted")}) {
        SCOPED_TRACE(fault);
        Simulator::get().reset(rules("create", fault));
        const Outcome outcome = edit(model_of("flux-2-klein-4b"));
        EXPECT_EQ(outcome.error, ErrorCode::service_failed);
        EXPECT_NE(outcome.message.find(word), std::string::npos) << outcome.message;
    }
}

TEST(Comfyui, AnswersThatAreNoneAreErrors) {
    struct Case {
        const char* step;
        const char* fault;
        ErrorCode error;
    };
    for (const Case& given :
         {Case{"models", "not_comfyui", ErrorCode::engine_not_ready},
          Case{"create", "internal", ErrorCode::network}, Case{"create", "close", ErrorCode::network},
          Case{"poll", "no_output", ErrorCode::bad_reply},
          Case{"download", "picture_truncated", ErrorCode::bad_reply}}) {
        SCOPED_TRACE(given.fault);
        Simulator::get().reset(rules(given.step, given.fault));
        const Outcome outcome = edit(model_of("flux-2-klein-4b"));
        ASSERT_TRUE(outcome.error);
        EXPECT_EQ(static_cast<int>(*outcome.error), static_cast<int>(given.error)) << outcome.message;
        EXPECT_LE(Simulator::get().events("created").size(), 1U);
    }
}

TEST(Comfyui, IsNotThereWhereNobodyAnswers) {
    const auto engine = find_engine("comfyui").create(
        {.model = model_of("flux-2-klein-4b"), .base_url = "http://127.0.0.1:1", .key = {}});
    const auto findings = engine->check_setup({});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings.front().verdict, SetupFinding::Verdict::missing);
    EXPECT_NE(findings.front().text.find("127.0.0.1:1"), std::string::npos);
}

TEST(Comfyui, TellsHowFarItIsWhereItCanBeHeard) {
    Simulator& simulator = Simulator::get();
    simulator.reset(json::array(), {{"run_seconds", 1}});
    double last = 0;
    const Outcome outcome = edit(model_of("flux-2-klein-4b"), {}, [&](const Progress& progress) {
        if (progress.stage == Stage::generating) {
            EXPECT_GE(progress.fraction.value_or(last), last);
            last = progress.fraction.value_or(last);
        }
    });
    EXPECT_TRUE(outcome.reply) << outcome.message;
    // Whether libcurl has WebSockets depends on the system.
    if (simulator.events("socket").empty()) {
        EXPECT_EQ(last, 0);
    } else {
        EXPECT_GT(last, 0.8);
    }
    EXPECT_EQ(simulator.events("violation"), json::array());
}

TEST(Comfyui, CancelInterruptsWhatRuns) {
    Simulator& simulator = Simulator::get();
    simulator.reset(json::array(), {{"run_seconds", 3600}});
    std::stop_source stop;
    const Outcome outcome = edit(
        model_of("flux-2-klein-4b"), {},
        [&](const Progress& progress) {
            if (progress.stage == Stage::generating) {
                stop.request_stop();
            }
        },
        stop.get_token());
    EXPECT_TRUE(outcome.cancelled) << outcome.message;
    const auto cancelled = simulator.events("cancel");
    ASSERT_EQ(cancelled.size(), 1U);
    EXPECT_EQ(cancelled.at(0).at("state"), "running");
}

TEST(Comfyui, ChecksItsSetUp) {
    Simulator& simulator = Simulator::get();
    const auto verdicts = [&](const json& settings) {
        simulator.reset(json::array(), {{"comfyui", settings}});
        std::string line;
        for (const SetupFinding& finding : make_comfyui(model_of("flux-2-klein-4b"))->check_setup({})) {
            line += finding.verdict == SetupFinding::Verdict::good      ? "g"
                    : finding.verdict == SetupFinding::Verdict::warning ? "w"
                                                                        : "m";
        }
        return line;
    };
    EXPECT_EQ(verdicts(json::object()), "ggggg"); // version, card, three files
    EXPECT_EQ(verdicts({{"device", "cpu"}}), "gwggg");
    EXPECT_EQ(verdicts({{"files", json::object()}}), "ggmmm");
    EXPECT_EQ(verdicts({{"missing_nodes", {"Flux2Scheduler"}}}), "gggggm");
    EXPECT_EQ(simulator.events("created"), json::array());
    EXPECT_EQ(simulator.events("violation"), json::array());
}

} // namespace kontext::test
