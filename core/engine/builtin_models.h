#pragma once

#include <string_view>

namespace kontext {

extern const std::string_view builtin_models_json; // models.json as it was at build time

} // namespace kontext
