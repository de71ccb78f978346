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
    // No key: nothing to do. Throws Error(engine_not_ready) where the store cannot be reached,
    // Error(cannot_write) where it fails.
    virtual void clear(std::string_view engine) = 0;
};

enum class KeySource { none, environment, store };

struct FoundKey {
    KeySource source = KeySource::none;
    SecretText key;
};

// A key without the blanks around it; none where it has line breaks or other control characters inside, which
// would end the header line that it is sent in.
std::optional<SecretText> clean_key(std::string_view text);

// The environment's variable, such as "EACHLABS_API_KEY"; none where it is not set or blank. Throws
// Error(engine_not_ready) for a key that clean_key() does not take.
std::optional<SecretText> read_key_variable(const std::string& variable);

// The environment's variable first, then the store. Throws as both do, and Error(engine_not_ready) for a
// stored key that clean_key() does not take.
FoundKey find_key(std::string_view engine, const std::string& variable, SecretStore& store);

} // namespace kontext
