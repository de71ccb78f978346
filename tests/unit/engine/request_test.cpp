#include "core/engine/request.h"
#include "tests/support/expect_error.h"

#include <set>

namespace kontext {

namespace {

EditRequest make_full_request() {
    return {.prompt = "wärmer, \"ein bisschen\"\n日本",
            .engine = "darkroom",
            .model = "darkroom",
            .aspect_ratio = {3, 2},
            .seed = 4294967295,
            .variations = 3,
            .region = Region::layer,
            .fidelity = FidelityMode::look,
            .add_grain = true,
            .options = {{"on-unknown", "apply"}, {"steps", "12"}},
            .references = {"/tmp/a b.png"}};
}

} // namespace

TEST(EditRequest, ComesBackFromJsonAsItWas) {
    EXPECT_EQ(request_from_json(to_json(make_full_request())), make_full_request());
    EXPECT_EQ(request_from_json(to_json(EditRequest{})), EditRequest{});
}

TEST(EditRequest, TakesDefaultsForMissingMembersAndIgnoresUnknownOnes) {
    EXPECT_EQ(request_from_json(R"({"from_the_future": [1, 2]})"), EditRequest{});
}

TEST(EditRequest, WritesInvalidUtf8AsReplacementCharacters) {
    EditRequest request;
    request.prompt = "a\xFF\xC3";
    EXPECT_NE(to_json(request).find("a\xEF\xBF\xBD"), std::string::npos);
}

TEST(EditRequest, RefusesJsonOfAnotherShape) {
    for (const char* text : {"", "[]", "{", R"({"prompt": 7})", R"({"seed": -1})", R"({"seed": 1.5})",
                             R"({"aspect_ratio": "0:1"})", R"({"region": "all"})", R"({"fidelity": "best"})",
                             R"({"options": {"a": [1]}})", R"({"options": [1]})", R"({"references": "x"})"}) {
        SCOPED_TRACE(text);
        test::expect_error(ErrorCode::invalid_argument, [text] { request_from_json(text); });
    }
}

TEST(Options, BecomeTextFromAnyScalar) {
    const std::map<std::string, std::string> expected{{"a", "x"}, {"b", "2.5"}, {"c", "true"}};
    EXPECT_EQ(options_from_json(R"({"a": "x", "b": 2.5, "c": true})"), expected);
    EXPECT_TRUE(options_from_json("").empty());
    test::expect_error(ErrorCode::invalid_argument, [] { options_from_json("a=b"); });
}

TEST(AspectRatio, IsReadAndWritten) {
    EXPECT_EQ(aspect_ratio_from_text("16:9"), (AspectRatio{16, 9}));
    EXPECT_EQ(to_text(AspectRatio{16, 9}), "16:9");
    EXPECT_TRUE(aspect_ratio_from_text("match").is_match());
    EXPECT_EQ(to_text(AspectRatio{}), "match");
    for (const char* text : {"16", "16:", ":9", "0:1", "1:101", "1.5:1", "16:9x", "-1:2", " 1:2"}) {
        SCOPED_TRACE(text);
        test::expect_error(ErrorCode::invalid_argument, [text] { aspect_ratio_from_text(text); });
    }
}

TEST(FidelityMode, IsReadAndWritten) {
    for (const char* text : {"auto", "keep", "look", "raw"}) {
        EXPECT_EQ(to_text(fidelity_from_text(text)), text);
    }
}

TEST(Seed, IsDrawnWithinItsRange) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 200; ++i) {
        seen.insert(draw_seed(3));
    }
    EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3}));
}

} // namespace kontext
