#pragma once

// libtiff on top of ByteSource and ByteSink. Inside the TIFF codec only.

#include "core/image/byte_io.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>

struct tiff; // libtiff's TIFF

namespace kontext {

struct CloseTiff {
    void operator()(tiff* file) const noexcept;
};
using Tiff = std::unique_ptr<tiff, CloseTiff>;

// What libtiff said last. It never jumps: its calls return that they failed.
struct TiffMessages {
    std::array<char, 200> error = {};
    bool made_pixels_up = false;

    std::string reason() const;
};

// Source, sink and messages must outlive what is returned. Throws Error(bad_input).
Tiff open_tiff(ByteSource& source, TiffMessages& messages);
// `picture_bytes`: of the samples, which decide between a classic file and a BigTIFF. Throws
// Error(cannot_write).
Tiff create_tiff(ByteSink& sink, std::int64_t picture_bytes, TiffMessages& messages);

} // namespace kontext
