#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

// RFC 4648, with padding and without line breaks.
std::string to_base64(std::span<const std::byte> bytes);
// None for what is no base64; blanks and missing padding are tolerated.
std::optional<std::vector<std::byte>> from_base64(std::string_view text);

} // namespace kontext
