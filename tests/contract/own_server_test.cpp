#include "core/image/codec.h"
#include "tests/contract/contract.h"
#include "tests/contract/fake_sd_server.h"

#include <algorithm>

namespace kontext::test {

using nlohmann::json;

namespace {

Model own_model() {
    return find_model(load_models("/no/such/file"), "openai", "own-server");
}

std::unique_ptr<Engine> make_own(const std::string& base_url) {
    return find_engine("openai").create({.model = own_model(), .base_url = base_url, .key = {}});
}

Outcome edit_at(const std::string& base_url, std::map<std::string, std::string> options = {}) {
    const Model model = own_model();
    EditRequest request = make_request(model);
    request.options = std::move(options);
    ModelInput input;
    input.canvas = make_canvas({256, 192});
    return outcome_of([&] { return make_own(base_url)->run(request, input, [](const Progress&) {}, {}); });
}

std::string own_address() {
    return Simulator::get().base_url("own") + "/v1";
}

} // namespace

TEST(OwnServer, EditsWithTheFirstModelThatItLists) {
    Simulator& simulator = Simulator::get();
    simulator.reset();
    const Outcome outcome = edit_at(own_address());
    EXPECT_EQ(decode_picture(reply_of(outcome).picture).pixels.size(), (Size{256, 192}));
    EXPECT_EQ(reply_of(outcome).seed, 42U);
    ASSERT_EQ(simulator.events("asked").size(), 1U);
    EXPECT_EQ(simulator.events("asked").at(0).at("model"), "Flux-2-Klein-4B");
    EXPECT_EQ(simulator.events("violation"), json::array());
}

TEST(OwnServer, EditsWithTheModelAndTheStepsThatAreAskedFor) {
    Simulator& simulator = Simulator::get();
    simulator.reset();
    EXPECT_TRUE(edit_at(own_address(), {{"model", "SDXL-Turbo"}, {"steps", "4"}}).reply);
    EXPECT_EQ(simulator.events("asked").at(0).at("model"), "SDXL-Turbo");
    EXPECT_EQ(simulator.events("violation"), json::array());
}

TEST(OwnServer, MayAnswerWithAnAddress) {
    Simulator& simulator = Simulator::get();
    simulator.reset({{{"service", "own"}, {"step", "create"}, {"fault", "deliver_url"}}});
    EXPECT_FALSE(reply_of(edit_at(own_address())).picture.empty());
}

TEST(OwnServer, IsQuotedWhereItSaysWhatIsWrong) {
    for (const auto& [fault, word] :
         {std::pair("error_text", "out of memory"), std::pair("error_and_message", "no such model loaded"),
          std::pair("detail", "field required"), std::pair("wants_key", "Invalid API key")}) {
        SCOPED_TRACE(fault);
        Simulator::get().reset({{{"service", "own"}, {"step", "create"}, {"fault", fault}}});
        const Outcome outcome = edit_at(own_address());
        EXPECT_TRUE(outcome.error);
        EXPECT_NE(outcome.message.find(word), std::string::npos) << outcome.message;
    }
}

TEST(OwnServer, IsNotThereWhereNobodyListsModels) {
    Simulator::get().reset({{{"service", "own"}, {"step", "models"}, {"fault", "no_models"}}});
    for (const std::string& address :
         {own_address(), std::string("http://127.0.0.1:1/v1"), std::string("https://api.openai.com")}) {
        const Outcome outcome = edit_at(address);
        EXPECT_EQ(outcome.error, ErrorCode::engine_not_ready) << outcome.message;
        EXPECT_EQ(make_own(address)->check_setup({}).front().verdict, SetupFinding::Verdict::missing);
    }
}

TEST(OwnServer, NeverGetsTheKeyOfTheService) {
    const EngineInfo& openai = find_engine("openai");
    const EngineSettings settings{{"url", own_address()}};
    const auto models = models_of(load_models("/no/such/file"), "openai");
    for (const Model& model : models) {
        const std::string url = base_url_of(openai, {}, settings_for(openai, model, settings));
        EXPECT_EQ(url == own_address(), model.own_server) << model.id;
    }
}

// Found out by the model that it lists, and asked for a job in place of a picture.
TEST(OwnServer, IsAskedInItsOwnLanguageWhereItIsStableDiffusionCpp) {
    FakeSdServer machine;
    ASSERT_TRUE(machine.edit().reply); // which starts it
    const auto words = machine.events("start").back().at("arguments").get<std::vector<std::string>>();
    const std::string address = "http://127.0.0.1:" + *(std::ranges::find(words, "--listen-port") + 1);
    for (const std::string& base : {address, address + "/v1"}) {
        const Outcome outcome = edit_at(base);
        EXPECT_TRUE(outcome.reply) << outcome.message;
    }
    EXPECT_EQ(machine.events("job").size(), 3U);
}

} // namespace kontext::test
