#include "core/engine/picture_list.h"

#include "core/error.h"
#include "core/net/json_body.h"

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

bool is_web_address(const std::string& url) {
    return !url.empty() && !url.starts_with("data:");
}

[[noreturn]] void throw_without_picture(const ServiceRules& rules, const json& body) {
    const std::string said = clean_text(message_of(body));
    const bool refused = sounds_refused(said) || sounds_refused(codes_of(body));
    throw Error(refused ? ErrorCode::refused : ErrorCode::service_failed,
                std::string(rules.name) + ": " +
                    (said.empty() ? std::string("The answer holds no picture.") : said));
}

} // namespace

EngineReply take_picture_list(Service& service, const ServiceRules& rules, const HttpResponse& response) {
    const json body = read_json(response);
    const json& data = member_of(body, "data");
    const json& image = data.is_array() && !data.empty() ? data.front() : data;
    const std::string base64 = text_of(image, "b64_json");
    const std::string url = text_of(image, "url");
    const Ticket ticket{.id = id_of_answer(response),
                        .result_url = base64.empty() && is_web_address(url) ? url : std::string()};
    service.accepted(ticket, std::nullopt);
    if (base64.empty() && url.empty()) {
        throw_without_picture(rules, body);
    }
    return {.picture = ticket.result_url.empty() ? decode_picture_text(rules, base64.empty() ? url : base64)
                                                 : service.download(url),
            .request_id = ticket.id,
            .run_time = service.run_time()};
}

EngineReply resume_picture_list(Service& service, const ServiceRules& rules, const Ticket& ticket) {
    if (ticket.result_url.empty()) {
        throw Error(ErrorCode::expired,
                    std::string(rules.name) + " hands a picture out once; it cannot be fetched again.");
    }
    return {.picture = service.download(ticket.result_url), .request_id = ticket.id};
}

} // namespace kontext
