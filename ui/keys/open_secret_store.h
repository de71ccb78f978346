#pragma once

#include "core/store/secret_store.h"

#include <memory>
#include <string>
#include <string_view>

namespace kontext::ui {

// The session's key store (Secret Service); where there is none, and the setting keys_in_file says that it
// may be, a file that nobody else may read. What write() does elsewhere throws Error(cannot_write) that says
// why there is no key store; read() throws Error(engine_not_ready) likewise. Read is the key store and then
// the file, so that a key that was put there stays good when a key store appears; write() leaves one copy, in
// the key store if there is one; clear() leaves none.
std::unique_ptr<SecretStore> open_secret_store();

enum class KeyPlace { none, key_store, file };

// Where open_secret_store() reads a key, and why the key store cannot be asked, if so. Throws as its read(),
// but not for want of a key store.
struct KeyWhereabouts {
    KeyPlace place = KeyPlace::none;
    std::string missing_store; // a sentence; empty: there is a key store
};
KeyWhereabouts locate_key(std::string_view engine);

} // namespace kontext::ui
