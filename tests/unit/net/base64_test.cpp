#include "core/net/base64.h"

#include <gtest/gtest.h>

namespace kontext {

namespace {

std::string encode(std::string_view text) {
    return to_base64(std::as_bytes(std::span(text)));
}

std::optional<std::string> decode(std::string_view text) {
    const auto bytes = from_base64(text);
    return bytes ? std::optional(std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()))
                 : std::nullopt;
}

} // namespace

TEST(Base64, IsThatOfTheStandard) { // RFC 4648, section 10
    const std::pair<const char*, const char*> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(encode(plain), coded);
        EXPECT_EQ(decode(coded), plain);
    }
}

TEST(Base64, KeepsEveryByte) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += static_cast<char>(i);
        EXPECT_EQ(decode(encode(bytes)), bytes);
    }
}

TEST(Base64, ToleratesBlanksAndMissingPadding) {
    EXPECT_EQ(decode("Zm9v\r\nYg"), "foob");
    EXPECT_EQ(decode(" Z m 8 "), "fo");
}

TEST(Base64, IsNothingElse) {
    for (const char* text : {"Zm9v!", "Zg==Zg==", "Z", "Zm9vY", "Zm-_", "data:image/png;base64,Zg=="}) {
        EXPECT_FALSE(decode(text)) << text;
    }
}

} // namespace kontext
