#include "core/net/url.h"
#include "tests/support/expect_error.h"

namespace kontext {

namespace {

bool is_bfl(std::string_view text) {
    const auto url = parse_url(text);
    return url && (*url == Url{.scheme = "https", .host = "api.bfl.ai", .port = 443} ||
                   is_host_of_one_label(*url, "api.", ".bfl.ai"));
}

bool is_local(std::string_view text) {
    const auto url = parse_url(text);
    return url && is_loopback(*url);
}

} // namespace

TEST(Url, HasTheSchemesOwnPortWhereNoneIsWritten) {
    EXPECT_EQ(parse_url("https://api.example/v1?x=1"), (Url{"https", "api.example", 443}));
    EXPECT_EQ(parse_url("http://api.example"), (Url{"http", "api.example", 80}));
    EXPECT_EQ(parse_url("https://api.example:8443/"), (Url{"https", "api.example", 8443}));
}

TEST(Url, IsComparedWithoutRegardToCase) {
    EXPECT_EQ(parse_url("HTTPS://API.Example/"), parse_url("https://api.example:443"));
}

TEST(Url, KeepsTheBracketsOfAnIpv6Address) {
    EXPECT_EQ(parse_url("http://[::1]:8080/x"), (Url{"http", "[::1]", 8080}));
}

TEST(Url, IsNoneWithAUserBlanksOrAnotherScheme) {
    for (const char* text :
         {"https://api.bfl.ai@evil.example", "https://user:pass@api.bfl.ai/", "https://api .example", "",
          "https://api.example/\nHost: x", "ftp://api.example", "file:///etc/passwd", "api.example/x",
          "https://", "data:image/png;base64,AAAA", "https://api.example:99999/"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

TEST(Url, GivesTheKeyToHostsOfTheServiceOnly) {
    for (const char* own : {"https://api.bfl.ai/v1/x", "https://api.eu2.bfl.ai", "https://api.us1.bfl.ai/",
                            "HTTPS://API.EU.BFL.AI/", "https://api.eu.bfl.ai:443/"}) {
        EXPECT_TRUE(is_bfl(own)) << own;
    }
    for (const char* foreign :
         {"http://api.eu.bfl.ai", "https://api.eu.bfl.ai:8443", "https://delivery-eu1.bfl.ai",
          "https://api.bfl.ai.evil.example", "https://evilbfl.ai", "https://api.x.y.bfl.ai",
          "https://api.bfl.ai@evil.example", "https://bfl.ai", "https://api..bfl.ai",
          "https://api.e-u.bfl.ai", "https://xapi.eu.bfl.ai", "http://api.bfl.ai",
          "https://api.bfl.ai:8443"}) {
        EXPECT_FALSE(is_bfl(foreign)) << foreign;
    }
}

TEST(Url, IsLoopbackByNumberNotByName) {
    for (const char* local : {"http://127.0.0.1:80", "http://127.9.8.7/", "http://localhost:1",
                              "http://LOCALHOST", "http://[::1]/"}) {
        EXPECT_TRUE(is_local(local)) << local;
    }
    for (const char* remote :
         {"http://127.evil.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
          "http://128.0.0.1", "http://[::2]/", "http://0.0.0.0/", "http://10.0.0.1"}) {
        EXPECT_FALSE(is_local(remote)) << remote;
    }
}

TEST(Url, WithoutEncryptionIsAllowedOnThisMachineOnly) {
    EXPECT_EQ(require_allowed_url("https://cdn.example/x?sig=a%2Bb").host, "cdn.example");
    EXPECT_EQ(require_allowed_url("http://127.0.0.1:9/x").port, 9);
    const std::string message = test::expect_error(
        ErrorCode::bad_reply, [] { require_allowed_url("http://cdn.example/secret?sig=hidden"); });
    EXPECT_NE(message.find("cdn.example"), std::string::npos);
    EXPECT_EQ(message.find("hidden"), std::string::npos);
    test::expect_error(ErrorCode::bad_reply, [] { require_allowed_url("no address"); });
}

TEST(Url, WritesAValueOfAQueryWithoutAnythingThatEndsIt) {
    EXPECT_EQ(percent_encode("a b&c=d/e?f#g%.png"), "a%20b%26c%3Dd%2Fe%3Ff%23g%25.png");
    EXPECT_EQ(percent_encode("ü-._~Z9"), "%C3%BC-._~Z9");
}

} // namespace kontext
