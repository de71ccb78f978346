#include "core/store/secret_store.h"

#include "core/error.h"

#include <algorithm>
#include <cstdlib>

namespace kontext {

namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_control(char character) {
    const auto code = static_cast<unsigned char>(character);
    return code < 0x20 || code == 0x7f;
}

// Must not quote the key.
[[noreturn]] void reject_key(const std::string& origin) {
    throw Error(ErrorCode::engine_not_ready,
                "The key in " + origin + " has line breaks or other control characters in it.");
}

} // namespace

std::optional<SecretText> clean_key(std::string_view text) {
    const std::string_view key = trim(text);
    if (std::ranges::any_of(key, is_control)) {
        return std::nullopt;
    }
    return SecretText(key);
}

std::optional<SecretText> read_key_variable(const std::string& variable) {
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) {
        return std::nullopt;
    }
    std::optional<SecretText> key = clean_key(value);
    if (!key) {
        reject_key(variable);
    }
    return key->empty() ? std::nullopt : std::move(key);
}

FoundKey find_key(std::string_view engine, const std::string& variable, SecretStore& store) {
    if (std::optional<SecretText> key = read_key_variable(variable)) {
        return {KeySource::environment, std::move(*key)};
    }
    const std::optional<SecretText> stored = store.read(engine);
    if (!stored) {
        return {};
    }
    std::optional<SecretText> key = clean_key(stored->reveal());
    if (!key) {
        reject_key("the key store for " + std::string(engine));
    }
    return key->empty() ? FoundKey{} : FoundKey{KeySource::store, std::move(*key)};
}

} // namespace kontext
