#pragma once

#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "core/error.h"
#include "tests/contract/simulator.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kontext::test {

// Writes down what an engine says of the money, in one line: "submitting accepted". Answers are kept where
// KONTEXT_KEEPER names the program for that.
class RecordingLog final : public PredictionLog {
public:
    RecordingLog();
    std::filesystem::path answer_file() const override { return answer_file_; }
    void submitting(const Ticket& so_far) override {
        add("submitting");
        ticket = so_far;
    }
    void not_accepted() override { add("not_accepted"); }
    void accepted(const Ticket& accepted, std::optional<double>) noexcept override {
        add("accepted");
        ticket = accepted;
    }

    std::string line;
    Ticket ticket;

private:
    std::filesystem::path answer_file_;
    void add(const char* word) { line += (line.empty() ? "" : " ") + std::string(word); }
};

struct Outcome {
    std::optional<EngineReply> reply;
    std::optional<ErrorCode> error;
    bool cancelled = false;
    std::string message;
    std::string log;
    Ticket ticket;
    std::filesystem::path answer_file;
};

// What comes of a call that edits; the rest stays empty.
Outcome outcome_of(const std::function<EngineReply()>& edit);
// Throws what was said in place of it.
const EngineReply& reply_of(const Outcome& outcome);

inline constexpr Size canvas_size{1248, 832}; // that Kontext and Gemini render

// A picture of that size. Noisy ones are large when encoded.
enum class Texture { smooth, noisy };
Image make_canvas(Size size = canvas_size, Texture texture = Texture::smooth);

EditRequest make_request(const Model& model);
std::unique_ptr<Engine> make_engine(const Model& model, PredictionLog& log);
// The engine's first model.
Model first_model(std::string_view engine);
// One edit, whatever comes of it.
Outcome run_edit(const Model& model, const Image& canvas = make_canvas(), const ProgressSink& progress = {},
                 std::stop_token stop = {});

// One way in which a service answers, and what an edit makes of it.
struct AnswerCase {
    std::string name;
    const char* faults = "[]";      // the simulator's rules; those without a service are the engine's
    std::optional<ErrorCode> error; // none: a picture comes
    const char* log = "submitting accepted";
    const char* settings = "{}";
};
void PrintTo(const AnswerCase& answer, std::ostream* out);

// Plays it, and checks: the outcome, the log's order, that nothing was sent that a strict service refuses, no
// key went astray, and nothing was created twice.
void check_answer(std::string_view engine, const AnswerCase& answer);

std::string name_of_case(const ::testing::TestParamInfo<AnswerCase>& info);

} // namespace kontext::test
