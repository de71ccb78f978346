#include "tests/contract/contract.h"

namespace kontext::test {

namespace {

struct CancelCase {
    const char* engine;
    const char* step; // that hangs until the end of the world
    Stage stage;      // in which the person gives up
    const char* log;
};

void PrintTo(const CancelCase& cancel, std::ostream* out) {
    *out << cancel.engine << ' ' << cancel.step;
}

const std::vector<CancelCase> cases{
    {"eachlabs", "put", Stage::uploading, ""},
    {"eachlabs", "poll", Stage::queued, "submitting accepted"},
    {"eachlabs", "download", Stage::downloading, "submitting accepted"},
    {"bfl", "download", Stage::downloading, "submitting accepted"},
    {"fal", "poll", Stage::queued, "submitting accepted"},
    {"fal", "download", Stage::downloading, "submitting accepted"},
    {"replicate", "poll", Stage::queued, "submitting accepted"},
    {"replicate", "download", Stage::downloading, "submitting accepted"},
    {"together", "create", Stage::generating, ""},
    {"openai", "create", Stage::generating, ""},
    {"gemini", "create", Stage::generating, ""},
};

class Cancel : public ::testing::TestWithParam<CancelCase> {};

std::string name_of_cancel(const ::testing::TestParamInfo<CancelCase>& info) {
    return std::string(info.param.engine) + "_" + info.param.step;
}

} // namespace

TEST_P(Cancel, EndsTheWait) {
    const CancelCase& given = GetParam();
    Simulator& simulator = Simulator::get();
    simulator.reset({{{"service", given.engine}, {"step", given.step}, {"fault", "hang"}}});
    std::stop_source stop;
    const auto give_up = [&](const Progress& progress) {
        if (progress.stage == given.stage) {
            stop.request_stop();
        }
    };
    const Outcome outcome = run_edit(first_model(given.engine), make_canvas(), give_up, stop.get_token());
    EXPECT_TRUE(outcome.cancelled) << outcome.message;
    EXPECT_EQ(outcome.log, given.log);
    EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
}
INSTANTIATE_TEST_SUITE_P(Phases, Cancel, ::testing::ValuesIn(cases), name_of_cancel);

class CancelThere : public ::testing::TestWithParam<const char*> {};

TEST_P(CancelThere, TellsTheService) {
    Simulator& simulator = Simulator::get();
    simulator.reset(nlohmann::json::array(), {{"polls_until_ready", 1'000'000}});
    const Model model = first_model(GetParam());
    std::stop_source stop;
    const auto give_up = [&](const Progress& progress) {
        if (progress.stage == Stage::generating) {
            stop.request_stop();
        }
    };
    const Outcome outcome = run_edit(model, make_canvas(), give_up, stop.get_token());
    ASSERT_TRUE(outcome.cancelled) << outcome.message;
    RecordingLog log;
    make_engine(model, log)->cancel(outcome.ticket);
    const auto cancelled = simulator.events("cancel");
    ASSERT_EQ(cancelled.size(), 1U);
    EXPECT_EQ(cancelled.at(0).at("state"), "cancelled");
    EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
}
INSTANTIATE_TEST_SUITE_P(Services, CancelThere, ::testing::Values("eachlabs", "fal", "replicate"),
                         [](const auto& engine) { return std::string(engine.param); });

} // namespace kontext::test
