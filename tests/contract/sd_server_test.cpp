#include "core/image/codec.h"
#include "core/local/sd_edit.h"
#include "tests/contract/fake_sd_server.h"
#include "tests/support/expect_error.h"

#include <csignal>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

namespace kontext {

namespace {

using nlohmann::json;
using test::await;
using test::FakeSdServer;
using test::Outcome;
using test::runs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class SdServer : public ::testing::Test {
protected:
    // An edit on a thread of its own, that can be stopped.
    struct Running {
        Running() = default;
        Running(Running&&) = default;
        ~Running() { stop.request_stop(); }

        std::stop_source stop;
        std::future<Outcome> outcome;
    };
    Running start_edit(const std::string& prompt, const std::string& model = "flux-2-klein-4b") {
        Running running;
        running.outcome =
            std::async(std::launch::async, [this, prompt, model, stop = running.stop.get_token()] {
                return fake.edit(prompt, {}, stop, model);
            });
        return running;
    }
    // An edit that is in its second step and stays there.
    Running start_held_edit() {
        fake.set_switches({{"hold_at", 2}});
        Running running = start_edit("held");
        await("it is at work", [&] { return fake.events("step").size() >= 2; });
        return running;
    }
    void expect_picture(const Outcome& outcome) {
        ASSERT_TRUE(outcome.reply) << outcome.message;
        EXPECT_EQ(decode_picture(outcome.reply->picture).pixels.size(), (Size{96, 64}));
    }
    void expect_next_edit_works() {
        fake.set_switches(json::object());
        expect_picture(fake.edit());
    }

    FakeSdServer fake;
};

// Mean of a block of 8 x 8 pixels, one channel.
double block_mean(const Image& image, int column, int row, int channel) {
    double sum = 0;
    for (int y = 0; y < 8; ++y) {
        const auto* line = reinterpret_cast<const unsigned char*>(image.view().row(row * 8 + y));
        for (int x = 0; x < 8; ++x) {
            sum += line[(column * 8 + x) * 3 + channel];
        }
    }
    return sum / 64;
}

} // namespace

TEST_F(SdServer, ThePictureGoesInAndComesBackInPlaceWithThePromptsEffect) {
    const Image canvas = test::make_small_canvas();
    std::vector<double> tints;
    for (const char* prompt : {"make the sky stormy", "turn it to winter"}) {
        const Outcome outcome = fake.edit(prompt);
        ASSERT_TRUE(outcome.reply) << outcome.message;
        const DecodedPicture picture = decode_picture(outcome.reply->picture);
        ASSERT_EQ(picture.pixels.size(), canvas.size());
        Image result(canvas.size(), canvas.format());
        picture.pixels.read_rows(0, result.view());
        tints.push_back(block_mean(result, 2, 2, 0) - block_mean(canvas, 2, 2, 0));
        EXPECT_NEAR(block_mean(result, 4, 3, 0) - block_mean(canvas, 4, 3, 0), tints.back(), 1.1);
        EXPECT_EQ(outcome.reply->seed, 7U);
    }
    EXPECT_GT(std::abs(tints[0] - tints[1]), 2);
}

TEST_F(SdServer, AJobSaysAllThatTheServersDefaultsWouldSpoil) {
    fake.edit("storm");
    const json job = fake.events("job").at(0);
    EXPECT_EQ(job["prompt"], "storm");
    EXPECT_EQ(job["size"], json({96, 64}));
    EXPECT_EQ(job["seed"], 7);
    EXPECT_EQ(job["sample_params"]["guidance"]["txt_cfg"], 1.0);
    EXPECT_EQ(job["sample_params"]["sample_steps"], 4);
    EXPECT_EQ(job["references"], 1);
    EXPECT_EQ(job["embed"], false);
}

TEST_F(SdServer, StartsWithTheFilesOfTheModelAndWithEmptyFolders) {
    fake.edit();
    const json start = fake.events("start").at(0);
    const auto arguments = start["arguments"].get<std::vector<std::string>>();
    const auto after = [&](const std::string& flag) {
        const auto found = std::ranges::find(arguments, flag);
        return found == arguments.end() || found + 1 == arguments.end() ? "" : *(found + 1);
    };
    EXPECT_EQ(after("--diffusion-model"), fake.models() / "flux-2-klein-4b-Q4_0.gguf");
    EXPECT_EQ(after("--vae"), fake.models() / "FLUX2_AE.safetensors");
    EXPECT_EQ(after("--llm"), fake.models() / "below/Qwen3-4B-Q4_0.gguf");
    EXPECT_EQ(after("--listen-ip"), "127.0.0.1");
    EXPECT_NE(after("--hires-upscalers-dir"), "");
    EXPECT_THAT(arguments, Not(Contains("--diffusion-fa"))); // there is only a processor
    EXPECT_EQ(start["work"], json::array());
    EXPECT_EQ(start["lora"], json::array());
}

TEST_F(SdServer, IsReachedPastAProxy) {
    setenv("http_proxy", "http://127.0.0.1:9", 1); // where nobody listens
    const Outcome outcome = fake.edit();
    unsetenv("http_proxy");
    expect_picture(outcome);
}

TEST_F(SdServer, AGraphicsCardIsUsed) {
    fake.set_switches({{"devices", {"CUDA0\tNVIDIA GeForce RTX 4060", "CPU\tAMD EPYC"}}});
    fake.edit();
    EXPECT_THAT(fake.events("start").at(0)["arguments"], Contains("--diffusion-fa"));
}

TEST_F(SdServer, InheritsNothingOfOurs) {
    setenv("EACHLABS_API_KEY", "secret", 1);
    setenv("REPLICATE_API_TOKEN", "secret", 1);
    int inherited[2];
    ASSERT_EQ(::pipe(inherited), 0); // stays open at exec, as the editor's do
    fake.edit();
    const json start = fake.events("start").at(0);
    EXPECT_EQ(start["files"].size(), 4U) << start["files"]; // 0, 1, 2, and the folder that is listed
    EXPECT_THAT(start["variables"], Not(Contains("EACHLABS_API_KEY")));
    EXPECT_THAT(start["variables"], Not(Contains("REPLICATE_API_TOKEN")));
    EXPECT_THAT(start["variables"], Contains("HOME"));
    ::close(inherited[0]);
    ::close(inherited[1]);
    unsetenv("EACHLABS_API_KEY");
    unsetenv("REPLICATE_API_TOKEN");
}

TEST_F(SdServer, TheSecondEditFindsTheModelLoaded) {
    expect_picture(fake.edit("one"));
    expect_picture(fake.edit("two"));
    EXPECT_THAT(fake.events("start"), SizeIs(1));
    EXPECT_THAT(fake.events("load"), SizeIs(1));
}

TEST_F(SdServer, ProgressGoesThroughTheStagesAndNeverBack) {
    fake.set_switches({{"hold_at", 3}}); // of 4, until that was heard of
    std::vector<Progress> steps;
    double share = 0;
    expect_picture(fake.edit("storm", [&](const Progress& step) {
        steps.push_back(step);
        if (step.stage == Stage::generating && step.fraction) {
            EXPECT_GE(*step.fraction, share);
            share = *step.fraction;
        }
        if (share >= 0.5) {
            fake.set_switches(json::object());
        }
    }));
    EXPECT_EQ(steps.front().stage, Stage::loading);
    EXPECT_GE(share, 0.5);
    EXPECT_LE(share, 1);
}

TEST_F(SdServer, ASlowStartIsWaitedFor) {
    fake.set_switches({{"start_delay", 1}});
    expect_picture(fake.edit());
}

TEST_F(SdServer, WhatIsNoModelIsSaidInTheServersWords) {
    std::ofstream(fake.models() / "flux-2-klein-4b-Q4_0.gguf", std::ios::trunc);
    const Outcome outcome = fake.edit();
    EXPECT_EQ(outcome.error, ErrorCode::engine_not_ready);
    EXPECT_THAT(outcome.message, HasSubstr("get sd version from file failed"));
    EXPECT_THAT(outcome.message, HasSubstr("exit status 1"));
    std::ofstream(fake.models() / "flux-2-klein-4b-Q4_0.gguf") << "weights";
    expect_next_edit_works();
}

TEST_F(SdServer, AFileThatIsMissingIsNamedBeforeAnythingStarts) {
    std::filesystem::remove(fake.models() / "below/Qwen3-4B-Q4_0.gguf");
    const Outcome outcome = fake.edit();
    EXPECT_EQ(outcome.error, ErrorCode::engine_not_ready);
    EXPECT_THAT(outcome.message, HasSubstr("text encoder (qwen3-4b*"));
    EXPECT_THAT(outcome.message, HasSubstr("https://"));
    EXPECT_THAT(fake.events("start"), IsEmpty());
}

TEST_F(SdServer, AProgramThatIsNoneIsNamed) {
    fake.settings["program"] = "/no/such/sd-server";
    const Outcome outcome = fake.edit();
    EXPECT_EQ(outcome.error, ErrorCode::engine_not_ready);
    EXPECT_THAT(outcome.message, HasSubstr("/no/such/sd-server"));
}

TEST_F(SdServer, DyingWhileItLoadsIsSaidAndTheNextEditStartsAnother) {
    fake.set_switches({{"die_loading", true}});
    const Outcome outcome = fake.edit();
    EXPECT_EQ(outcome.error, ErrorCode::service_failed);
    EXPECT_THAT(outcome.message, HasSubstr("not in model metadata"));
    expect_next_edit_works();
}

TEST_F(SdServer, ACrashWhileSamplingIsSaidAndTheNextEditStartsAnother) {
    fake.set_switches({{"crash_at", 3}});
    const Outcome outcome = fake.edit();
    EXPECT_EQ(outcome.error, ErrorCode::service_failed);
    EXPECT_THAT(outcome.message, HasSubstr("crashed (signal 11)"));
    EXPECT_THAT(outcome.message, HasSubstr("generating image"));
    expect_next_edit_works();
    EXPECT_THAT(fake.events("start"), SizeIs(2));
}

TEST_F(SdServer, ARunningEditIsCancelledWithItsServer) {
    Running running = start_held_edit();
    const pid_t server = fake.last_server();
    running.stop.request_stop();
    EXPECT_TRUE(running.outcome.get().cancelled);
    await("the server is gone", [&] { return !runs(server); });
    expect_next_edit_works();
}

TEST_F(SdServer, AServerThatIgnoresTheRequestToEndIsKilled) {
    fake.set_switches({{"hold_at", 2}, {"ignore_term", true}});
    Running running = start_edit("held");
    await("it is at work", [&] { return fake.events("step").size() >= 2; });
    const pid_t server = fake.last_server();
    running.stop.request_stop();
    EXPECT_TRUE(running.outcome.get().cancelled);
    await("the server is gone", [&] { return !runs(server); });
    EXPECT_THAT(fake.events("term"), IsEmpty());
}

TEST_F(SdServer, AWaitingEditIsCancelledWithoutHarmToTheOther) {
    Running running = start_held_edit();
    Running waiting = start_edit("waiting");
    await("it waits", [&] { return fake.events("job").size() == 2; });
    waiting.stop.request_stop();
    EXPECT_TRUE(waiting.outcome.get().cancelled);
    EXPECT_EQ(fake.events("cancel").at(0)["waited"], true);
    fake.set_switches(json::object());
    expect_picture(running.outcome.get());
    EXPECT_THAT(fake.events("start"), SizeIs(1));
}

TEST_F(SdServer, AWaitingEditGoesOnElsewhereWhenTheRunningOneIsCancelled) {
    Running running = start_held_edit();
    const pid_t server = fake.last_server();
    Running waiting = start_edit("waiting");
    await("it waits", [&] { return fake.events("job").size() == 2; });
    running.stop.request_stop();
    EXPECT_TRUE(running.outcome.get().cancelled);
    // Released before that, it could make both pictures before the request to end reaches it.
    await("the server is gone", [&] { return !runs(server); });
    fake.set_switches(json::object());
    expect_picture(waiting.outcome.get());
    EXPECT_THAT(fake.events("start"), SizeIs(2));
}

TEST_F(SdServer, AHangingServerDoesNotHoldACancel) {
    fake.set_switches({{"hang", true}, {"hold_at", 1}});
    Running running = start_edit("hangs");
    await("it is at work", [&] { return fake.events("step").size() >= 1; });
    const pid_t server = fake.last_server();
    running.stop.request_stop();
    EXPECT_TRUE(running.outcome.get().cancelled);
    await("the server is gone", [&] { return !runs(server); });
}

TEST_F(SdServer, OfTwoEditsWithDifferentModelsTheSecondWaitsAndThenHasTheMachineAlone) {
    Running running = start_held_edit();
    const pid_t first = fake.last_server();
    std::mutex mutex;
    std::vector<Stage> stages;
    auto other = std::async(std::launch::async, [&] {
        return fake.edit(
            "other",
            [&](const Progress& step) {
                const std::scoped_lock lock(mutex);
                stages.push_back(step.stage);
            },
            {}, "flux-2-klein-9b");
    });
    await("it waits", [&] {
        const std::scoped_lock lock(mutex);
        return std::ranges::find(stages, Stage::queued) != stages.end();
    });
    EXPECT_THAT(fake.events("start"), SizeIs(1));
    EXPECT_TRUE(runs(first));
    fake.set_switches(json::object());
    expect_picture(running.outcome.get());
    expect_picture(other.get());
    EXPECT_FALSE(runs(first));
    EXPECT_THAT(fake.events("start"), SizeIs(2));
}

TEST_F(SdServer, AnotherServerOnThePortIsNotMistakenForOurs) {
    const int stranger_port = choose_free_port();
    const auto engine_words = [&](int port, const ServerFolders& folders) -> CommandLine {
        return {FAKE_SD_SERVER,
                "--listen-ip",
                "127.0.0.1",
                "--listen-port",
                std::to_string(port),
                "--diffusion-model",
                (fake.models() / "flux-2-klein-4b-Q4_0.gguf").string(),
                "--llm",
                "x",
                "--lora-model-dir",
                folders.empty.string()};
    };
    // Another person's server, with another model, is there first; requests go to either.
    const StartedProgram stranger =
        start_program({FAKE_SD_SERVER, "--listen-port", std::to_string(stranger_port), "--diffusion-model",
                       (fake.models() / "flux-2-klein-9b-Q4_0.gguf").string(), "--llm", "x"});
    SdApi api(stranger_port);
    await("the stranger listens", [&] { return api.ask_facts({}).has_value(); });
    int chosen = 0;
    // The right path that nobody has: whatever answers on the first port is a stranger.
    const auto words = [&](int port, const ServerFolders& folders) {
        CommandLine line = engine_words(port, folders);
        if (port == stranger_port) {
            line[6] = (fake.models() / "Qwen3-8B-Q4_0.gguf").string();
        }
        return line;
    };
    const ServerPlan plan{.folder = fake.run_folder(),
                          .identity = "test",
                          .model_path = (fake.models() / "flux-2-klein-4b-Q4_0.gguf").string(),
                          .words = words,
                          .choose_port = [&] { return chosen++ == 0 ? stranger_port : choose_free_port(); }};
    const SdJob job{.prompt = "storm", .width = 64, .height = 64, .sample_params = "{}"};
    EXPECT_THAT(edit_with_sd_server(plan, job, [](const SdEditStep&) {}, {}), Not(IsEmpty()));
    EXPECT_EQ(chosen, 2);
    ::kill(stranger.pid, SIGKILL);
    ::waitpid(stranger.pid, nullptr, 0);
}

struct ServerFault {
    const char* name;
    const char* switches;
    ErrorCode error;
    const char* words;
};

class SdServerFaults : public SdServer, public ::testing::WithParamInterface<ServerFault> {};

TEST_P(SdServerFaults, AreSaidAndTheServerGoesOn) {
    fake.set_switches(json::parse(GetParam().switches));
    const Outcome outcome = fake.edit();
    EXPECT_EQ(outcome.error, GetParam().error) << outcome.message;
    EXPECT_THAT(outcome.message, HasSubstr(GetParam().words));
    expect_next_edit_works();
}

INSTANTIATE_TEST_SUITE_P(
    All, SdServerFaults,
    ::testing::Values(
        ServerFault{"FullQueue", R"({"queue_max": 0})", ErrorCode::rate_limited, "queue is full"},
        ServerFault{"Expired", R"({"expired": true})", ErrorCode::expired, "any more"},
        ServerFault{"Failed", R"({"fail": {"code": "generation_failed", "message": "out of memory"}})",
                    ErrorCode::service_failed, "out of memory"},
        ServerFault{"NoPicture", R"({"unreadable": true})", ErrorCode::bad_reply, "no picture"},
        ServerFault{"Permission", R"({"permission": true})", ErrorCode::service_failed, "Permission denied"}),
    [](const auto& fault) { return fault.param.name; });

TEST_F(SdServer, AnOlderOneIsAskedOpenAisWay) {
    fake.set_switches({{"old", true}, {"no_device_list", true}});
    expect_picture(fake.edit("storm"));
    const json job = fake.events("job").at(0);
    EXPECT_EQ(job["prompt"], "storm");
    EXPECT_EQ(job["strength"], 1.0); // else it would start from the picture
    EXPECT_EQ(job["seed"], 7);
    EXPECT_EQ(job["size"], json({96, 64}));
}

TEST_F(SdServer, AnOlderOneIsCancelledAndItsCrashIsSaid) {
    fake.set_switches({{"old", true}, {"hold_at", 2}});
    Running running = start_edit("held");
    await("it is at work", [&] { return fake.events("step").size() >= 2; });
    const pid_t server = fake.last_server();
    running.stop.request_stop();
    EXPECT_TRUE(running.outcome.get().cancelled);
    await("the server is gone", [&] { return !runs(server); });
    fake.set_switches({{"old", true}, {"crash_at", 2}});
    const Outcome outcome = fake.edit();
    EXPECT_EQ(outcome.error, ErrorCode::service_failed);
    EXPECT_THAT(outcome.message, HasSubstr("crashed (signal 11)"));
}

TEST_F(SdServer, EndsWhenNobodyUsedItForAWhile) {
    for (const char* minutes : {"0", "0.002"}) {
        fake.settings["idle_minutes"] = minutes;
        expect_picture(fake.edit());
        const pid_t server = fake.last_server();
        await("the server is gone", [&] { return !runs(server); });
        await("its socket is gone",
              [&] { return !std::filesystem::exists(fake.run_folder() / keeper_socket_name); });
    }
    EXPECT_THAT(fake.events("start"), SizeIs(2));
}

TEST_F(SdServer, ATimeThatIsNoneIsRefused) {
    for (const char* minutes : {"soon", "-1", "1441", "nan", "5 min"}) {
        fake.settings["idle_minutes"] = minutes;
        EXPECT_EQ(fake.edit().error, ErrorCode::bad_settings) << minutes;
    }
}

TEST_F(SdServer, DiesWithItsKeeperAndTheNextEditStartsAnother) {
    expect_picture(fake.edit());
    const pid_t server = fake.last_server();
    ::kill(fake.keeper_of(server), SIGKILL);
    await("the server is gone", [&] { return !runs(server); });
    expect_next_edit_works();
    EXPECT_THAT(fake.events("start"), SizeIs(2));
}

TEST_F(SdServer, AKeeperThatIsKilledDuringAnEditIsSaid) {
    Running running = start_held_edit();
    const pid_t server = fake.last_server();
    ::kill(fake.keeper_of(server), SIGKILL);
    EXPECT_EQ(running.outcome.get().error, ErrorCode::service_failed);
    await("the server is gone", [&] { return !runs(server); });
    expect_next_edit_works();
}

TEST_F(SdServer, AServerThatIsKilledDuringAnEditIsSaid) {
    Running running = start_held_edit();
    ::kill(fake.last_server(), SIGKILL);
    const Outcome outcome = running.outcome.get();
    EXPECT_EQ(outcome.error, ErrorCode::service_failed);
    EXPECT_THAT(outcome.message, HasSubstr("signal 9"));
    expect_next_edit_works();
}

TEST_F(SdServer, StartAndEndLeaveNothingBehind) {
    const auto count_files = [&] {
        const std::filesystem::recursive_directory_iterator files(fake.run_folder());
        return std::distance(begin(files), end(files));
    };
    std::ptrdiff_t after_the_first = 0;
    for (int cycle = 0; cycle < 4; ++cycle) {
        expect_picture(fake.edit());
        const pid_t server = fake.last_server();
        const pid_t keeper = fake.keeper_of(server);
        fake.end_server();
        await("both are gone", [&] { return !runs(server) && !runs(keeper); });
        after_the_first = cycle == 0 ? count_files() : after_the_first;
        EXPECT_EQ(count_files(), after_the_first);
    }
    EXPECT_THAT(fake.events("start"), SizeIs(4));
}

TEST_F(SdServer, TheCheckSaysWhatThereIsAndWhatIsMissing) {
    std::filesystem::remove(fake.models() / "below/Qwen3-4B-Q4_0.gguf");
    std::string findings;
    for (const SetupFinding& finding : fake.make_engine()->check_setup({})) {
        const char* marks[] = {"+ ", "! ", "- "};
        findings += marks[static_cast<int>(finding.verdict)] + finding.text + "\n";
    }
    EXPECT_THAT(findings, HasSubstr(std::string("+ The program is ") + FAKE_SD_SERVER));
    EXPECT_THAT(findings, HasSubstr("! It finds no graphics card, only CPU AMD EPYC"));
    EXPECT_THAT(findings, HasSubstr("+ FLUX.2 klein 4B, VAE: "));
    EXPECT_THAT(findings, HasSubstr("- FLUX.2 klein 4B: there is no text encoder (qwen3-4b*"));
    EXPECT_THAT(findings, HasSubstr("+ FLUX.2 klein 4B: Apache"));
    EXPECT_THAT(fake.events("start"), IsEmpty());
}

} // namespace kontext
