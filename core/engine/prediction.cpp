#include "core/engine/prediction.h"

#include "core/error.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

constexpr std::array<std::pair<const char*, std::string Ticket::*>, 7> members{{
    {"id", &Ticket::id},
    {"status_url", &Ticket::status_url},
    {"result_url", &Ticket::result_url},
    {"cancel_url", &Ticket::cancel_url},
    {"upload_id", &Ticket::upload_id},
    {"image_url", &Ticket::image_url},
    {"answer_file", &Ticket::answer_file},
}};

} // namespace

std::string to_json(const Ticket& ticket) {
    json object = json::object();
    for (const auto& [name, member] : members) {
        if (!(ticket.*member).empty()) {
            object[name] = ticket.*member;
        }
    }
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Ticket ticket_from_json(std::string_view text) {
    const json object = json::parse(text, nullptr, false);
    if (!object.is_object()) {
        throw Error(ErrorCode::internal, "The record of a prediction is damaged.");
    }
    Ticket ticket;
    for (const auto& [name, member] : members) {
        if (const auto found = object.find(name); found != object.end() && found->is_string()) {
            ticket.*member = found->get<std::string>();
        }
    }
    return ticket;
}

} // namespace kontext
