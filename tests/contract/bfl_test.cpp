#include "tests/contract/contract.h"

namespace kontext::test {

namespace {

using enum ErrorCode;

const std::vector<AnswerCase> answers{
    {"bad_key", R"([{"step": "create", "fault": "bad_key"}])", key_rejected, "submitting not_accepted"},
    {"unknown_endpoint", R"([{"step": "create", "fault": "not_found"}])", request_rejected,
     "submitting not_accepted"},
    {"unprocessable", R"([{"step": "create", "fault": "unprocessable"}])", request_rejected,
     "submitting not_accepted"},
    {"no_credit", R"([{"step": "create", "fault": "no_credit"}])", no_credit, "submitting not_accepted"},
    {"rate_limited", R"([{"step": "create", "fault": "rate_limited"}])", rate_limited,
     "submitting not_accepted"},
    {"too_large", R"([{"step": "create", "fault": "too_large"}])", request_rejected,
     "submitting not_accepted"},
    {"internal", R"([{"step": "create", "fault": "internal"}])", outcome_unknown, "submitting"},
    {"unavailable", R"([{"step": "create", "fault": "unavailable"}])", outcome_unknown, "submitting"},
    {"no_id", R"([{"step": "create", "fault": "no_id"}])", outcome_unknown, "submitting"},
    {"no_polling_url", R"([{"step": "create", "fault": "no_polling_url"}])"},
    {"cost_nulls", R"([{"step": "create", "fault": "cost_nulls"}])"},
    {"cost_noise", R"([{"step": "create", "fault": "cost_noise"}])"},
    {"request_moderated", R"([{"step": "create", "fault": "request_moderated"}])", refused},
    {"content_moderated", R"([{"step": "create", "fault": "content_moderated"}])", refused},
    {"content_moderated_503", R"([{"step": "create", "fault": "content_moderated_503"}])", refused},
    {"failed_in_details", R"([{"step": "create", "fault": "error"}])", service_failed},
    {"failed_in_result", R"([{"step": "create", "fault": "error_in_result"}])", service_failed},
    {"failed", R"([{"step": "create", "fault": "failed"}])", service_failed},
    {"no_sample", R"([{"step": "create", "fault": "no_sample"}])", service_failed},
    {"result_null", R"([{"step": "create", "fault": "result_null"}])", service_failed},
    {"state_key", R"([{"step": "poll", "fault": "state_key"}])"},
    {"sample_http_foreign", R"([{"step": "poll", "fault": "sample_http_foreign"}])", bad_reply},
    {"prompt_upsampled", R"([{"step": "poll", "fault": "prompt_upsampled"}])"},
    {"no_duration", R"([{"step": "poll", "fault": "no_duration"}])"},
    {"task_not_found_twice", R"([{"step": "poll", "fault": "task_not_found_404", "times": 2}])"},
    // On another host: without the key, or the simulator tells.
    {"poll_elsewhere", "[]", {}, "submitting accepted", R"({"poll_elsewhere": true})"},
    {"poll_retry_after", "[]", {}, "submitting accepted", R"({"poll_retry_after": 1})"},
};

class Bfl : public ::testing::TestWithParam<AnswerCase> {};

} // namespace

TEST_P(Bfl, IsUnderstood) {
    check_answer("bfl", GetParam());
}
INSTANTIATE_TEST_SUITE_P(Answers, Bfl, ::testing::ValuesIn(answers), name_of_case);

TEST(BflPrice, IsWhatTheAnswerSaysInCredits) {
    Simulator::get().reset(nlohmann::json::array(), {{"prices", {{"flux-kontext-pro", 0.05}}}});
    const Outcome outcome = run_edit(first_model("bfl"));
    ASSERT_TRUE(outcome.reply) << outcome.message;
    ASSERT_TRUE(reply_of(outcome).cost_usd);
    EXPECT_NEAR(reply_of(outcome).cost_usd.value_or(0), 0.05, 1e-9);
}

TEST(BflPrice, IsNotKnownWhereTheAnswerHasNone) {
    Simulator::get().reset({{{"service", "bfl"}, {"step", "create"}, {"fault", "cost_nulls"}}});
    const Outcome outcome = run_edit(first_model("bfl"));
    ASSERT_TRUE(outcome.reply) << outcome.message;
    EXPECT_FALSE(reply_of(outcome).cost_usd);
}

TEST(BflReasons, AreNamed) {
    Simulator::get().reset({{{"service", "bfl"}, {"step", "create"}, {"fault", "content_moderated"}}});
    EXPECT_NE(run_edit(first_model("bfl")).message.find("Sexual Content"), std::string::npos);
}

} // namespace kontext::test
