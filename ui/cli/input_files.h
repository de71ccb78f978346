#pragma once

#include "core/image/codec.h"
#include "core/image/raster.h"

#include <filesystem>
#include <memory>

namespace kontext::cli {

// load_picture(), with the file's name in front of what is wrong with it.
DecodedPicture load_input(const std::filesystem::path& file);

// The mean of a mask file's colours as coverage, weighted by its alpha.
// Throws Error(bad_input), also for another size.
Raster load_mask(const std::filesystem::path& file, Size size, SampleType sample);

// The same for a mask that need not be given: null for an empty name.
std::shared_ptr<const Raster> load_mask_if_any(const std::filesystem::path& file, Size size,
                                               SampleType sample);

// A mask that shows everything.
Raster make_full_mask(Size size);

} // namespace kontext::cli
