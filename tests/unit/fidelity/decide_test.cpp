#include "core/fidelity/decide.h"

#include <gtest/gtest.h>

namespace kontext {

namespace {

// What a small edit of a photo of saturated colours leaves behind, from a model that drifted strongly.
constexpr Evidence drifted{.agreement = 0.25,
                           .tone_shift = 13,
                           .similarity = 0.998,
                           .color_kept = 1,
                           .changed = 0.1,
                           .unevenness = 0.005};

TEST(Decide, TakesADriftUnderEvenLightForNoEditOfTheWhole) {
    EXPECT_EQ(decide(drifted, true, "add a hat"), Decision::local);
    EXPECT_EQ(decide(drifted, false, "add a hat"), Decision::unchanged);
}

TEST(Decide, TakesANewLightForAnEditOfTheWhole) {
    Evidence relit = drifted;
    relit.unevenness = 0.02;
    EXPECT_EQ(decide(relit, true, "add a hat"), Decision::grade);
    relit.changed = 0.3;
    EXPECT_EQ(decide(relit, true, "add a hat"), Decision::grade);
    relit.tone_shift = 4;
    EXPECT_EQ(decide(relit, true, "add a hat"), Decision::local);
}

TEST(Decide, AChangeOfMuchOfThePictureExplainsThatFewColoursAgree) {
    Evidence broad = drifted;
    broad.changed = 0.35;
    broad.agreement = 0.15;
    EXPECT_EQ(decide(broad, true, "another sky"), Decision::local);
    broad.agreement = 0.12;
    EXPECT_EQ(decide(broad, true, "another sky"), Decision::grade);
}

TEST(Decide, HearsToneWordsAtTheirBeginningOnly) {
    EXPECT_TRUE(asks_for_tone("Warmer, please"));
    EXPECT_TRUE(asks_for_tone("as a B&W photo"));
    EXPECT_FALSE(asks_for_tone("a swarm of bees"));
    EXPECT_FALSE(asks_for_tone("put a hat on him"));
}

} // namespace

} // namespace kontext
