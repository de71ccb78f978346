#pragma once

#include "core/image/raster.h"
#include "core/store/journal.h"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace kontext {

// A selection or a protection as it is kept in the journal, for when its edit is finished by another process:
// a grey PNG of 8 bits. Null: empty.
std::vector<std::byte> encode_mask(const Raster* mask);

// Their names there; see Journal::attach().
constexpr std::string_view selection_attachment = "selection";
constexpr std::string_view protection_attachment = "protection";

// Null for what is no mask of that size.
std::shared_ptr<const Raster> read_mask(Journal& journal, std::int64_t prediction, std::string_view name,
                                        Size size);

} // namespace kontext
