// The engine as the rest of the program sees it.
#include "core/engine/registry.h"
#include "core/error.h"
#include "tests/unit/engine/darkroom/test_pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontext {
namespace {

using darkroom::bytes_of;
using darkroom::test_picture;
using testing::HasSubstr;

EditRequest request_of(std::string prompt) {
    EditRequest request;
    request.prompt = std::move(prompt);
    request.engine = "darkroom";
    request.seed = 5;
    return request;
}

EngineReply run(const EditRequest& request, const Raster& picture) {
    const ColorEncoding color;
    ModelInput input;
    input.original = &picture;
    input.color = &color;
    return find_engine("darkroom").create({})->run(request, input, {}, {});
}

ErrorCode code_of(const std::function<void()>& call, std::string* sentence = nullptr) {
    try {
        call();
    } catch (const Error& error) {
        if (sentence != nullptr) {
            *sentence = error.what();
        }
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::internal;
}

TEST(Darkroom, SaysWhatItIs) {
    const EngineInfo& info = find_engine("darkroom");
    EXPECT_TRUE(info.full_resolution);
    EXPECT_FALSE(info.needs_key);
    EXPECT_EQ(info.destination, Destination::this_machine);
}

TEST(Darkroom, ExplainsWhatItWillDo) {
    const auto engine = find_engine("darkroom").create({});
    EXPECT_EQ(engine->explain(request_of("a bit warmer, lift the shadows, soft vignette")),
              "Warmer +12, shadows +20, vignette 30 %");
}

TEST(Darkroom, RefusesAsItExplains) {
    const auto engine = find_engine("darkroom").create({});
    const Raster picture = test_picture({8, 8}, {SampleType::u8, 3});
    std::string explained;
    std::string ran;
    EXPECT_EQ(code_of([&] { engine->explain(request_of("warmer, add a beach")); }, &explained),
              ErrorCode::refused);
    EXPECT_EQ(code_of([&] { run(request_of("warmer, add a beach"), picture); }, &ran), ErrorCode::refused);
    EXPECT_EQ(explained, ran);
    EXPECT_THAT(ran, HasSubstr("“a beach”"));
}

TEST(Darkroom, AppliesTheRestWhenAskedTo) {
    EditRequest request = request_of("warmer, add a beach");
    request.options["on-unknown"] = "apply";
    const Raster picture = test_picture({8, 8}, {SampleType::u8, 3});
    const EngineReply reply = run(request, picture);
    EXPECT_EQ(reply.summary, "Warmer +24. Left out: “add a beach”");
    EXPECT_EQ(bytes_of(*reply.result), bytes_of(*run(request_of("warmer"), picture).result));
}

TEST(Darkroom, RefusesWhenNothingIsUnderstood) {
    EditRequest request = request_of("add a beach");
    request.options["on-unknown"] = "apply";
    EXPECT_EQ(code_of([&] { find_engine("darkroom").create({})->explain(request); }), ErrorCode::refused);
}

TEST(Darkroom, KnowsOneOption) {
    EditRequest request = request_of("warmer");
    request.options["on-unknown"] = "guess";
    EXPECT_EQ(code_of([&] { find_engine("darkroom").create({})->explain(request); }),
              ErrorCode::invalid_argument);
    request.options = {{"strength", "3"}};
    EXPECT_EQ(code_of([&] { find_engine("darkroom").create({})->explain(request); }),
              ErrorCode::invalid_argument);
    request.options = {{"on-unknown", "stop"}};
    EXPECT_NO_THROW(find_engine("darkroom").create({})->explain(request));
}

TEST(Darkroom, GivesAPictureOfTheSameKind) {
    const Raster picture = test_picture({31, 17}, {SampleType::u16, 4});
    const EngineReply reply = run(request_of("warmer, sharpen"), picture);
    ASSERT_TRUE(reply.result.has_value());
    EXPECT_EQ(reply.result->size(), picture.size());
    EXPECT_EQ(reply.result->format(), picture.format());
    EXPECT_EQ(reply.seed, 5U);
    EXPECT_TRUE(reply.picture.empty());
    EXPECT_FALSE(reply.cost_usd.has_value());
}

TEST(Darkroom, LeavesAPictureAloneForANullEdit) {
    for (const PixelFormat format :
         {PixelFormat{SampleType::u8, 3}, PixelFormat{SampleType::u16, 4}, PixelFormat{SampleType::f32, 4}}) {
        const Raster picture = test_picture({31, 17}, format);
        EXPECT_EQ(bytes_of(*run(request_of("exposure +0"), picture).result), bytes_of(picture));
    }
}

TEST(Darkroom, RefusesColourOnGreyLayers) {
    const Raster picture = test_picture({8, 8}, {SampleType::u8, 1});
    std::string sentence;
    EXPECT_EQ(code_of([&] { run(request_of("warmer"), picture); }, &sentence), ErrorCode::refused);
    EXPECT_THAT(sentence, HasSubstr("greyscale"));
    EditRequest request = request_of("warmer, more contrast");
    request.options["on-unknown"] = "apply";
    EXPECT_THAT(run(request, picture).summary, HasSubstr("Contrast +20. Left out"));
    EXPECT_NO_THROW(run(request_of("black and white, vintage look, vignette"), picture));
}

} // namespace
} // namespace kontext
