#pragma once

#include "core/secret_text.h"

#include <optional>
#include <string>
#include <string_view>

namespace kontext {

// Where keys are kept. Any thread, one call at a time; calls may take seconds when the person has to unlock
// something.
class SecretStore {
public:
    virtual ~SecretStore() = default;

    // None: there is no key. Throws Error(engine_not_ready) where the store cannot be read.
    virtual std::optional<SecretText> read(std::string_view engine) = 0;
    // Throws Error(cannot_write).
    virtual void write(std::string_view engine, const SecretText& key) = 0;
    virtual void clear(std::string_view engine) = 0;
};

enum class KeySource { none, environment, store };

struct FoundKey {
    KeySource source = KeySource::none;
    SecretText key;
};

// The environment's variable first, then the store; `variable` such as "EACHLABS_API_KEY". Blanks around a
// key are dropped. Throws Error(engine_not_ready) for a key with line breaks or other control characters
// inside.
FoundKey find_key(std::string_view engine, const std::string& variable, SecretStore& store);

} // namespace kontext
