#include "ui/typing_history.h"

#include <gtest/gtest.h>

namespace kontext::ui {
namespace {

void type(TypingHistory& history, const std::string& text) {
    for (std::size_t length = 1; length <= text.size(); ++length) {
        history.note(text.substr(0, length));
    }
}

TEST(TypingHistory, TakesAWordBackAtOnce) {
    TypingHistory history;
    type(history, "bit warmer");
    EXPECT_EQ(history.undo(), "bit ");
    EXPECT_EQ(history.undo(), "bit");
    EXPECT_EQ(history.undo(), "");
    EXPECT_EQ(history.undo(), std::nullopt);
}

TEST(TypingHistory, GoesForwardAgainUntilSomethingNewIsTyped) {
    TypingHistory history("warm");
    history.note("warm light");
    EXPECT_EQ(history.undo(), "warm");
    EXPECT_EQ(history.redo(), "warm light");
    EXPECT_EQ(history.redo(), std::nullopt);
    EXPECT_EQ(history.undo(), "warm");
    history.note("cold");
    EXPECT_EQ(history.redo(), std::nullopt);
    EXPECT_EQ(history.undo(), "warm");
}

TEST(TypingHistory, KeepsDeletionsAndPastesAsStepsOfTheirOwn) {
    TypingHistory history("soft vignette");
    history.note("soft");
    history.note("soft grain");
    EXPECT_EQ(history.undo(), "soft");
    EXPECT_EQ(history.undo(), "soft vignette");
}

TEST(TypingHistory, CountsALetterOfManyBytesAsOne) {
    TypingHistory history;
    history.note("g");
    history.note("gr");
    history.note("grü");
    history.note("grün");
    EXPECT_EQ(history.undo(), "");
}

TEST(TypingHistory, ForgetsTheOldestStepsOfALongText) {
    TypingHistory history;
    for (int i = 0; i < 2000; ++i) {
        history.note(std::string(static_cast<std::size_t>(i) * 2, ' '));
    }
    int steps = 0;
    while (history.undo()) {
        ++steps;
    }
    EXPECT_EQ(steps, 499);
}

TEST(EndOfChange, IsWhereTheCursorBelongs) {
    EXPECT_EQ(end_of_change("warm", "warm light"), 10U);
    EXPECT_EQ(end_of_change("a warm light", "a light"), 2U);
    EXPECT_EQ(end_of_change("a light", "a warm light"), 7U);
    EXPECT_EQ(end_of_change("same", "same"), 4U);
    EXPECT_EQ(end_of_change("", ""), 0U);
}

} // namespace
} // namespace kontext::ui
