#pragma once

#include "core/secret_text.h"

#include <optional>
#include <string>
#include <string_view>

namespace kontext::ui {

// What the session's Secret Service (GNOME Keyring, KWallet, KeePassXC) answered. It can ask the person to
// unlock something first, so calls take as long as that does.
struct ServiceAnswer {
    std::optional<SecretText> key; // for a read: none where there is none
    std::string missing;           // why there is no service, a sentence; empty: there is one
};

// A service that is there and fails throws Error(engine_not_ready) for a read, else Error(cannot_write).
ServiceAnswer read_from_service(std::string_view engine);
ServiceAnswer write_to_service(std::string_view engine, const SecretText& key);
ServiceAnswer clear_in_service(std::string_view engine); // no key there: nothing to do

} // namespace kontext::ui
