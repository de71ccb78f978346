#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace kontext {

// A text that nobody else may see, such as a key: wiped from memory at the end, never copied by accident,
// and never printed, as nothing converts it. From the first one on the process leaves no core file.
class SecretText {
public:
    SecretText() = default;
    explicit SecretText(std::string_view text);
    SecretText(SecretText&& other) noexcept;
    SecretText& operator=(SecretText&& other) noexcept;
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;
    ~SecretText();

    bool empty() const { return text_.empty(); }
    // Only for where it has to go. Valid as long as this object.
    std::string_view reveal() const { return text_; }
    SecretText copy() const { return SecretText(text_); }

private:
    void wipe() noexcept;

    std::string text_;
};

// Stars in place of the secret wherever a text repeats it. Not of a short one, which may be part of any word.
void hide_secret(std::string& text, const SecretText& secret);

} // namespace kontext
