#pragma once

#include "core/image/codec.h"
#include "core/image/raster.h"
#include "ui/cli/commands.h"

#include <filesystem>
#include <memory>

namespace kontext::cli {

// load_picture(), with the file's name in front of what is wrong with it.
DecodedPicture load_input(const std::filesystem::path& file);

// The mean of a mask file's colours as coverage, weighted by its alpha; `inverted` for what to protect.
// Throws Error(bad_input), also for another size.
Raster load_mask(const std::filesystem::path& file, Size size, SampleType sample, bool inverted = false);

// What --select shows and --protect does not, as coverage in the picture's sample type. Null where neither
// was given. Throws as load_mask() does.
std::shared_ptr<const Raster> load_selection(const EditArguments& arguments, const Raster& pixels);

// A mask that shows everything.
Raster make_full_mask(Size size);

} // namespace kontext::cli
