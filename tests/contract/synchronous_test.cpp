#include "core/image/codec.h"
#include "tests/contract/contract.h"

namespace kontext::test {

namespace {

using enum ErrorCode;

const std::vector<AnswerCase> together_answers{
    {"bad_key", R"([{"step": "create", "fault": "bad_key"}])", key_rejected, "submitting not_accepted"},
    {"no_credit", R"([{"step": "create", "fault": "no_credit"}])", no_credit, "submitting not_accepted"},
    {"model_not_found", R"([{"step": "create", "fault": "model_not_found"}])", request_rejected,
     "submitting not_accepted"},
    {"invalid_input", R"([{"step": "create", "fault": "invalid_input"}])", request_rejected,
     "submitting not_accepted"},
    {"refused", R"([{"step": "create", "fault": "refused"}])", refused, "submitting not_accepted"},
    {"rate_limited", R"([{"step": "create", "fault": "rate_limited"}])", rate_limited,
     "submitting not_accepted"},
    {"internal", R"([{"step": "create", "fault": "internal"}])", outcome_unknown, "submitting"},
    {"unavailable", R"([{"step": "create", "fault": "unavailable"}])", outcome_unknown, "submitting"},
    {"no_output", R"([{"step": "create", "fault": "no_output"}])", service_failed},
    {"output_object", R"([{"step": "create", "fault": "output_object"}])"},
    {"no_id", R"([{"step": "create", "fault": "no_id"}])"},
};

const std::vector<AnswerCase> openai_answers{
    {"bad_key", R"([{"step": "create", "fault": "bad_key"}])", key_rejected, "submitting not_accepted"},
    {"forbidden", R"([{"step": "create", "fault": "forbidden"}])", key_rejected, "submitting not_accepted"},
    {"no_credit", R"([{"step": "create", "fault": "no_credit"}])", no_credit, "submitting not_accepted"},
    {"rate_limited", R"([{"step": "create", "fault": "rate_limited"}])", rate_limited,
     "submitting not_accepted"},
    {"model_not_found", R"([{"step": "create", "fault": "model_not_found"}])", request_rejected,
     "submitting not_accepted"},
    {"unknown_parameter", R"([{"step": "create", "fault": "unknown_parameter"}])", request_rejected,
     "submitting not_accepted"},
    {"refused", R"([{"step": "create", "fault": "refused"}])", refused, "submitting not_accepted"},
    {"content_filter", R"([{"step": "create", "fault": "content_filter"}])", refused,
     "submitting not_accepted"},
    {"error_as_text",
     R"([{"step": "create", "fault": "status", "status": 400, "body": {"error": "no such sampler"}}])",
     request_rejected, "submitting not_accepted"},
    {"error_in_a_success",
     R"([{"step": "create", "fault": "status", "status": 200, "body": {"error": {"message": "out of memory"}}}])",
     service_failed},
    {"internal", R"([{"step": "create", "fault": "internal"}])", outcome_unknown, "submitting"},
    {"deliver_url", R"([{"step": "create", "fault": "deliver_url"}])"},
    {"only_data", R"([{"step": "create", "fault": "only_data"}])"},
    {"no_output", R"([{"step": "create", "fault": "no_output"}])", service_failed},
    {"output_empty", R"([{"step": "create", "fault": "output_empty"}])", service_failed},
    {"broken_base64", R"([{"step": "create", "fault": "broken_base64"}])", bad_reply},
};

const std::vector<AnswerCase> gemini_answers{
    {"bad_key", R"([{"step": "create", "fault": "bad_key"}])", key_rejected, "submitting not_accepted"},
    {"forbidden", R"([{"step": "create", "fault": "forbidden"}])", key_rejected, "submitting not_accepted"},
    {"no_credit", R"([{"step": "create", "fault": "no_credit"}])", no_credit, "submitting not_accepted"},
    {"rate_limited", R"([{"step": "create", "fault": "rate_limited"}])", rate_limited,
     "submitting not_accepted"},
    {"model_not_found", R"([{"step": "create", "fault": "model_not_found"}])", request_rejected,
     "submitting not_accepted"},
    {"invalid_input", R"([{"step": "create", "fault": "invalid_input"}])", request_rejected,
     "submitting not_accepted"},
    {"internal", R"([{"step": "create", "fault": "internal"}])", outcome_unknown, "submitting"},
    {"unavailable", R"([{"step": "create", "fault": "unavailable"}])", outcome_unknown, "submitting"},
    {"blocked", R"([{"step": "create", "fault": "blocked"}])", refused},
    {"text_only", R"([{"step": "create", "fault": "text_only"}])", refused},
    {"image_safety", R"([{"step": "create", "fault": "image_safety"}])", refused},
    {"prohibited", R"([{"step": "create", "fault": "prohibited"}])", refused},
    {"no_image", R"([{"step": "create", "fault": "no_image"}])", refused},
    {"no_output", R"([{"step": "create", "fault": "no_output"}])", service_failed},
    {"snake_case", R"([{"step": "create", "fault": "snake_case"}])"},
    {"no_text", R"([{"step": "create", "fault": "no_text"}])"},
};

class Together : public ::testing::TestWithParam<AnswerCase> {};
class Openai : public ::testing::TestWithParam<AnswerCase> {};
class Gemini : public ::testing::TestWithParam<AnswerCase> {};

} // namespace

TEST_P(Together, IsUnderstood) {
    check_answer("together", GetParam());
}
INSTANTIATE_TEST_SUITE_P(Answers, Together, ::testing::ValuesIn(together_answers), name_of_case);

TEST_P(Openai, IsUnderstood) {
    check_answer("openai", GetParam());
}
INSTANTIATE_TEST_SUITE_P(Answers, Openai, ::testing::ValuesIn(openai_answers), name_of_case);

TEST_P(Gemini, IsUnderstood) {
    check_answer("gemini", GetParam());
}
INSTANTIATE_TEST_SUITE_P(Answers, Gemini, ::testing::ValuesIn(gemini_answers), name_of_case);

TEST(TogetherAgain, APictureThatCameWithTheAnswerIsGone) {
    Simulator::get().reset();
    const Model model = first_model("together");
    const Outcome outcome = run_edit(model);
    ASSERT_TRUE(outcome.reply) << outcome.message;
    RecordingLog log;
    try {
        make_engine(model, log)->resume(outcome.ticket, [](const Progress&) {}, {});
        ADD_FAILURE() << "it came again";
    } catch (const Error& error) {
        EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(expired)) << error.what();
    }
}

TEST(OpenaiAgain, APictureAtAnAddressComesFromThere) {
    Simulator::get().reset({{{"service", "openai"}, {"step", "create"}, {"fault", "deliver_url"}}});
    const Model model = first_model("openai");
    const Outcome outcome = run_edit(model);
    ASSERT_TRUE(outcome.reply) << outcome.message;
    RecordingLog log;
    const EngineReply again = make_engine(model, log)->resume(outcome.ticket, [](const Progress&) {}, {});
    EXPECT_EQ(again.picture, reply_of(outcome).picture);
}

TEST(OpenaiAnswers, WithoutANameAreWrittenDownAllTheSame) {
    Simulator::get().reset();
    EXPECT_EQ(run_edit(first_model("openai")).ticket.id, "unnamed");
}

TEST(OpenaiReferences, TravelAsFurtherPictures) {
    Simulator& simulator = Simulator::get();
    simulator.reset();
    const Model model = first_model("openai");
    RecordingLog log;
    ModelInput input;
    input.canvas = make_canvas();
    input.references.push_back(make_canvas({320, 256}));
    input.references.push_back(make_canvas({256, 320}));
    const EngineReply reply =
        make_engine(model, log)->run(make_request(model), input, [](const Progress&) {}, {});
    EXPECT_EQ(decode_picture(reply.picture).pixels.size(), canvas_size);
    EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
}

} // namespace kontext::test
