#include "tests/contract/contract.h"

namespace kontext::test {

namespace {

using enum ErrorCode;

const std::vector<AnswerCase> answers{
    {"bad_key", R"([{"step": "create", "fault": "bad_key"}])", key_rejected, "submitting not_accepted"},
    {"exhausted_balance", R"([{"step": "create", "fault": "no_credit"}])", no_credit,
     "submitting not_accepted"},
    {"admin_lock", R"([{"step": "create", "fault": "admin_lock"}])", key_rejected, "submitting not_accepted"},
    {"model_not_found", R"([{"step": "create", "fault": "model_not_found"}])", request_rejected,
     "submitting not_accepted"},
    {"invalid_input", R"([{"step": "create", "fault": "invalid_input"}])", request_rejected,
     "submitting not_accepted"},
    {"content_policy_at_once", R"([{"step": "create", "fault": "content_policy"}])", refused,
     "submitting not_accepted"},
    {"image_load_error", R"([{"step": "create", "fault": "image_load_error"}])", request_rejected,
     "submitting not_accepted"},
    {"detail_object", R"([{"step": "create", "fault": "detail_object"}])", request_rejected,
     "submitting not_accepted"},
    {"rate_limited", R"([{"step": "create", "fault": "rate_limited"}])", rate_limited,
     "submitting not_accepted"},
    {"timed_out", R"([{"step": "create", "fault": "timed_out"}])", outcome_unknown, "submitting"},
    {"internal", R"([{"step": "create", "fault": "internal"}])", outcome_unknown, "submitting"},
    {"no_id", R"([{"step": "create", "fault": "no_id"}])", outcome_unknown, "submitting"},
    {"no_urls", R"([{"step": "create", "fault": "no_urls"}])"},
    {"refused", R"([{"step": "create", "fault": "refused"}])", refused},
    {"nsfw", R"([{"step": "create", "fault": "nsfw"}])", refused},
    {"image_too_small", R"([{"step": "create", "fault": "image_too_small"}])", service_failed},
    {"image_too_large", R"([{"step": "create", "fault": "image_too_large"}])", service_failed},
    {"file_download_error", R"([{"step": "create", "fault": "file_download_error"}])", service_failed},
    {"no_media_generated", R"([{"step": "create", "fault": "no_media_generated"}])", service_failed},
    {"model_error", R"([{"step": "create", "fault": "model_error"}])", service_failed},
    {"downstream_unavailable", R"([{"step": "create", "fault": "downstream_unavailable"}])", service_failed},
    {"request_timeout", R"([{"step": "create", "fault": "request_timeout"}])", service_failed},
    {"startup_timeout", R"([{"step": "create", "fault": "startup_timeout"}])", service_failed},
    {"scheduling_failure", R"([{"step": "create", "fault": "scheduling_failure"}])", service_failed},
    {"incomplete_response", R"([{"step": "create", "fault": "incomplete_response"}])", service_failed},
    {"runner_error", R"([{"step": "create", "fault": "runner_error"}])", service_failed},
    {"cancelled_there", R"([{"step": "create", "fault": "cancelled"}])", service_failed},
    {"state_failed", R"([{"step": "poll", "fault": "state_failed"}])", service_failed},
    {"state_canceled", R"([{"step": "poll", "fault": "state_canceled"}])", service_failed},
    {"no_output", R"([{"step": "result", "fault": "no_output"}])", service_failed},
    {"output_object", R"([{"step": "result", "fault": "output_object"}])"},
    {"no_flags", R"([{"step": "result", "fault": "no_flags"}])"},
    {"result_gone", R"([{"step": "result", "fault": "not_found"}])", expired},
    {"result_html_once", R"([{"step": "result", "fault": "html_502", "times": 1}])"},
    {"poll_locked", R"([{"step": "poll", "fault": "no_credit"}])", no_credit},
};

class Fal : public ::testing::TestWithParam<AnswerCase> {};

} // namespace

TEST_P(Fal, IsUnderstood) {
    check_answer("fal", GetParam());
}
INSTANTIATE_TEST_SUITE_P(Answers, Fal, ::testing::ValuesIn(answers), name_of_case);

TEST(FalSeed, IsTheOneThatWasUsed) {
    Simulator::get().reset(nlohmann::json::array(), {{"seed", "other"}});
    const Outcome outcome = run_edit(first_model("fal"));
    ASSERT_TRUE(outcome.reply) << outcome.message;
    EXPECT_EQ(reply_of(outcome).seed, 43U);
}

} // namespace kontext::test
