#include "ui/typing_history.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace kontext::ui {

namespace {

constexpr std::size_t longest_character = 4; // bytes in UTF-8
constexpr std::size_t steps_kept = 500;

// What was inserted when `to` is `from` with one piece put in; empty for every other change.
std::string_view inserted_piece(const std::string& from, const std::string& to) {
    if (to.size() <= from.size()) {
        return {};
    }
    const std::size_t count = to.size() - from.size();
    const auto [end_from, end_to] = std::mismatch(from.begin(), from.end(), to.begin());
    const auto same = static_cast<std::size_t>(end_from - from.begin());
    return to.compare(same + count, std::string::npos, from, same, std::string::npos) == 0
               ? std::string_view(to).substr(same, count)
               : std::string_view{};
}

bool is_one_letter(std::string_view piece) {
    const auto characters =
        std::ranges::count_if(piece, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return characters == 1 && piece.size() <= longest_character &&
           piece.find_first_of(" \t\r\n") == std::string_view::npos;
}

} // namespace

TypingHistory::TypingHistory(std::string text) : texts_{std::move(text)} {}

void TypingHistory::note(std::string text) {
    if (text == texts_[now_]) {
        return;
    }
    const bool letter = is_one_letter(inserted_piece(texts_[now_], text));
    texts_.resize(now_ + 1);
    if (letter && in_word_) {
        texts_.back() = std::move(text);
    } else {
        texts_.push_back(std::move(text));
        if (texts_.size() > steps_kept) {
            texts_.erase(texts_.begin());
        }
        now_ = texts_.size() - 1;
    }
    in_word_ = letter;
}

std::optional<std::string> TypingHistory::undo() {
    in_word_ = false;
    if (now_ == 0) {
        return std::nullopt;
    }
    return texts_[--now_];
}

std::optional<std::string> TypingHistory::redo() {
    in_word_ = false;
    if (now_ + 1 == texts_.size()) {
        return std::nullopt;
    }
    return texts_[++now_];
}

std::size_t end_of_change(const std::string& from, const std::string& to) {
    const auto limit = static_cast<std::ptrdiff_t>(std::min(from.size(), to.size()));
    const auto start = std::mismatch(from.begin(), from.begin() + limit, to.begin()).first - from.begin();
    const auto end =
        std::mismatch(to.rbegin(), to.rbegin() + (limit - start), from.rbegin()).first - to.rbegin();
    return to.size() - static_cast<std::size_t>(end);
}

} // namespace kontext::ui
