#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kontext::ui {

// Undo and redo for a text that is typed. Letters of a word that are typed in a row are one step.
class TypingHistory {
public:
    explicit TypingHistory(std::string text = {});

    // The text as it is after a change.
    void note(std::string text);
    // The text to show then; none when there is nothing to go back or forward to.
    std::optional<std::string> undo();
    std::optional<std::string> redo();

private:
    std::vector<std::string> texts_;
    std::size_t now_ = 0;
    bool in_word_ = false; // the last change typed a letter, so that the next letter joins it
};

// Where two texts differ, in bytes: the end of the changed part of `to`, which is where a cursor belongs.
std::size_t end_of_change(const std::string& from, const std::string& to);

} // namespace kontext::ui
