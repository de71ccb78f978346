#include "tests/contract/contract.h"
#include "tests/support/expect_error.h"

namespace kontext::test {

namespace {

using enum ErrorCode;

const std::vector<AnswerCase> answers{
    {"presign_bad_key", R"([{"step": "presign", "fault": "bad_key"}])", key_rejected, ""},
    {"presign_failed_once", R"([{"step": "presign", "fault": "presign_failed", "times": 1}])"},
    {"presign_without_headers", R"([{"step": "presign", "fault": "no_required_headers"}])"},
    {"presign_null_headers", R"([{"step": "presign", "fault": "null_required_headers"}])"},
    {"presign_without_place", R"([{"step": "presign", "fault": "no_presigned_url"}])", network, ""},
    {"presign_without_address", R"([{"step": "presign", "fault": "no_public_url"}])", network, ""},
    {"put_mismatch", R"([{"step": "put", "fault": "signature_mismatch"}])", network, ""},
    {"put_expired", R"([{"step": "put", "fault": "upload_expired"}])", network, ""},
    {"create_bad_key", R"([{"step": "create", "fault": "bad_key"}])", key_rejected,
     "submitting not_accepted"},
    {"create_forbidden", R"([{"step": "create", "fault": "forbidden"}])", key_rejected,
     "submitting not_accepted"},
    {"create_invalid_input", R"([{"step": "create", "fault": "invalid_input"}])", request_rejected,
     "submitting not_accepted"},
    {"create_model_required", R"([{"step": "create", "fault": "model_required"}])", request_rejected,
     "submitting not_accepted"},
    {"create_invalid_body", R"([{"step": "create", "fault": "invalid_body"}])", request_rejected,
     "submitting not_accepted"},
    {"create_model_not_found", R"([{"step": "create", "fault": "model_not_found"}])", request_rejected,
     "submitting not_accepted"},
    {"create_no_credit", R"([{"step": "create", "fault": "no_credit"}])", no_credit,
     "submitting not_accepted"},
    {"create_no_credit_short", R"([{"step": "create", "fault": "no_credit_short"}])", no_credit,
     "submitting not_accepted"},
    {"create_rate_limited", R"([{"step": "create", "fault": "rate_limited"}])", rate_limited,
     "submitting not_accepted"},
    {"create_internal", R"([{"step": "create", "fault": "internal"}])", outcome_unknown, "submitting"},
    {"create_without_id", R"([{"step": "create", "fault": "no_id"}])", outcome_unknown, "submitting"},
    {"refused", R"([{"step": "create", "fault": "refused"}])", refused},
    {"input_download_error", R"([{"step": "create", "fault": "input_download_error"}])", service_failed},
    {"input_invalid", R"([{"step": "create", "fault": "input_invalid"}])", request_rejected},
    {"provider_failed", R"([{"step": "create", "fault": "provider_failed"}])", service_failed},
    {"provider_bad_request", R"([{"step": "create", "fault": "provider_bad_request"}])", service_failed},
    {"provider_rate_limit", R"([{"step": "create", "fault": "provider_rate_limit"}])", service_failed},
    {"provider_auth_error", R"([{"step": "create", "fault": "provider_auth_error"}])", service_failed},
    {"provider_server_error", R"([{"step": "create", "fault": "provider_server_error"}])", service_failed},
    {"provider_network_error", R"([{"step": "create", "fault": "network_error"}])", service_failed},
    {"execution_timeout", R"([{"step": "create", "fault": "execution_timeout"}])", service_failed},
    {"unknown_error_code", R"([{"step": "create", "fault": "unknown_error_code"}])", service_failed},
    {"dispatch_failed", R"([{"step": "create", "fault": "dispatch_failed"}])", service_failed},
    {"failed_in_old_form", R"([{"step": "create", "fault": "failed"}])", service_failed},
    {"error_as_text", R"([{"step": "create", "fault": "error_text"}])", service_failed},
    {"cancelled_there", R"([{"step": "create", "fault": "cancelled"}])", service_failed},
    {"output_array", R"([{"step": "poll", "fault": "output_array"}])"},
    {"output_two", R"([{"step": "poll", "fault": "output_two"}])"},
    {"output_object", R"([{"step": "poll", "fault": "output_object"}])"},
    {"output_image_object", R"([{"step": "poll", "fault": "output_image_object"}])"},
    {"output_images", R"([{"step": "poll", "fault": "output_images"}])"},
    {"output_image_nested", R"([{"step": "poll", "fault": "output_image_nested"}])"},
    {"output_empty", R"([{"step": "poll", "fault": "no_output"}])", service_failed},
    {"output_null", R"([{"step": "poll", "fault": "output_null"}])", service_failed},
    {"output_empty_array", R"([{"step": "poll", "fault": "output_empty_array"}])", service_failed},
    {"output_no_url", R"([{"step": "poll", "fault": "output_no_url"}])", bad_reply},
    {"output_http_foreign", R"([{"step": "poll", "fault": "output_http_foreign"}])", bad_reply},
    {"completed", R"([{"step": "poll", "fault": "completed"}])"},
    {"no_metrics", R"([{"step": "poll", "fault": "no_metrics"}])"},
    {"poll_not_found_once", R"([{"step": "poll", "fault": "not_found", "times": 1}])"},
};

class Eachlabs : public ::testing::TestWithParam<AnswerCase> {};

} // namespace

TEST_P(Eachlabs, IsUnderstood) {
    check_answer("eachlabs", GetParam());
}
INSTANTIATE_TEST_SUITE_P(Answers, Eachlabs, ::testing::ValuesIn(answers), name_of_case);

TEST(EachlabsUploads, AreDeletedWhenTheEditEndsEitherWay) {
    for (const char* fault : {"output_array", "refused"}) {
        SCOPED_TRACE(fault);
        Simulator::get().reset({{{"service", "eachlabs"}, {"fault", fault}}});
        run_edit(first_model("eachlabs"));
        EXPECT_EQ(Simulator::get().events("deleted").size(), 1U);
    }
}

TEST(EachlabsUploads, AreDeletedWhenTheyAreOfNoUseToAnybody) {
    Simulator& simulator = Simulator::get();
    for (const char* faults : {R"([{"step": "create", "fault": "no_credit"}])",
                               R"([{"step": "create", "fault": "model_not_found"}])",
                               R"([{"step": "put", "fault": "upload_expired"}])"}) {
        SCOPED_TRACE(faults);
        nlohmann::json rules = nlohmann::json::parse(faults);
        rules[0]["service"] = "eachlabs";
        simulator.reset(rules);
        EXPECT_FALSE(run_edit(first_model("eachlabs")).reply);
        EXPECT_EQ(simulator.events("deleted").size(), 1U);
        EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
    }
}

TEST(EachlabsUploads, StayWhereTheEditMayHaveBeenAccepted) {
    for (const char* fault : {"close", "internal"}) {
        SCOPED_TRACE(fault);
        Simulator::get().reset({{{"service", "eachlabs"}, {"step", "create"}, {"fault", fault}}});
        EXPECT_EQ(run_edit(first_model("eachlabs")).error, outcome_unknown);
        EXPECT_EQ(Simulator::get().events("deleted").size(), 0U);
    }
}

TEST(EachlabsUploads, AreDeletedWhenTheEditIsCancelledBeforeItIsSent) {
    Simulator::get().reset();
    std::stop_source stop;
    const Outcome outcome = run_edit(
        first_model("eachlabs"), make_canvas(),
        [&](const Progress& step) {
            if (step.fraction == 1) { // all of it is there
                stop.request_stop();
            }
        },
        stop.get_token());
    EXPECT_TRUE(outcome.cancelled);
    EXPECT_EQ(Simulator::get().events("created").size(), 0U);
    EXPECT_EQ(Simulator::get().events("deleted").size(), 1U);
}

TEST(EachlabsUploads, GoByThemselvesAfterAnHour) {
    Simulator::get().reset();
    run_edit(first_model("eachlabs"));
    EXPECT_EQ(Simulator::get().events("presigned").at(0).at("expires_in_seconds"), 3600);
}

TEST(EachlabsHistory, FindsAnEditWhoseAnswerWasLost) {
    Simulator& simulator = Simulator::get();
    simulator.reset({{{"service", "eachlabs"}, {"step", "create"}, {"fault", "close"}}});
    const Model model = first_model("eachlabs");
    const Outcome outcome = run_edit(model);
    ASSERT_EQ(outcome.error, outcome_unknown) << outcome.message;
    const auto created = simulator.events("created");
    ASSERT_EQ(created.size(), 1U);

    RecordingLog log;
    const auto engine = make_engine(model, log);
    const auto found = engine->find_lost(outcome.ticket, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, created.at(0).at("id").get<std::string>());
    EXPECT_FALSE(engine->resume(*found, [](const Progress&) {}, {}).picture.empty());
    EXPECT_FALSE(engine->find_lost({.image_url = "https://cdn.example/never-sent.png"}, {}));
    EXPECT_EQ(simulator.events("created").size(), 1U);
}

TEST(EachlabsHistory, IsNoProofWhereItDoesNotReachBackFarEnough) {
    auto& simulator = Simulator::get();
    simulator.reset();
    const Model model = first_model("eachlabs");
    const Image canvas = make_canvas();
    for (int i = 0; i < 100; ++i) { // the longest list that is given
        ASSERT_TRUE(run_edit(model, canvas).reply);
    }
    RecordingLog log;
    const auto engine = make_engine(model, log);
    expect_error(ErrorCode::outcome_unknown,
                 [&] { engine->find_lost({.image_url = "https://cdn.example/older.png"}, {}); });
}

} // namespace kontext::test
