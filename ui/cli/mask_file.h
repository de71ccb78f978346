#pragma once

#include "core/image/raster.h"
#include "ui/cli/commands.h"

#include <memory>

namespace kontext::cli {

// What --select shows and --protect does not, as coverage in the picture's sample type: the mean of a mask
// file's colours, times its alpha. Null where neither was given. Throws Error(bad_input), also for another
// size.
std::shared_ptr<const Raster> load_selection(const EditArguments& arguments, const Raster& pixels);

// A mask that shows everything.
Raster make_full_mask(Size size);

} // namespace kontext::cli
