// What the darkroom does not do, and what it says then.
#include "core/engine/engines/darkroom/understand.h"

#include <random>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontext::darkroom {
namespace {

using testing::HasSubstr;

struct Row {
    std::string_view prompt;
    std::string_view part; // of the sentence
};

const Row rows[] = {
    {"add a beach", "cannot add things; for “a beach” choose an engine that paints, such as FLUX Kontext"},
    {"add a dog to the picture", "cannot add things; for “a dog"},
    {"put a hat on the man", "cannot add things; for “a hat"},
    {"draw a tree", "cannot add things"},
    {"write hello in the corner", "cannot add things"},
    {"insert a rainbow", "“a rainbow”"},
    {"remove the person in the background", "cannot remove things; for “the person"},
    {"erase the power lines", "cannot remove things; for “the power lines”"},
    {"get rid of the car", "cannot remove things; for “the car”"},
    {"delete the logo", "cannot remove things"},
    {"replace the sky with a sunset", "cannot replace things; for “the sky”"},
    {"swap the faces", "cannot replace things"},
    {"make the sky bluer", "select the sky first and ask for “bluer”"},
    {"blur the background", "select the background first and ask for “blur”"},
    {"brighten her face", "select the face first and ask for “brighten”"},
    {"sharpen the eyes", "select the eyes first and ask for “sharpen”"},
    {"sharpen the zebra", "select the zebra first and ask for “sharpen”"},
    {"darker sky", "select the sky first"},
    {"turn the car red", "select the car first"},
    {"crop to a square", "not size or shape; for “crop”"},
    {"rotate it by 90 degrees", "“rotate”"},
    {"upscale", "“upscale”"},
    {"sparkly", "does not know “sparkly”"},
    {"frobnicate the image", "does not know “frobnicate”"},
    {"make him smile", "“smile”"},
    {"wram", "did you mean “warm”"},
    {"no vignette", "only says what not to do"},
    {"without grain or vignette", "only says what not to do"},
    {"don't sharpen", "only says what not to do"},
    {"warmer, cooler", "“warmer” and for its opposite"},
    {"brighter and darker", "and for its opposite"},
    {"vignette, no vignette", "“vignette” and for its opposite"},
    {"less sepia", "cannot take it out"},
    {"remove the blur", "cannot take it out"},
    {"more", "Say what “more” is about"},
    {"30%", "Say what “30%” is about"},
    {"change the colours", "Say what should happen to “colours”"},
    {"", "Say what should change"},
    {"   \n\t ", "Say what should change"},
    {"please", "Say what should change"},
    {",;.!", "Say what should change"},
    {"\xff\xfe\x80", "Say what should change"},
};

TEST(Refusals, SayWhyAndWhatWouldWork) {
    for (const auto& [prompt, part] : rows) {
        const Understanding understanding = understand(prompt);
        ASSERT_FALSE(understanding.problems.empty()) << prompt;
        EXPECT_THAT(understanding.problems.front().sentence, HasSubstr(part)) << prompt;
        EXPECT_TRUE(understanding.problems.front().sentence.ends_with('.') ||
                    understanding.problems.front().sentence.ends_with('?'))
            << prompt;
    }
}

TEST(Refusals, LeaveTheOtherPartsToBeDone) {
    const Understanding understanding = understand("a bit warmer, add a beach, soft vignette");
    EXPECT_EQ(describe(understanding.adjustments), "Warmer +12, vignette 30 %");
    ASSERT_EQ(understanding.problems.size(), 1U);
    EXPECT_EQ(understanding.problems[0].quote, "add a beach");
}

TEST(Refusals, KeepPartOfAPictureFromChangingAllOfIt) {
    EXPECT_TRUE(understand("make the sky warmer").adjustments.empty());
    EXPECT_TRUE(understand("replace the sky with a sunset").adjustments.empty());
    EXPECT_TRUE(understand("add a golden retriever").adjustments.empty());
}

TEST(Refusals, QuoteInOneShortLine) {
    const std::string prompt = "add a \n\n very" + std::string(3000, 'x') + "\x01 long beach";
    const Understanding understanding = understand(prompt);
    ASSERT_FALSE(understanding.problems.empty());
    for (const Problem& problem : understanding.problems) {
        EXPECT_LT(problem.quote.size(), 80U);
        EXPECT_LT(problem.sentence.size(), 400U);
        EXPECT_EQ(problem.sentence.find('\n'), std::string::npos);
    }
}

// Bytes that are no UTF-8 must not reach a window: everything that is quoted is.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xC2 ? 0
                                   : first < 0xE0 ? 2
                                   : first < 0xF0 ? 3
                                   : first < 0xF5 ? 4
                                                  : 0;
        if (length == 0 || i + length > text.size()) {
            return false;
        }
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

TEST(Refusals, TakeAnyBytes) {
    std::mt19937 random(1);
    for (int round = 0; round < 3000; ++round) {
        std::string prompt(random() % 120, ' ');
        for (char& byte : prompt) {
            byte = static_cast<char>(round % 2 == 0 ? random() % 256
                                                    : "warme r+-%.,0189&/'\xE2\x88\x92\xEF"[random() % 24]);
        }
        const Understanding understanding = understand(prompt);
        EXPECT_FALSE(understanding.adjustments.empty() && understanding.problems.empty());
        for (const Problem& problem : understanding.problems) {
            EXPECT_TRUE(is_utf8(problem.sentence)) << problem.sentence;
            EXPECT_TRUE(is_utf8(problem.quote));
        }
    }
}

TEST(Refusals, MixWordsOfTheVocabularyWithoutHarm) {
    const std::string_view words[] = {"more",   "less",    "no",      "not too",  "warm", "shadows", "and",
                                      ",",      "20",      "%",       "vignette", "the",  "sky",     "add",
                                      "remove", "blue",    "duotone", "with",     "soft", "+1 EV",   "a bit",
                                      "too",    "colours", "grain",   "zebra",    "keep", "crop",    "or",
                                      "fully",  "dark",    "haze"};
    std::mt19937 random(2);
    for (int round = 0; round < 5000; ++round) {
        std::string prompt;
        for (unsigned i = 0; i < 1 + random() % 14; ++i) {
            prompt += std::string(words[random() % std::size(words)]) + " ";
        }
        const Understanding understanding = understand(prompt);
        EXPECT_FALSE(understanding.adjustments.empty() && understanding.problems.empty()) << prompt;
    }
}

TEST(Refusals, MeetLongGarbage) {
    std::mt19937 random(3);
    std::string prompt;
    while (prompt.size() < 4000) {
        for (unsigned i = 0; i < 4 + random() % 9; ++i) {
            prompt.push_back(static_cast<char>('a' + random() % 26));
        }
        prompt.push_back(' ');
    }
    EXPECT_FALSE(understand(prompt).problems.empty());
}

} // namespace
} // namespace kontext::darkroom
