#include "core/net/url.h"

#include "core/error.h"

#include <algorithm>
#include <memory>

#include <curl/curl.h>

namespace kontext {

namespace {

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreePart {
    void operator()(char* part) const { curl_free(part); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) {
        return {};
    }
    return std::unique_ptr<char, FreePart>(text).get();
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

} // namespace

std::optional<Url> parse_url(std::string_view text) {
    // libcurl would trim or encode these; we want what is sent to be what was checked.
    if (std::ranges::any_of(text,
                            [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; })) {
        return std::nullopt;
    }
    const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
    if (!url ||
        curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
        return std::nullopt;
    }
    Url parts{.scheme = lower(part_of(url.get(), CURLUPART_SCHEME)),
              .host = lower(part_of(url.get(), CURLUPART_HOST)),
              .port = 0};
    const std::string port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if ((parts.scheme != "http" && parts.scheme != "https") || parts.host.empty() || port.empty()) {
        return std::nullopt;
    }
    parts.port = std::stoi(port); // libcurl has checked that it is a number within 0..65535
    return parts;
}

bool is_loopback(const Url& url) {
    if (url.host == "localhost" || url.host == "[::1]") {
        return true;
    }
    // Four numbers: "127.evil.example" is a name.
    return url.host.starts_with("127.") && std::ranges::count(url.host, '.') == 3 &&
           url.host.find_first_not_of("0123456789.") == std::string::npos;
}

bool is_host_of_one_label(const Url& url, std::string_view start, std::string_view end) {
    const std::string_view host = url.host;
    if (url.scheme != "https" || url.port != 443 || !host.starts_with(start) || !host.ends_with(end) ||
        host.size() <= start.size() + end.size()) {
        return false;
    }
    return std::ranges::all_of(host.substr(start.size(), host.size() - start.size() - end.size()),
                               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain) {
            encoded += c;
        } else {
            encoded += {'%', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return encoded;
}

Url require_allowed_url(std::string_view text) {
    const std::optional<Url> url = parse_url(text);
    if (!url) {
        throw Error(ErrorCode::bad_reply, "The service named an address that is no web address.");
    }
    if (url->scheme != "https" && !is_loopback(*url)) {
        throw Error(ErrorCode::bad_reply,
                    "The service named an address without encryption at " + url->host + "; it was not used.");
    }
    return *url;
}

} // namespace kontext
