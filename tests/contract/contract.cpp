#include "tests/contract/contract.h"

#include "core/image/codec.h"
#include "tests/support/test_folder.h"

#include <atomic>
#include <random>
#include <stdexcept>
#include <utility>

namespace kontext::test {

using nlohmann::json;

namespace {

std::string text_of(std::optional<ErrorCode> error) {
    return error ? "error " + std::to_string(static_cast<int>(*error)) : "a picture";
}

json rules_for(std::string_view engine, const char* faults) {
    json rules = json::parse(faults);
    for (json& rule : rules) {
        rule.emplace("service", engine);
    }
    return rules;
}

} // namespace

RecordingLog::RecordingLog() {
    static const TestFolder folder;
    static std::atomic<int> number = 0;
    answer_file_ = folder / "answers" / std::to_string(++number);
}

Outcome outcome_of(const std::function<EngineReply()>& edit) {
    Outcome outcome;
    try {
        outcome.reply = edit();
    } catch (const Error& error) {
        outcome.error = error.code();
        outcome.message = error.what();
    } catch (const Cancelled&) {
        outcome.cancelled = true;
    }
    return outcome;
}

const EngineReply& reply_of(const Outcome& outcome) {
    if (!outcome.reply) {
        throw std::runtime_error(outcome.message);
    }
    return *outcome.reply;
}

Image make_canvas(Size size, Texture texture) {
    Image canvas(size, {.sample = SampleType::u8, .channels = 3});
    std::minstd_rand random(1);
    for (int y = 0; y < size.height; ++y) {
        auto* row = reinterpret_cast<unsigned char*>(canvas.view().row(y));
        for (int x = 0; x < size.width * 3; ++x) {
            const auto smooth = static_cast<unsigned>(x / 12 + y / 4);
            row[x] = static_cast<unsigned char>((texture == Texture::noisy ? random() : smooth) % 256);
        }
    }
    return canvas;
}

EditRequest make_request(const Model& model) {
    EditRequest request{.prompt = "make the sky stormy", .engine = model.engine, .model = model.id};
    if (model.seed_max) {
        request.seed = 42;
    }
    return request;
}

Model first_model(std::string_view engine) {
    return find_model(load_models("/no/such/file"), engine, {});
}

std::unique_ptr<Engine> make_engine(const Model& model, PredictionLog& log) {
    const Simulator& simulator = Simulator::get();
    return find_engine(model.engine)
        .create({.model = model,
                 .base_url = simulator.base_url(model.engine),
                 .key = SecretText(simulator.key(model.engine)),
                 .log = &log,
                 .typical_run = std::chrono::milliseconds(20)});
}

Outcome run_edit(const Model& model, const Image& canvas, const ProgressSink& progress,
                 std::stop_token stop) {
    RecordingLog log;
    const auto engine = make_engine(model, log);
    ModelInput input;
    input.canvas = Image(canvas.size(), canvas.format());
    for (int y = 0; y < canvas.size().height; ++y) {
        std::copy_n(canvas.view().row(y), canvas.stride(), input.canvas.view().row(y));
    }
    Outcome outcome = outcome_of([&] {
        return engine->run(make_request(model), input,
                           progress ? progress : ProgressSink([](const Progress&) {}), std::move(stop));
    });
    outcome.log = log.line;
    outcome.ticket = log.ticket;
    outcome.answer_file = log.answer_file();
    return outcome;
}

void PrintTo(const AnswerCase& answer, std::ostream* out) {
    *out << answer.name << ' ' << answer.faults;
}

void check_answer(std::string_view engine, const AnswerCase& answer) {
    Simulator& simulator = Simulator::get();
    simulator.reset(rules_for(engine, answer.faults), json::parse(answer.settings));
    const Outcome outcome = run_edit(first_model(engine));
    EXPECT_EQ(text_of(outcome.error), text_of(answer.error)) << outcome.message;
    EXPECT_EQ(outcome.log, answer.log);
    if (outcome.reply) {
        EXPECT_FALSE(outcome.reply->request_id.empty());
        EXPECT_NO_THROW(decode_picture(outcome.reply->picture));
    }
    EXPECT_EQ(simulator.events("violation"), json::array());
    EXPECT_LE(simulator.events("created").size(), 1U);
}

std::string name_of_case(const ::testing::TestParamInfo<AnswerCase>& info) {
    return info.param.name;
}

} // namespace kontext::test
