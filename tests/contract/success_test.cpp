#include "core/image/codec.h"
#include "tests/contract/contract.h"

namespace kontext::test {

namespace {

class Success : public ::testing::TestWithParam<const char*> {};

std::string name_of_engine(const ::testing::TestParamInfo<const char*>& info) {
    return info.param;
}

Model second_model(std::string_view engine) {
    return models_of(load_models("/no/such/file"), engine).at(1);
}

} // namespace

TEST_P(Success, BringsThePictureAtTheCanvasSize) {
    Simulator& simulator = Simulator::get();
    for (const Model& model : {first_model(GetParam()), second_model(GetParam())}) {
        SCOPED_TRACE(model.id);
        // Not every row has this size; it is sent as it is all the same.
        const Size size = model.sizes.empty() || std::ranges::count(model.sizes, canvas_size) > 0
                              ? canvas_size
                              : model.sizes.back();
        simulator.reset();
        const Outcome outcome = run_edit(model, make_canvas(size));
        ASSERT_TRUE(outcome.reply) << outcome.message;
        EXPECT_EQ(decode_picture(reply_of(outcome).picture).pixels.size(), size);
        EXPECT_EQ(outcome.log, "submitting accepted");
        EXPECT_EQ(reply_of(outcome).request_id, outcome.ticket.id);
        EXPECT_EQ(reply_of(outcome).seed, model.seed_max ? 42U : 0U);
        EXPECT_TRUE(reply_of(outcome).run_time);
        EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
        const auto created = simulator.events("created");
        ASSERT_EQ(created.size(), 1U);
        EXPECT_EQ(created.at(0).at("prompt"), "make the sky stormy");
        if (model.seed_max) {
            EXPECT_EQ(created.at(0).at("seed"), 42);
        }
        EXPECT_EQ(simulator.events("delivered").size(), 1U);
    }
}

TEST_P(Success, OfACheckOfTheKeyCostsNothingAndTellsAWrongOne) {
    Simulator& simulator = Simulator::get();
    const Model model = first_model(GetParam());
    for (const bool right : {true, false}) {
        simulator.reset();
        const auto engine = find_engine(GetParam())
                                .create({.model = model,
                                         .base_url = simulator.base_url(GetParam()),
                                         .key = SecretText(right ? simulator.key(GetParam()) : "wrong-key"),
                                         .log = nullptr,
                                         .typical_run = {}});
        try {
            engine->check_key({});
            EXPECT_TRUE(right);
        } catch (const Error& error) {
            EXPECT_FALSE(right) << error.what();
            EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(ErrorCode::key_rejected));
        }
        EXPECT_EQ(simulator.events("created"), nlohmann::json::array());
        EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, Success,
                         ::testing::Values("eachlabs", "bfl", "fal", "replicate", "together", "openai",
                                           "gemini"),
                         name_of_engine);

class SuccessAgain : public ::testing::TestWithParam<const char*> {};

// As another process would, after this one was killed.
TEST_P(SuccessAgain, ComesFromTheTicketAlone) {
    Simulator& simulator = Simulator::get();
    simulator.reset();
    const Model model = first_model(GetParam());
    const Outcome outcome = run_edit(model);
    ASSERT_TRUE(outcome.reply) << outcome.message;
    RecordingLog log;
    const Ticket ticket = ticket_from_json(to_json(outcome.ticket));
    const EngineReply reply = make_engine(model, log)->resume(ticket, [](const Progress&) {}, {});
    EXPECT_EQ(reply.picture, reply_of(outcome).picture);
    EXPECT_EQ(reply.request_id, reply_of(outcome).request_id);
    EXPECT_EQ(log.line, "");
    EXPECT_EQ(simulator.events("created").size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Engines, SuccessAgain, ::testing::Values("eachlabs", "bfl", "fal", "replicate"),
                         name_of_engine);

} // namespace kontext::test
