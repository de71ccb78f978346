#pragma once

#include "core/secret_text.h"

#include <stop_token>
#include <string>

namespace kontext::cli {

// Standard input up to its end, or from a terminal one line, asked for with `question` and not shown while it
// is typed. Throws Cancelled when stopped, with the terminal as it was; Error(invalid_argument) for more than
// 4 KB, which is no key.
SecretText read_secret(const std::string& question, const std::stop_token& stop);

} // namespace kontext::cli
