#pragma once

#include "core/image/image.h"

#include <filesystem>
#include <optional>

namespace kontext {

// A whole picture of any size that is read and written by rows, so that a layer of 100 megapixels costs
// no memory: small pictures stay in memory, larger ones go to a scratch file that has no name (nothing is
// left behind by a kill). Move-only.
//
// Threads: any number may read at once; several may write at once if their rows differ.
class Raster {
public:
    // Up to this many bytes stay in memory.
    static constexpr std::int64_t memory_limit = std::int64_t{8} << 20;

    Raster() = default;
    // Zero-filled. `scratch` is the folder of the scratch file, by default scratch_dir() of core/paths.
    // Throws Error(out_of_space) when memory or disk do not hold it.
    Raster(Size size, PixelFormat format);
    Raster(Size size, PixelFormat format, const std::filesystem::path& scratch);
    explicit Raster(Image image); // takes an image over, without a copy
    Raster(Raster&& other) noexcept;
    Raster& operator=(Raster&& other) noexcept;
    ~Raster();

    Size size() const { return size_; }
    PixelFormat format() const { return format_; }
    bool empty() const { return size_.pixels() == 0; }
    bool in_memory() const { return file_ < 0; }

    // Copies rows [y, y + rows.size.height) out or in. Width and format must be the raster's.
    // Throws Error(out_of_space) when the disk is full, Error(internal) when it fails otherwise.
    void read_rows(int y, MutableImageView rows) const;
    void write_rows(int y, ImageView rows);

private:
    Size size_;
    PixelFormat format_;
    Image memory_;
    int file_ = -1;
};

// Rows that make about `bytes` of this picture, at least 1: the height of bands to work in.
int rows_per_band(Size size, PixelFormat format, std::int64_t bytes);

} // namespace kontext
