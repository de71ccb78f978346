#include "core/local/kept_call.h"
#include "tests/contract/contract.h"
#include "tests/support/test_folder.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace kontext::test {

using State = KeptAnswer::State;

namespace {

// Has the program that keeps answers.
class KeptCallTest : public ::testing::Test {
protected:
    void SetUp() override { setenv("KONTEXT_KEEPER", KONTEXT_KEEPER_PROGRAM, 1); }
    void TearDown() override { unsetenv("KONTEXT_KEEPER"); }

    // The free call that lists models; its step at the simulator is "models".
    HttpRequest list_models() const {
        return {.url = Simulator::get().base_url("together") + "/v1/models", .at_most_once = true};
    }
    std::optional<KeptCall> prepare(const HttpRequest& request) const {
        const SecretText key(Simulator::get().key("together"));
        const Credential credential{"Authorization", "Bearer ", &key};
        return KeptCall::prepare(request, &credential, file);
    }
    State wait_while(State state) const {
        State now = read_kept_answer(file).state;
        for (; now == state; now = read_kept_answer(file).state) {
            std::this_thread::yield();
        }
        return now;
    }

    TestFolder folder;
    std::filesystem::path file = folder / "answers/1";
};

class KeptCallOf : public KeptCallTest, public ::testing::WithParamInterface<const char*> {};

} // namespace

TEST_F(KeptCallTest, GivesTheAnswerAndKeepsIt) {
    Simulator::get().reset();
    std::optional<KeptCall> call = prepare(list_models());
    ASSERT_TRUE(call);
    const HttpResponse response = call->send({});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(wait_while(State::on_its_way), State::arrived);
    const CallOutcome kept = read_kept_answer(file).outcome;
    ASSERT_TRUE(kept.response);
    EXPECT_EQ(kept.response->body, response.body);
    EXPECT_EQ(kept.response->header("content-type"), response.header("content-type"));
}

TEST_F(KeptCallTest, SendsNothingForACallerThatVanishesBeforeItSaysSo) {
    Simulator& simulator = Simulator::get();
    simulator.reset();
    std::optional<KeptCall> call = prepare(list_models());
    ASSERT_TRUE(call);
    EXPECT_EQ(read_kept_answer(file).state, State::on_its_way);
    call.reset();
    EXPECT_EQ(wait_while(State::on_its_way), State::never_sent);
    EXPECT_EQ(simulator.events("request"), nlohmann::json::array());
}

TEST_F(KeptCallTest, GoesOnWhenItsCallerIsKilled) {
    Simulator& simulator = Simulator::get();
    simulator.reset({{{"service", "together"}, {"step", "models"}, {"fault", "delay"}, {"seconds", 0.5}}});
    const pid_t caller = ::fork();
    if (caller == 0) {
        std::optional<KeptCall> call = prepare(list_models());
        // Killed by itself once the call is under way: the thread that waits for it is another.
        std::jthread sender([&] { call->send({}); });
        while (simulator.events("request").empty()) {
            std::this_thread::yield();
        }
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(caller, nullptr, 0);
    ASSERT_EQ(wait_while(State::on_its_way), State::arrived);
    const CallOutcome kept = read_kept_answer(file).outcome;
    ASSERT_TRUE(kept.response) << kept.message;
    EXPECT_EQ(kept.response->status, 200);
}

TEST_F(KeptCallTest, KeepsWhyThereIsNoAnswer) {
    Simulator::get().reset({{{"service", "together"}, {"step", "models"}, {"fault", "close"}}});
    try {
        prepare(list_models()).value().send({});
        FAIL();
    } catch (const TransferFailed& failure) {
        EXPECT_EQ(failure.reach(), TransferFailed::Reach::maybe_served);
    }
    EXPECT_EQ(wait_while(State::on_its_way), State::arrived);
    const CallOutcome kept = read_kept_answer(file).outcome;
    EXPECT_FALSE(kept.response);
    EXPECT_EQ(kept.failure, CallOutcome::Failure::maybe_served);
}

TEST_F(KeptCallTest, IsLostWhereWhoKeptItDiedBefore) {
    std::filesystem::create_directories(file.parent_path());
    for (const char* torn : {"", "{\"status\": 200", "{\"headers\":[],\"size\":5,\"status\":200}\nhalf"}) {
        std::ofstream(file) << torn;
        EXPECT_EQ(read_kept_answer(file).state, State::lost) << torn;
    }
}

TEST_F(KeptCallTest, IsNotPossibleWithoutTheProgram) {
    setenv("KONTEXT_KEEPER", "/bin/false", 1);
    EXPECT_FALSE(prepare(list_models()));
    setenv("KONTEXT_KEEPER", "/no/such/program", 1);
    EXPECT_FALSE(prepare(list_models()));
}

// As another process would, after this one was killed.
TEST_P(KeptCallOf, AnEngineGoesOnFromItsAnswer) {
    Simulator& simulator = Simulator::get();
    simulator.reset();
    const Model model = first_model(GetParam());
    const Outcome outcome = run_edit(model);
    ASSERT_TRUE(outcome.reply) << outcome.message;
    file = outcome.answer_file;
    ASSERT_EQ(wait_while(State::on_its_way), State::arrived);
    const KeptAnswer answer = read_kept_answer(file);
    ASSERT_TRUE(answer.outcome.response);
    RecordingLog log;
    const EngineReply reply =
        make_engine(model, log)->resume_from_answer(*answer.outcome.response, {}, [](const Progress&) {}, {});
    EXPECT_EQ(reply.picture, reply_of(outcome).picture);
    EXPECT_EQ(reply.request_id, reply_of(outcome).request_id);
    EXPECT_EQ(log.line, "accepted");
    EXPECT_EQ(simulator.events("created").size(), 1U);
    EXPECT_EQ(simulator.events("violation"), nlohmann::json::array());
}
INSTANTIATE_TEST_SUITE_P(Engines, KeptCallOf,
                         ::testing::Values("eachlabs", "bfl", "fal", "replicate", "together", "openai",
                                           "gemini"),
                         [](const auto& engine) { return std::string(engine.param); });

} // namespace kontext::test
