#include "core/job/run_edit.h"
#include "tests/support/expect_error.h"
#include "tests/support/scripted_engine.h"

#include <vector>

namespace kontext {

namespace {

using test::ScriptedEngine;

LayerSource make_source() {
    LayerSource source;
    source.name = "Background";
    source.pixels = Raster({4, 3}, {SampleType::u8, 3});
    return source;
}

EditResult run(const EditRequest& request, const LayerSource& source = make_source()) {
    return run_edit(request, source, test::scripted_engine, test::scripted_model(), [](const Progress&) {},
                    {});
}

void script_copy() {
    ScriptedEngine::script = [](const EditRequest& request, const ModelInput& input, const ProgressSink&,
                                std::stop_token) { return test::copy_input(request, input); };
}

} // namespace

TEST(RunEdit, GivesALayerOfTheSourcesSizeAndTheRequestAsItRan) {
    script_copy();
    const EditResult result = run({.prompt = "p", .seed = 3});
    ASSERT_EQ(result.layers.size(), 1U);
    EXPECT_EQ(result.layers[0].pixels.size(), (Size{4, 3}));
    EXPECT_EQ(result.layers[0].seed, 3U);
    EXPECT_EQ(result.request.engine, "scripted");
    EXPECT_EQ(result.request.model, "one");
    EXPECT_EQ(result.summary, "Copied");
    EXPECT_EQ(result.layers[0].mask, nullptr);
    EXPECT_FALSE(result.layers[0].fit);
}

TEST(RunEdit, DrawsASeedWhereNoneIsGiven) {
    script_copy();
    const EditResult result = run({.prompt = "p"});
    ASSERT_TRUE(result.request.seed);
    EXPECT_LE(*result.request.seed, 9U);
    EXPECT_EQ(result.layers[0].seed, *result.request.seed);
}

TEST(RunEdit, GivesEachVariationASeedOfItsOwnWithinTheRange) {
    script_copy();
    const EditResult result = run({.prompt = "p", .seed = 8, .variations = 3});
    std::vector<std::uint64_t> seeds;
    for (const EditedLayer& layer : result.layers) {
        seeds.push_back(layer.seed);
    }
    EXPECT_EQ(seeds, (std::vector<std::uint64_t>{8, 9, 0}));
}

TEST(RunEdit, MasksByTheSelectionUnlessTheWholeLayerIsWanted) {
    script_copy();
    LayerSource source = make_source();
    source.selection = std::make_shared<const Raster>(Size{4, 3}, PixelFormat{SampleType::u8, 1});
    EXPECT_EQ(run({.prompt = "p"}, source).layers[0].mask, source.selection);
    EXPECT_EQ(run({.prompt = "p", .region = Region::layer}, source).layers[0].mask, nullptr);
}

TEST(RunEdit, RefusesARequestBeforeTheEngineIsAsked) {
    ScriptedEngine::script = [](auto&&...) -> EngineReply { throw std::logic_error("was asked"); };
    test::expect_error(ErrorCode::invalid_argument, [] { run({.prompt = ""}); });
    test::expect_error(ErrorCode::invalid_argument, [] { run({.prompt = "p", .seed = 10}); });
}

TEST(RunEdit, RefusesAResultOfAnotherSize) {
    ScriptedEngine::script = [](auto&&...) {
        EngineReply reply;
        reply.result = Raster({5, 3}, {SampleType::u8, 3});
        return reply;
    };
    test::expect_error(ErrorCode::internal, [] { run({.prompt = "p"}); });
}

TEST(RunEdit, AddsUpWhatTheVariationsCost) {
    ScriptedEngine::script = [](const EditRequest& request, const ModelInput& input, const ProgressSink&,
                                std::stop_token) {
        EngineReply reply = test::copy_input(request, input);
        reply.cost_usd = 0.25;
        return reply;
    };
    EXPECT_EQ(run({.prompt = "p", .variations = 3}).cost_usd, 0.75);
}

TEST(RunEdit, ShowsEachVariationAsItsShareOfTheProgress) {
    ScriptedEngine::script = [](const EditRequest& request, const ModelInput& input,
                                const ProgressSink& progress, std::stop_token) {
        progress({.stage = Stage::generating, .fraction = 0.5});
        return test::copy_input(request, input);
    };
    std::vector<double> fractions;
    run_edit({.prompt = "p", .variations = 2}, make_source(), test::scripted_engine, test::scripted_model(),
             [&](const Progress& step) {
                 if (step.fraction) {
                     fractions.push_back(*step.fraction);
                 }
             },
             {});
    EXPECT_EQ(fractions, (std::vector<double>{0.25, 0.75}));
}

} // namespace kontext
