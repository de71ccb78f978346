#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kontext {

// The parts of a URL that decide whom we talk to. The text itself is passed on byte for byte: a signed URL
// that was taken apart and put together again would not be valid any more.
struct Url {
    std::string scheme; // lower case
    std::string host;   // lower case; an IPv6 address in brackets
    int port = 0;       // the scheme's own where none is written

    bool operator==(const Url&) const = default;
};

// None for what is no http or https URL, or names a user ("https://api.example@evil.example" is a trap).
std::optional<Url> parse_url(std::string_view text);

// 127.0.0.0/8, [::1], localhost.
bool is_loopback(const Url& url);

// https on its own port at "start" + one label of small letters and digits + "end", for services whose hosts
// are many: with "api." and ".bfl.ai", api.eu2.bfl.ai is one and api.x.y.bfl.ai is none.
bool is_host_of_one_label(const Url& url, std::string_view start, std::string_view end);

// A value as it can stand in a query: letters, digits and -._~ stay, everything else is written as %XX.
std::string percent_encode(std::string_view text);

// https anywhere, http on loopback only. Throws Error(bad_reply) that names the host, not the whole URL, as
// that may hold a signature.
Url require_allowed_url(std::string_view text);

} // namespace kontext
