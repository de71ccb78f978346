#include "tests/contract/contract.h"

namespace kontext::test {

namespace {

using enum ErrorCode;

const std::vector<AnswerCase> answers{
    {"bad_key", R"([{"step": "create", "fault": "bad_key"}])", key_rejected, "submitting not_accepted"},
    {"no_credit", R"([{"step": "create", "fault": "no_credit"}])", no_credit, "submitting not_accepted"},
    {"model_not_found", R"([{"step": "create", "fault": "model_not_found"}])", request_rejected,
     "submitting not_accepted"},
    {"invalid_input", R"([{"step": "create", "fault": "invalid_input"}])", request_rejected,
     "submitting not_accepted"},
    {"rate_limited", R"([{"step": "create", "fault": "rate_limited"}])", rate_limited,
     "submitting not_accepted"},
    {"internal", R"([{"step": "create", "fault": "internal"}])", outcome_unknown, "submitting"},
    {"no_id", R"([{"step": "create", "fault": "no_id"}])", outcome_unknown, "submitting"},
    {"no_urls", R"([{"step": "create", "fault": "no_urls"}])"},
    {"refused", R"([{"step": "create", "fault": "refused"}])", refused},
    {"nsfw", R"([{"step": "create", "fault": "nsfw"}])", refused},
    {"failed", R"([{"step": "create", "fault": "failed"}])", service_failed},
    {"failed_oddly", R"([{"step": "create", "fault": "failed_oddly"}])", service_failed},
    {"canceled_there", R"([{"step": "create", "fault": "cancelled"}])", service_failed},
    {"aborted", R"([{"step": "create", "fault": "aborted"}])", service_failed},
    {"data_removed", R"([{"step": "create", "fault": "data_removed"}])", expired},
    {"no_output", R"([{"step": "create", "fault": "no_output"}])", service_failed},
    {"output_array", R"([{"step": "poll", "fault": "output_array"}])"},
    {"output_object", R"([{"step": "poll", "fault": "output_object"}])"},
    {"output_empty_array", R"([{"step": "poll", "fault": "output_empty_array"}])", service_failed},
    {"poll_not_found_once", R"([{"step": "poll", "fault": "not_found", "times": 1}])"},
};

class Replicate : public ::testing::TestWithParam<AnswerCase> {};

} // namespace

TEST_P(Replicate, IsUnderstood) {
    check_answer("replicate", GetParam());
}
INSTANTIATE_TEST_SUITE_P(Answers, Replicate, ::testing::ValuesIn(answers), name_of_case);

TEST(ReplicateUploads, AreForLargePicturesOnlyAndDeletedWhenTheEditEnds) {
    Simulator& simulator = Simulator::get();
    for (const char* fault : {"output_array", "refused"}) {
        SCOPED_TRACE(fault);
        simulator.reset({{{"service", "replicate"}, {"fault", fault}}});
        const Outcome outcome = run_edit(first_model("replicate"), make_canvas(canvas_size, Texture::noisy));
        EXPECT_EQ(outcome.reply.has_value(), std::string(fault) == "output_array") << outcome.message;
        EXPECT_EQ(simulator.events("uploaded").size(), 1U);
        EXPECT_EQ(simulator.events("deleted").size(), 1U);
        EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
    }
    simulator.reset({{{"service", "replicate"}, {"step", "create"}, {"fault", "no_credit"}}});
    run_edit(first_model("replicate"), make_canvas(canvas_size, Texture::noisy));
    EXPECT_EQ(simulator.events("deleted").size(), 1U); // it is of no use to anybody
    simulator.reset({{{"service", "replicate"}, {"step", "create"}, {"fault", "close"}}});
    run_edit(first_model("replicate"), make_canvas(canvas_size, Texture::noisy));
    EXPECT_EQ(simulator.events("deleted").size(), 0U); // it may have been accepted
    simulator.reset();
    EXPECT_TRUE(run_edit(first_model("replicate")).reply);
    EXPECT_EQ(simulator.events("uploaded").size(), 0U);
}

} // namespace kontext::test
