#include "core/local/sd_api.h"

#include "core/image/codec.h"
#include "core/net/base64.h"
#include "core/net/json_body.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace kontext {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr std::string_view name = "stable-diffusion.cpp";
constexpr std::int64_t reply_max = 200 << 20;

HttpRequest post(std::string url, const json& body) {
    // Never without a body: the server would wait five seconds for one.
    return {.method = HttpMethod::post,
            .url = std::move(url),
            .headers = {{"Content-Type", "application/json"}},
            .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

// Where it has a sentence beside its word for machines, that is what helps.
Error failure_of(const HttpResponse& response) {
    const std::string said = clean_text(text_of(read_json(response), "message"));
    return said.empty() ? error_of(response, name)
                        : Error(ErrorCode::service_failed, std::string(name) + ": " + said);
}

std::vector<std::byte> read_picture(const std::string& text) {
    std::optional<std::vector<std::byte>> picture = from_base64(text);
    try {
        if (picture) {
            decode_picture(*picture, {.bytes = reply_max, .side = 16'384, .pixels = 100'000'000});
            return *std::move(picture);
        }
    } catch (const Error&) {
        // as for what is no base64
    }
    throw Error(ErrorCode::bad_reply, std::string(name) + " returned something that is no picture.");
}

// The first picture in a list of them.
std::vector<std::byte> first_picture(const json& list) {
    return read_picture(list.is_array() && !list.empty() ? text_of(list[0], "b64_json") : std::string());
}

int smaller_side(const json& limits) {
    const double width = number_of(limits, "max_width").value_or(0);
    const double height = number_of(limits, "max_height").value_or(0);
    return static_cast<int>(std::clamp(std::min(width, height), 0.0, 1e6));
}

json sampling_of(const SdJob& job) {
    return json::parse(job.sample_params);
}

} // namespace

std::optional<SdServerFacts> SdApi::ask_facts(const std::stop_token& stop) {
    HttpResponse response;
    try {
        response = http_.send({.url = base_ + "/sdcpp/v1/capabilities", .timeout = 5s}, nullptr, stop);
        if (response.status == 404) {
            const HttpResponse models =
                http_.send({.url = base_ + "/v1/models", .timeout = 5s}, nullptr, stop);
            return models.is_success() ? std::optional(SdServerFacts{}) : std::nullopt;
        }
    } catch (const TransferFailed&) {
        return std::nullopt;
    }
    if (!response.is_success()) {
        throw failure_of(response);
    }
    const json body = read_json(response);
    if (!body.is_object()) {
        return std::nullopt;
    }
    return SdServerFacts{.has_jobs = true,
                         .model_path = text_of(member_of(body, "model"), "path"),
                         .side_max = smaller_side(member_of(body, "limits"))};
}

std::string SdApi::submit(const SdJob& job, const std::stop_token& stop) {
    json body = {{"prompt", job.prompt},
                 {"negative_prompt", ""},
                 {"width", job.width},
                 {"height", job.height},
                 {"seed", job.seed},
                 {"batch_count", 1},
                 {"sample_params", sampling_of(job)},
                 {"embed_image_metadata", false}, // it would hold the prompt
                 {"output_format", "png"}};
    for (const auto& image : job.images) {
        body["ref_images"].push_back("data:image/png;base64," + to_base64(image));
    }
    HttpRequest request = post(base_ + "/sdcpp/v1/img_gen", body);
    request.grace = 2s; // its name is what it can be cancelled by
    const HttpResponse response = http_.send(request, nullptr, stop);
    if (!response.is_success()) {
        throw failure_of(response);
    }
    std::string id = text_of(read_json(response), "id");
    if (id.empty()) {
        throw Error(ErrorCode::bad_reply, std::string(name) + " took the edit but gave it no name.");
    }
    return id;
}

SdJobState SdApi::ask(const std::string& id, const std::stop_token& stop) {
    const HttpResponse response = http_.send(
        {.url = base_ + "/sdcpp/v1/jobs/" + id, .timeout = 30s, .reply_max = reply_max}, nullptr, stop);
    if (response.status == 410 || response.status == 404) {
        throw Error(ErrorCode::expired, std::string(name) + " does not know this edit any more.");
    }
    if (!response.is_success()) {
        throw failure_of(response);
    }
    const json body = read_json(response);
    const std::string status = text_of(body, "status");
    if (status == "failed") {
        const std::string said = clean_text(message_of(body));
        throw Error(ErrorCode::service_failed,
                    std::string(name) + ": " + (said.empty() ? "The edit failed." : said));
    }
    if (status == "completed") {
        return {.state = SdJobState::State::completed,
                .picture = first_picture(member_of(member_of(body, "result"), "images"))};
    }
    if (status == "cancelled") {
        return {.state = SdJobState::State::cancelled};
    }
    return {.state = status == "queued" ? SdJobState::State::queued : SdJobState::State::generating};
}

bool SdApi::cancel(const std::string& id) {
    HttpRequest request = post(base_ + "/sdcpp/v1/jobs/" + id + "/cancel", json::object());
    request.timeout = 2s;
    try {
        return http_.send(request, nullptr, {}).is_success(); // also after a stop
    } catch (const Error&) {
        return false;
    }
}

std::vector<std::byte> SdApi::edit_at_once(const SdJob& job, const std::stop_token& stop) {
    // Without a strength of 1 it starts from the picture in place of from noise (#1779).
    const json extra = {{"strength", 1.0}, {"seed", job.seed}, {"sample_params", sampling_of(job)}};
    HttpRequest request{.method = HttpMethod::post,
                        .url = base_ + "/v1/images/edits",
                        .timeout = 24h,
                        .reply_max = reply_max};
    const auto field = [&](const char* member, std::string value) {
        request.form.push_back({.name = member, .data = std::move(value)});
    };
    field("prompt", job.prompt + " <sd_cpp_extra_args>" +
                        extra.dump(-1, ' ', false, json::error_handler_t::replace) + "</sd_cpp_extra_args>");
    field("n", "1");
    field("size", std::to_string(job.width) + "x" + std::to_string(job.height));
    field("output_format", "png");
    for (const auto& image : job.images) {
        request.form.push_back(
            {.name = "image[]",
             .data = std::string(reinterpret_cast<const char*>(image.data()), image.size()),
             .file_name = "picture.png",
             .content_type = "image/png"});
    }
    const HttpResponse response = http_.send(request, nullptr, stop);
    if (!response.is_success()) {
        throw failure_of(response);
    }
    return first_picture(member_of(read_json(response), "data"));
}

} // namespace kontext
