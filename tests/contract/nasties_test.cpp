#include "core/image/codec.h"
#include "tests/contract/contract.h"

namespace kontext::test {

namespace {

using enum ErrorCode;
using Nasty = std::tuple<const char*, AnswerCase>;

// Whatever a network, a proxy or a careless server can make of an answer.
const std::vector<AnswerCase> at_create{
    {"create_closed", R"([{"step": "create", "fault": "close"}])", outcome_unknown, "submitting"},
    {"create_closed_unread", R"([{"step": "create", "fault": "close_unread"}])", outcome_unknown,
     "submitting"},
    {"create_reset", R"([{"step": "create", "fault": "close", "reset": true}])", outcome_unknown,
     "submitting"},
    {"create_head_cut", R"([{"step": "create", "fault": "cut_head"}])", outcome_unknown, "submitting"},
    {"create_body_cut", R"([{"step": "create", "fault": "cut_body"}])", outcome_unknown, "submitting"},
    {"create_json_cut", R"([{"step": "create", "fault": "truncated_json"}])", outcome_unknown, "submitting"},
    {"create_empty", R"([{"step": "create", "fault": "empty_body"}])", outcome_unknown, "submitting"},
    {"create_html", R"([{"step": "create", "fault": "html_502"}])", outcome_unknown, "submitting"},
    {"create_redirected", R"([{"step": "create", "fault": "redirect", "to": "foreign"}])", outcome_unknown,
     "submitting"},
    {"create_marked_utf8", R"([{"step": "create", "fault": "bom"}])"},
    {"create_numbers_as_text", R"([{"step": "create", "fault": "numbers_as_strings"}])"},
    {"create_of_odd_type", R"([{"step": "create", "fault": "content_type", "type": "text/plain"}])"},
    {"create_http_1_0", R"([{"step": "create", "fault": "http_1_0"}])"},
    {"create_chunked", R"([{"step": "create", "fault": "chunked"}])"},
    // Surely not accepted, and the service says when to come back.
    {"create_busy_once",
     R"([{"step": "create", "fault": "rate_limited", "times": 1, "retry_after": 1}])",
     {},
     "submitting not_accepted submitting accepted"},
};

const std::vector<AnswerCase> at_poll{
    {"poll_marked_utf8", R"([{"step": "poll", "fault": "bom"}])"},
    {"poll_numbers_as_text", R"([{"step": "poll", "fault": "numbers_as_strings"}])"},
    {"poll_state_in_other_case", R"([{"step": "poll", "fault": "state_case"}])"},
    {"poll_unknown_state", R"([{"step": "poll", "fault": "unknown_state", "times": 2}])"},
    {"poll_http_1_0", R"([{"step": "poll", "fault": "http_1_0"}])"},
    {"poll_chunked", R"([{"step": "poll", "fault": "chunked"}])"},
    {"poll_closed_once", R"([{"step": "poll", "fault": "close", "times": 1}])"},
    {"poll_html_once", R"([{"step": "poll", "fault": "html_502", "times": 1}])"},
    {"poll_bad_key", R"([{"step": "poll", "fault": "bad_key"}])", key_rejected},
};

const std::vector<AnswerCase> at_download{
    {"download_of_odd_type", R"([{"step": "download", "fault": "content_type"}])"},
    {"download_redirected", R"([{"step": "download", "fault": "redirect", "hops": 4, "times": 1}])"},
    {"download_redirected_to_other_host",
     R"([{"step": "download", "fault": "redirect", "to": "foreign", "times": 1}])"},
    {"download_redirected_for_ever", R"([{"step": "download", "fault": "redirect", "to": "loop"}])",
     bad_reply},
    {"download_cut_once", R"([{"step": "download", "fault": "cut_body", "times": 1}])"},
    {"picture_is_jpeg", R"([{"step": "download", "fault": "jpeg"}])"},
    {"picture_is_16_bit", R"([{"step": "download", "fault": "sixteen_bit"}])"},
    {"picture_has_palette", R"([{"step": "download", "fault": "palette"}])"},
    {"picture_is_marked", R"([{"step": "download", "fault": "png_c2pa"}])"},
    {"picture_is_marked_jpeg", R"([{"step": "download", "fault": "jpeg_app11"}])"},
    {"picture_of_other_size", R"([{"step": "download", "fault": "other_size"}])"},
};

// What takes real waiting: once, with the engine that is named.
const std::vector<AnswerCase> slow{
    {"picture_cut", R"([{"step": "download", "fault": "picture_truncated"}])", bad_reply},
    {"picture_empty", R"([{"step": "download", "fault": "picture_empty"}])", bad_reply},
    {"picture_is_none", R"([{"step": "download", "fault": "not_a_picture"}])", bad_reply},
    {"picture_expired", R"([{"step": "download", "fault": "expired"}])", expired},
    {"picture_without_end", R"([{"step": "download", "fault": "endless"}])", bad_reply},
    {"poll_busy_by_date",
     R"([{"step": "poll", "fault": "internal", "times": 1, "retry_after_date": 1}])",
     {},
     "submitting accepted",
     R"({"date_skew": 5000})"},
};

class Nasties : public ::testing::TestWithParam<Nasty> {};

std::string name_of_nasty(const ::testing::TestParamInfo<Nasty>& info) {
    return std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param).name;
}

constexpr const char* asynchronous[] = {"eachlabs", "bfl", "fal", "replicate"};
constexpr const char* all[] = {"eachlabs", "bfl", "fal", "replicate", "together", "openai", "gemini"};
constexpr const char* one[] = {"bfl"};

} // namespace

TEST_P(Nasties, AreSurvived) {
    const auto& [engine, answer] = GetParam();
    check_answer(engine, answer);
}
INSTANTIATE_TEST_SUITE_P(AtCreate, Nasties,
                         ::testing::Combine(::testing::ValuesIn(all), ::testing::ValuesIn(at_create)),
                         name_of_nasty);
INSTANTIATE_TEST_SUITE_P(AtPoll, Nasties,
                         ::testing::Combine(::testing::ValuesIn(asynchronous), ::testing::ValuesIn(at_poll)),
                         name_of_nasty);
INSTANTIATE_TEST_SUITE_P(AtDownload, Nasties,
                         ::testing::Combine(::testing::ValuesIn(asynchronous),
                                            ::testing::ValuesIn(at_download)),
                         name_of_nasty);
INSTANTIATE_TEST_SUITE_P(Slow, Nasties,
                         ::testing::Combine(::testing::ValuesIn(one), ::testing::ValuesIn(slow)),
                         name_of_nasty);

// The picture is in the answer here, so that what is wrong with it is known at once.
TEST(NastiesInTheAnswer, ArePicturesThatAreNone) {
    for (const char* engine : {"together", "openai", "gemini"}) {
        for (const char* fault : {"picture_truncated", "picture_empty", "not_a_picture"}) {
            SCOPED_TRACE(std::string(engine) + " " + fault);
            Simulator::get().reset({{{"service", engine}, {"step", "create"}, {"fault", fault}}});
            const Outcome outcome = run_edit(first_model(engine));
            EXPECT_FALSE(outcome.reply);
            EXPECT_EQ(outcome.log, "submitting accepted");
        }
        for (const char* fault : {"jpeg", "sixteen_bit", "palette", "png_c2pa", "jpeg_app11"}) {
            SCOPED_TRACE(std::string(engine) + " " + fault);
            Simulator::get().reset({{{"service", engine}, {"step", "create"}, {"fault", fault}}});
            const Outcome outcome = run_edit(first_model(engine));
            EXPECT_TRUE(outcome.reply) << outcome.message;
        }
    }
}

} // namespace kontext::test
