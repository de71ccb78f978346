#pragma once

#include "core/image/byte_io.h"

#include <cstdint>
#include <filesystem>

namespace kontext {

// Room on a folder's disk that nobody else can take while this lives: a file without a name, so that nothing
// is left of it whatever ends the process.
class SpaceReserve {
public:
    // Throws Error(out_of_space) where there is less than `bytes`, and Error(cannot_write) where nothing can
    // be written.
    SpaceReserve(const std::filesystem::path& folder, std::int64_t bytes);

    void release() { file_ = FileDescriptor(); }

private:
    FileDescriptor file_;
};

} // namespace kontext
