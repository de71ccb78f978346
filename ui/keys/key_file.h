#pragma once

#include "core/secret_text.h"

#include <optional>
#include <string_view>

namespace kontext::ui {

// keys.json in the configuration folder, an object from engine to key, for the person's eyes alone. A file
// that others may read is not used: Error(bad_settings) says how to close it. One that cannot be read or is
// no such object throws Error(bad_settings), one that cannot be written Error(cannot_write).
std::optional<SecretText> read_key_from_file(std::string_view engine);
void write_key_to_file(std::string_view engine, const SecretText& key);
// False: there was none.
bool clear_key_in_file(std::string_view engine);

} // namespace kontext::ui
