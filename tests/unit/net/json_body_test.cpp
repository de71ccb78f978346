#include "core/net/json_body.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

Error error_from(int status, const std::string& body) {
    return error_of({.status = status, .headers = {}, .body = body}, "Service");
}

struct ErrorForm {
    int status;
    const char* body;
    ErrorCode code;
    const char* says; // part of the message
};

using enum ErrorCode;

// Every form of the services' documents and recordings.
const ErrorForm forms[] = {
    // Eachlabs
    {400, R"({"error":"content_type is required"})", request_rejected, "content_type is required"},
    {400,
     R"({"status":400,"error":"Invalid input for model","details":"image_url: additional property not allowed"})",
     request_rejected, "Invalid input for model: image_url: additional"},
    {401, R"({"error":"Invalid or missing API key"})", key_rejected, "Invalid or missing API key"},
    {402, R"({"status":402,"error":"payment required","details":"the estimated cost exceeds your balance"})",
     no_credit, "payment required: the estimated cost"},
    {402, R"({"error":"insufficient balance"})", no_credit, "insufficient balance"},
    {403, R"({"error":"forbidden"})", key_rejected, "forbidden"},
    {404, R"({"error":"Failed to fetch model: model not found"})", request_rejected, "model not found"},
    {429,
     R"({"status":429,"error":"too many requests","details":"Account rate limited: 10 concurrent executions."})",
     rate_limited, "10 concurrent"},
    {500, R"({"error":"Failed to generate presigned URL"})", network, "presigned"},
    // Black Forest Labs
    {403, R"({"detail":"Not authenticated - Invalid Authentication"})", key_rejected, "Not authenticated"},
    {422,
     R"({"detail":[{"loc":["body","safety_tolerance"],"msg":"Input should be less than or equal to 6","type":"less_than_equal"}]})",
     request_rejected, "less than or equal to 6"},
    {402, R"({"detail":"Insufficient credits"})", no_credit, "Insufficient credits"},
    {503, R"({"message":"Service Unavailable"})", network, "Service Unavailable"},
    {413, R"({"detail":"Request Entity Too Large"})", request_rejected, "Too Large"},
    // fal
    {422,
     R"({"detail":[{"loc":["body","prompt"],"msg":"It cannot be processed.","type":"content_policy_violation","input":"x"}]})",
     refused, "cannot be processed"},
    {422,
     R"({"detail":[{"loc":["body","image_url"],"msg":"Could not load image.","type":"image_load_error"}]})",
     request_rejected, "Could not load image."},
    {403,
     R"({"detail":"User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."})",
     no_credit, "Exhausted balance"},
    {403, R"({"detail":"User is locked. Reason: TOP_UP"})", no_credit, "TOP_UP"},
    {403, R"({"detail":"User is locked. Reason: Admin lock."})", key_rejected, "Admin lock"},
    {504, R"({"detail":"Request timed out","error_type":"request_timeout"})", network, "timed out"},
    {400, R"({"detail":{"message":"odd form of an error"}})", request_rejected, "odd form"},
    {429, R"({"error":{"message":"Too many requests","code":429}})", rate_limited, "Too many requests"},
    // Replicate
    {401,
     R"({"title":"Unauthenticated","detail":"You did not pass a valid authentication token","status":401})",
     key_rejected, "valid authentication token"},
    {402, R"({"title":"Insufficient credit","detail":"You have insufficient credit.","status":402})",
     no_credit, "insufficient credit"},
    {422,
     R"({"title":"Input validation failed","detail":"- input: prompt is required\n","status":422,"invalid_fields":[]})",
     request_rejected, "prompt is required"},
    {429, R"({"detail":"Request was throttled. Your rate limit resets in ~30s."})", rate_limited,
     "throttled"},
    // OpenAI and those like it
    {401,
     R"({"error":{"message":"Invalid API key provided","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})",
     key_rejected, "Invalid API key"},
    {400,
     R"({"error":{"message":"Unknown parameter: 'response_format'.","type":"invalid_request_error","code":"unknown_parameter"}})",
     request_rejected, "response_format"},
    {400,
     R"({"error":{"message":"Rejected.","type":"image_generation_user_error","code":"moderation_blocked"}})",
     refused, "Rejected."},
    {400, R"({"error":{"code":"contentFilter","message":"The response was filtered."}})", refused,
     "filtered"},
    {400, R"({"error":{"code":"content_filter","message":"The response was filtered."}})", refused,
     "filtered"},
    {429, R"({"error":{"message":"Out of it.","type":"insufficient_quota","code":"insufficient_quota"}})",
     no_credit, "Out of it."},
    {429, R"({"error":{"message":"Rate limit reached.","code":"rate_limit_exceeded"}})", rate_limited,
     "Rate limit"},
    {400, R"({"error":"no such sampler"})", request_rejected, "no such sampler"},
    // Gemini
    {429,
     R"({"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}})",
     rate_limited, "exhausted"},
    {400,
     R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}})",
     key_rejected, "API key not valid"},
    {400, R"({"error":{"code":400,"message":"Bad.","details":[{"reason":"API_KEY_INVALID"}]}})", key_rejected,
     "Bad."},
    // Ark
    {400,
     R"({"error":{"code":"InputImageSensitiveContentDetected","message":"No.","param":"image","type":"BadRequest"}})",
     refused, "No."},
    // Nobody's
    {502, "<html><body>502 Bad Gateway</body></html>", network, "HTTP 502"},
    {400, "", request_rejected, "HTTP 400"},
    {401, "", key_rejected, "not accepted"},
    {429, "null", rate_limited, "too many"},
    {422, "[]", request_rejected, "HTTP 422"},
};

} // namespace

TEST(ServiceErrors, AreUnderstoodInEveryForm) {
    for (const ErrorForm& form : forms) {
        const Error error = error_from(form.status, form.body);
        EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(form.code)) << form.body;
        const std::string message = error.what();
        EXPECT_TRUE(message.starts_with("Service: ")) << message;
        EXPECT_NE(message.find(form.says), std::string::npos) << message;
    }
}

TEST(ServiceErrors, AreOneShortLineWithoutControlCharacters) {
    const std::string message =
        error_from(400, json{{"error", "a\nb\tc\x1b[31m" + std::string(2000, 'x')}}.dump()).what();
    EXPECT_TRUE(message.starts_with("Service: a b c [31m"));
    EXPECT_LT(message.size(), 600U);
}

TEST(CleanText, EndsBetweenCharacters) {
    std::string umlauts;
    for (int i = 0; i < 400; ++i) {
        umlauts += "ä";
    }
    const std::string clean = clean_text("x" + umlauts);
    EXPECT_TRUE(clean.ends_with("ä…")) << clean;
    EXPECT_EQ(clean_text("  \r\n "), "");
}

TEST(ReadJson, SkipsAByteOrderMarkAndTakesGarbageForNothing) {
    const auto read = [](const std::string& body) {
        return read_json({.status = 200, .headers = {}, .body = body});
    };
    EXPECT_EQ(read("\xEF\xBB\xBF{\"a\":1}"), (json{{"a", 1}}));
    for (const char* text : {"", "<html>", "{\"a\":", "{\"a\":1} trailing"}) {
        EXPECT_TRUE(read(text).is_null()) << text;
    }
}

TEST(Members, AreReadAsTextOrNumberFromEither) {
    const json object = {{"text", "x"},           {"number", 42},    {"fraction", 7.5}, {"digits", "42"},
                         {"list", json::array()}, {"huge", "1e999"}, {"negative", -1}};
    EXPECT_EQ(text_of(object, "text"), "x");
    EXPECT_EQ(text_of(object, "number"), "42");
    EXPECT_EQ(text_of(object, "list"), "");
    EXPECT_EQ(text_of(object, "none"), "");
    EXPECT_EQ(text_of(json::array(), "text"), "");
    EXPECT_EQ(number_of(object, "fraction"), 7.5);
    EXPECT_EQ(number_of(object, "digits"), 42);
    EXPECT_FALSE(number_of(object, "text"));
    EXPECT_FALSE(number_of(object, "huge"));
    EXPECT_EQ(whole_number_of(object, "number"), 42U);
    EXPECT_EQ(whole_number_of(object, "digits"), 42U);
    EXPECT_FALSE(whole_number_of(object, "fraction"));
    EXPECT_FALSE(whole_number_of(object, "negative"));
    EXPECT_TRUE(member_of(json("text"), "x").is_null());
}

TEST(Codes, AreFoundWhereverMessagesAre) {
    EXPECT_NE(codes_of(json::parse(R"({"error":{"code":"A","details":[{"reason":"B"}]}})")).find(" b "),
              std::string::npos);
    EXPECT_NE(codes_of(json::parse(R"({"detail":[{"type":"C"}]})")).find(" c "), std::string::npos);
    EXPECT_EQ(codes_of(json()), "");
    EXPECT_EQ(codes_of(json("text")), "");
}

} // namespace kontext
