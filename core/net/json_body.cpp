#include "core/net/json_body.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

constexpr std::size_t message_max = 500;

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string lower = lower_case(std::string(text));
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// The text of one member that may be text, {"message": …} or [{"msg": …}, …].
std::string message_in(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_object()) {
        return message_of(value);
    }
    std::string all;
    if (value.is_array()) {
        for (const json& item : value) {
            std::string one = item.is_string() ? item.get<std::string>() : text_of(item, "msg");
            one = one.empty() ? text_of(item, "message") : one;
            all += (all.empty() || one.empty() ? "" : "; ") + one;
        }
    }
    return all;
}

} // namespace

json read_json(const HttpResponse& response) {
    std::string_view text = response.body;
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    json body = json::parse(text, nullptr, false);
    return body.is_discarded() ? json() : body;
}

const json& member_of(const json& object, const char* member) {
    static const json none;
    if (!object.is_object()) {
        return none;
    }
    const auto found = object.find(member);
    return found == object.end() ? none : *found;
}

std::string text_of(const json& object, const char* member) {
    const json& value = member_of(object, member);
    if (value.is_string()) {
        return value.get<std::string>();
    }
    return value.is_number() ? value.dump() : std::string();
}

std::optional<double> number_of(const json& object, const char* member) {
    const json& value = member_of(object, member);
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        double number = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure == std::errc() && end == text.data() + text.size() && std::isfinite(number)) {
            return number;
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> whole_number_of(const json& object, const char* member) {
    const json& value = member_of(object, member);
    if (value.is_number_integer()) {
        return value.is_number_unsigned() || value.get<std::int64_t>() >= 0
                   ? std::optional(value.get<std::uint64_t>())
                   : std::nullopt;
    }
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        std::uint64_t number = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure == std::errc() && end == text.data() + text.size()) {
            return number;
        }
    }
    return std::nullopt;
}

std::string clean_text(std::string_view text) {
    std::string clean;
    for (const char c : text) {
        const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
        if (!blank) {
            clean += c;
        } else if (!clean.empty() && clean.back() != ' ') {
            clean += ' ';
        }
    }
    while (clean.ends_with(' ')) {
        clean.pop_back();
    }
    if (clean.size() > message_max) {
        std::size_t end = message_max;
        while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0U) == 0x80U) {
            --end; // not within a character
        }
        clean.resize(end);
        clean += "…";
    }
    return clean;
}

std::string message_of(const json& body) {
    if (body.is_array()) {
        return message_in(body);
    }
    std::string message;
    for (const char* member : {"error_message", "error", "detail", "message", "title"}) {
        const std::string found = message_in(member_of(body, member));
        // A word for machines, such as "server_error", gives way to a sentence beside it.
        const bool is_word = found.find(' ') == std::string::npos;
        if (message.empty() || !is_word) {
            message = found.empty() ? message : found;
        }
        if (!message.empty() && message.find(' ') != std::string::npos) {
            break;
        }
    }
    const std::string details = message_in(member_of(body, "details"));
    if (!details.empty()) {
        message += (message.empty() ? "" : ": ") + details;
    }
    return message;
}

std::string codes_of(const json& body) {
    std::string codes;
    if (body.is_array()) {
        for (const json& item : body) {
            codes += codes_of(item);
        }
        return codes;
    }
    for (const char* member : {"code", "type", "error_type", "status", "reason"}) {
        if (const std::string code = text_of(body, member); !code.empty()) {
            codes += " " + lower_case(code) + " ";
        }
    }
    for (const char* member : {"error", "detail", "details"}) {
        if (const json& inner = member_of(body, member); inner.is_structured()) {
            codes += codes_of(inner);
        }
    }
    return codes;
}

bool sounds_refused(std::string_view message) {
    return contains_any(message, {"moderat", "nsfw", "safety", "sensitive", "policy", "flagged", "e005",
                                  "prohibited", "content_filter", "contentfilter"});
}

bool sounds_out_of_credit(std::string_view message) {
    return contains_any(message,
                        {"exhausted balance", "top_up", "insufficient", "billing", "payment required"});
}

Error error_of(const HttpResponse& response, std::string_view service) {
    const json body = read_json(response);
    const std::string said = clean_text(message_of(body));
    const std::string codes = codes_of(body);
    const auto make = [&](ErrorCode code, std::string_view otherwise) {
        return Error(code, std::string(service) + ": " + (said.empty() ? std::string(otherwise) : said));
    };
    switch (response.status) {
    case 401: return make(ErrorCode::key_rejected, "The key is not accepted.");
    case 402: return make(ErrorCode::no_credit, "There is no credit left.");
    case 403:
        return sounds_out_of_credit(said) ? make(ErrorCode::no_credit, "")
                                          : make(ErrorCode::key_rejected, "The key is not accepted.");
    case 429:
        return contains_any(said + codes, {"insufficient_quota", "exceeded your current quota"})
                   ? make(ErrorCode::no_credit, "")
                   : make(ErrorCode::rate_limited, "There are too many requests at the moment.");
    case 413: return make(ErrorCode::request_rejected, "The picture is too large.");
    default: break;
    }
    if (response.status >= 400 && response.status < 500) {
        if (contains_any(said + codes, {"api key not valid", " api_key_invalid "})) { // Gemini's 400
            return make(ErrorCode::key_rejected, "The key is not accepted.");
        }
        return sounds_refused(said) || sounds_refused(codes)
                   ? make(ErrorCode::refused, "The edit was refused.")
                   : make(ErrorCode::request_rejected,
                          "The request is refused (HTTP " + std::to_string(response.status) + ").");
    }
    return make(ErrorCode::network,
                "The server has a problem (HTTP " + std::to_string(response.status) + ").");
}

} // namespace kontext
