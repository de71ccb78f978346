#include "core/secret_text.h"

#include <algorithm>
#include <cstring>

namespace kontext {

SecretText::SecretText(std::string_view text) {
    // Room for all of it at once, beyond the short-string buffer: moving then leaves no copy behind.
    text_.reserve(std::max<std::size_t>(text.size(), 2 * sizeof(std::string)));
    text_ = text;
}

SecretText::SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) {
    other.wipe();
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        other.wipe();
    }
    return *this;
}

SecretText::~SecretText() {
    wipe();
}

void SecretText::wipe() noexcept {
    explicit_bzero(text_.data(), text_.size());
    text_.clear();
}

} // namespace kontext
