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

// Such a key would end the header line that it is sent in. The message must not quote it.
SecretText clean(std::string_view text, const std::string& origin) {
    const std::string_view key = trim(text);
    if (std::any_of(key.begin(), key.end(), is_control)) {
        throw Error(ErrorCode::engine_not_ready,
                    "The key in " + origin + " has line breaks or other control characters in it.");
    }
    return SecretText(key);
}

} // namespace

FoundKey find_key(std::string_view engine, const std::string& variable, SecretStore& store) {
    if (const char* value = std::getenv(variable.c_str()); value != nullptr) {
        if (SecretText key = clean(value, variable); !key.empty()) {
            return {KeySource::environment, std::move(key)};
        }
    }
    if (const std::optional<SecretText> stored = store.read(engine)) {
        if (SecretText key = clean(stored->reveal(), "the key store for " + std::string(engine));
            !key.empty()) {
            return {KeySource::store, std::move(key)};
        }
    }
    return {};
}

} // namespace kontext
