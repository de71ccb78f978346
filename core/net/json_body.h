#pragma once

#include "core/error.h"
#include "core/net/http.h"

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace kontext {

// The body of an answer: a byte order mark is skipped; null where it is no JSON (HTML, empty, cut off).
nlohmann::json read_json(const HttpResponse& response);

// A member as text, "" where there is none or it is none; numbers become text. `object` may be anything.
std::string text_of(const nlohmann::json& object, const char* member);
// A member as a number, also from a text that holds one.
std::optional<double> number_of(const nlohmann::json& object, const char* member);
std::optional<std::uint64_t> whole_number_of(const nlohmann::json& object, const char* member);
// A member, or null.
const nlohmann::json& member_of(const nlohmann::json& object, const char* member);

// What a provider says, for people: one line, no control characters, at most 500 characters.
std::string clean_text(std::string_view text);

// What an answer says went wrong, from the forms in use: "error" or "detail" or "message" as text, as an
// object with "message", as a list of {"msg"}; with "details" where there are some. Empty where it says
// nothing.
std::string message_of(const nlohmann::json& body);
// The words for machines in an answer that says what went wrong: its "code", "type", "error_type", "status"
// and "reason", wherever message_of() looks; in lower case, between blanks.
std::string codes_of(const nlohmann::json& body);
inline std::string lower_case(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}
// Whether a text or code sounds like moderation.
bool sounds_refused(std::string_view message);
bool sounds_out_of_credit(std::string_view message);

// What an answer that is no success means. `service` names it in the message.
Error error_of(const HttpResponse& response, std::string_view service);

} // namespace kontext
