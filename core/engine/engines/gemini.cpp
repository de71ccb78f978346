#include "core/engine/model_input.h"
#include "core/engine/registry.h"
#include "core/engine/service.h"
#include "core/error.h"
#include "core/net/base64.h"
#include "core/net/json_body.h"

#include <array>
#include <span>

#include <nlohmann/json.hpp>

// Google's Gemini: one call, whose answer holds parts of text and picture. A refusal is a success without a
// picture. https://ai.google.dev/gemini-api/docs/image-generation, read 2026-09.
namespace kontext {

using nlohmann::json;

namespace {

constexpr ServiceRules rules{.name = "Gemini", .key_header = "x-goog-api-key", .key_prefix = ""};

// Of a model's row, all but the prompt are members of "imageConfig".
json make_body(json members, const std::vector<std::vector<std::byte>>& pictures) {
    json parts = json::array({{{"text", members.at("prompt")}}});
    members.erase("prompt");
    for (const auto& png : pictures) {
        parts.push_back({{"inlineData", {{"mimeType", "image/png"}, {"data", to_base64(png)}}}});
    }
    json config = {{"responseModalities", {"TEXT", "IMAGE"}}};
    if (!members.empty()) {
        config["imageConfig"] = std::move(members);
    }
    return {{"contents", json::array({{{"role", "user"}, {"parts", std::move(parts)}}})},
            {"generationConfig", std::move(config)}};
}

struct Answer {
    std::string picture; // base64; empty: none
    std::string text;    // what it says beside or in place of it
    std::string reason;  // why there is no picture, where it names one
};

Answer read_answer(const json& body) {
    Answer answer{
        .picture = {}, .text = {}, .reason = text_of(member_of(body, "promptFeedback"), "blockReason")};
    const json& candidates = member_of(body, "candidates");
    const json& candidate = candidates.is_array() && !candidates.empty() ? candidates.front() : candidates;
    if (answer.reason.empty()) {
        answer.reason = text_of(candidate, "finishReason");
    }
    const json& parts = member_of(member_of(candidate, "content"), "parts");
    if (!parts.is_array()) {
        return answer;
    }
    for (const json& part : parts) {
        answer.text += text_of(part, "text");
        for (const char* name : {"inlineData", "inline_data"}) { // both are in use
            if (std::string data = text_of(member_of(part, name), "data"); !data.empty()) {
                answer.picture = std::move(data);
            }
        }
    }
    return answer;
}

[[noreturn]] void throw_without_picture(const Answer& answer, const json& body) {
    const std::string said = clean_text(answer.text);
    if (!said.empty()) { // it explains itself
        throw Error(ErrorCode::refused, "Gemini: " + said);
    }
    if (!answer.reason.empty() && lower_case(answer.reason) != "stop") {
        throw Error(ErrorCode::refused, "Gemini made no picture: " + clean_text(answer.reason) + ".");
    }
    const std::string failure = clean_text(message_of(body));
    throw Error(ErrorCode::service_failed,
                "Gemini: " + (failure.empty() ? "The answer holds no picture." : failure));
}

class Gemini final : public Engine {
public:
    explicit Gemini(EngineSetup setup) : setup_(std::move(setup)) {}

    EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                    std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        const json body = make_body(build_model_input(setup_.model, request, input.canvas.size(), {}),
                                    encode_pictures(input));
        progress({.stage = Stage::generating, .fraction = {}});
        const HttpResponse response = service.create_and_wait(
            json_request(HttpMethod::post,
                         path_of(setup_.model, "/v1beta/models/" + setup_.model.id + ":generateContent"),
                         body),
            {});
        EngineReply reply = take_picture(service, response);
        reply.seed = request.seed.value_or(0);
        return reply;
    }

    EngineReply resume_from_answer(const HttpResponse& created, const Ticket&, const ProgressSink& progress,
                                   std::stop_token stop) override {
        Service service(rules, setup_, progress, std::move(stop));
        return take_picture(service, created);
    }

    EngineReply resume(const Ticket&, const ProgressSink&, std::stop_token) override {
        throw Error(ErrorCode::expired, "Gemini hands a picture out once; it cannot be fetched again.");
    }

    std::string check_key(std::stop_token stop) override {
        const ProgressSink no_progress = [](const Progress&) {};
        Service service(rules, setup_, no_progress, std::move(stop));
        service.ask({.url = "/v1beta/models"});
        return {};
    }

private:
    static EngineReply take_picture(Service& service, const HttpResponse& response) {
        const std::string id = id_of_answer(response);
        service.accepted({.id = id}, std::nullopt);
        const json said = read_json(response);
        const Answer answer = read_answer(said);
        if (answer.picture.empty()) {
            throw_without_picture(answer, said);
        }
        return {.picture = decode_picture_text(rules, answer.picture),
                .request_id = id,
                .run_time = service.run_time()};
    }

    EngineSetup setup_;
};

std::unique_ptr<Engine> make_gemini(EngineSetup setup) {
    return std::make_unique<Gemini>(std::move(setup));
}

constexpr std::array hosts{ServiceHost{"global", "worldwide", "https://generativelanguage.googleapis.com"}};

} // namespace

extern const EngineInfo gemini_engine;
const EngineInfo gemini_engine{
    .id = "gemini",
    .name = "Gemini",
    .description = "Google's picture models, known as nano banana, with your own key.",
    .destination = Destination::service,
    .needs_key = true,
    .create = make_gemini,
    .hosts = hosts,
    .key_variable = "GEMINI_API_KEY",
    .key_page = "https://aistudio.google.com/apikey",
    .retention = "The picture is part of the request and the answer; its terms say how long they are kept.",
};

} // namespace kontext
