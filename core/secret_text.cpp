#include "core/secret_text.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include <sys/resource.h>

namespace kontext {

namespace {

// A crash must not put keys on a disk. One byte and not none: less than any file, and what Linux takes as
// "not to a program that collects them, either".
bool forbid_core_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_CORE, &limit) != 0) {
        return false;
    }
    limit.rlim_cur = std::min<rlim_t>(1, limit.rlim_max);
    return ::setrlimit(RLIMIT_CORE, &limit) == 0;
}

} // namespace

SecretText::SecretText(std::string_view text) {
    [[maybe_unused]] static const bool done = forbid_core_files();
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

void hide_secret(std::string& text, const SecretText& secret) {
    constexpr std::size_t length_min = 8;
    const std::string_view key = secret.reveal();
    if (key.size() < length_min) {
        return;
    }
    const std::boyer_moore_horspool_searcher searcher(key.begin(), key.end());
    for (auto found = std::search(text.begin(), text.end(), searcher); found != text.end();
         found = std::search(found, text.end(), searcher)) {
        std::fill_n(found, key.size(), '*');
    }
}

} // namespace kontext
