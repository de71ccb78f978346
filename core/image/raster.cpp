#include "core/image/raster.h"

#include "core/error.h"
#include "core/paths.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace kontext {

namespace {

std::int64_t byte_count(Size size, PixelFormat format) {
    return size.pixels() * format.bytes_per_pixel();
}

[[noreturn]] void throw_scratch_error(int error, const std::filesystem::path& folder = {}) {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    const std::string where = folder.empty() ? std::string() : " in " + folder.string();
    throw Error(full ? ErrorCode::out_of_space : ErrorCode::internal,
                full ? "There is no room" + where + " for the picture's working copy."
                     : "The picture's working copy" + where + " failed: " + std::strerror(error) + ".");
}

// A file without a name: a kill leaves nothing behind.
int open_nameless_file(const std::filesystem::path& folder) {
    const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) {
        return file;
    }
    std::string name = (folder / "scratch-XXXXXX").string(); // file systems without O_TMPFILE, such as NFS
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) {
        ::unlink(name.c_str());
    }
    return named;
}

// Repeats what the kernel did only in part; `transfer(done)` returns what ::pread or ::pwrite did.
template <typename Transfer>
void transfer_all(std::size_t bytes, Transfer transfer) {
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t count = transfer(done);
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (count == 0) {
            throw_scratch_error(EIO);
        } else if (errno != EINTR) {
            throw_scratch_error(errno);
        }
    }
}

// Calls `copy(row data, bytes, offset)` for each row, or once where rows follow each other without a gap.
template <typename View, typename Copy>
void for_each_run(const View& rows, std::int64_t offset, Copy copy) {
    const auto row_bytes =
        static_cast<std::size_t>(rows.size.width) * static_cast<std::size_t>(rows.format.bytes_per_pixel());
    if (rows.stride == static_cast<std::ptrdiff_t>(row_bytes)) {
        copy(rows.data, row_bytes * static_cast<std::size_t>(rows.size.height), offset);
        return;
    }
    for (int y = 0; y < rows.size.height; ++y) {
        copy(rows.row(y), row_bytes, offset + static_cast<std::int64_t>(row_bytes) * y);
    }
}

} // namespace

Raster::Raster(Size size, PixelFormat format)
    : Raster(size, format,
             byte_count(size, format) > memory_limit ? scratch_dir() : std::filesystem::path()) {}

Raster::Raster(Size size, PixelFormat format, const std::filesystem::path& scratch)
    : size_(size), format_(format) {
    const std::int64_t bytes = byte_count(size, format);
    if (bytes <= memory_limit) {
        memory_ = Image(size, format);
        return;
    }
    file_ = open_nameless_file(scratch);
    if (file_ < 0) {
        throw_scratch_error(errno, scratch);
    }
    // Takes the room now, so that a full disk is told before the work and not in its middle.
    if (::fallocate(file_, 0, 0, bytes) != 0 && (errno == ENOSPC || ::ftruncate(file_, bytes) != 0)) {
        const int error = errno;
        ::close(std::exchange(file_, -1));
        throw_scratch_error(error, scratch);
    }
}

Raster::Raster(Image image) : size_(image.size()), format_(image.format()), memory_(std::move(image)) {}

Raster::Raster(Raster&& other) noexcept
    : size_(std::exchange(other.size_, {})), format_(other.format_), memory_(std::move(other.memory_)),
      file_(std::exchange(other.file_, -1)) {}

Raster& Raster::operator=(Raster&& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(format_, other.format_);
    std::swap(memory_, other.memory_);
    std::swap(file_, other.file_);
    return *this;
}

Raster::~Raster() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

void Raster::read_rows(int y, MutableImageView rows) const {
    assert(rows.size.width == size_.width && rows.format == format_);
    assert(y >= 0 && y + rows.size.height <= size_.height);
    const std::int64_t offset = byte_count({size_.width, y}, format_);
    for_each_run(rows, offset, [&](std::byte* to, std::size_t bytes, std::int64_t from) {
        if (in_memory()) {
            std::memcpy(to, memory_.view().data + from, bytes);
        } else {
            transfer_all(bytes, [&](std::size_t done) {
                return ::pread(file_, to + done, bytes - done, from + static_cast<off_t>(done));
            });
        }
    });
}

void Raster::write_rows(int y, ImageView rows) {
    assert(rows.size.width == size_.width && rows.format == format_);
    assert(y >= 0 && y + rows.size.height <= size_.height);
    const std::int64_t offset = byte_count({size_.width, y}, format_);
    for_each_run(rows, offset, [&](const std::byte* from, std::size_t bytes, std::int64_t to) {
        if (in_memory()) {
            std::memcpy(memory_.view().data + to, from, bytes);
        } else {
            transfer_all(bytes, [&](std::size_t done) {
                return ::pwrite(file_, from + done, bytes - done, to + static_cast<off_t>(done));
            });
        }
    });
}

int rows_per_band(Size size, PixelFormat format, std::int64_t bytes) {
    const std::int64_t row = std::max<std::int64_t>(1, byte_count({size.width, 1}, format));
    return static_cast<int>(std::clamp<std::int64_t>(bytes / row, 1, std::max(1, size.height)));
}

} // namespace kontext
