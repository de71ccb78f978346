#pragma once

#include <filesystem>

namespace kontext {

// Copies EXIF, IPTC and XMP from one picture file to another whose pixels are of the same size and way up.
// Embedded previews are dropped, as they would show the old picture. The ICC profile is not touched.
// Does nothing when `from` has none. Throws Error(cannot_write). Any thread, one at a time.
void copy_metadata(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace kontext
