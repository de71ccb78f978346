#pragma once

#include "core/image/codec.h"
#include "core/image/raster.h"
#include "ui/cli/progress_line.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace kontext::cli {

// Whether these can be written, before any work is done; empty names are passed over.
// Throws Error(invalid_argument): a suffix that is no format, the input itself, no such folder.
void check_outputs(std::span<const std::filesystem::path> outputs, const std::filesystem::path& input);

// "photo.jpg" -> "photo-edited.jpg" with the ending "-edited".
std::filesystem::path beside(const std::filesystem::path& input, std::string_view ending);

// Writes a picture to `file` in the format of the name that it is to have; tells where that cannot hold it
// exactly.
void save_draft(const std::filesystem::path& file, const std::filesystem::path& name, const Raster& pixels,
                const ColorEncoding& color, ProgressLine& progress);

// Writes a picture in its name's format and prints the name; tells where that format cannot hold it exactly.
// Does nothing for an empty name.
void save_output(const std::filesystem::path& file, const Raster& pixels, const ColorEncoding& color,
                 ProgressLine& progress);

} // namespace kontext::cli
