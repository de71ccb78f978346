#include "core/image/byte_io.h"

#include "core/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <random>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kontext {

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (number_ >= 0) {
        ::close(number_);
    }
}

namespace {

// pread until all is there; sets `failure` to an errno where it ended early for a reason.
std::size_t read_file_at(int file, std::int64_t offset, std::span<std::byte> into, int& failure) noexcept {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t count =
            ::pread(file, into.data() + done, into.size() - done, offset + static_cast<off_t>(done));
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (count == 0) {
            break;
        } else if (errno != EINTR) {
            failure = errno;
            break;
        }
    }
    return done;
}

std::size_t copy_from(std::span<const std::byte> bytes, std::int64_t offset,
                      std::span<std::byte> into) noexcept {
    const auto start = static_cast<std::size_t>(offset);
    if (offset < 0 || start >= bytes.size()) {
        return 0;
    }
    const std::size_t count = std::min(into.size(), bytes.size() - start);
    std::copy_n(bytes.data() + start, count, into.data());
    return count;
}

} // namespace

ByteSource::ByteSource(std::span<const std::byte> bytes)
    : bytes_(bytes), size_(static_cast<std::int64_t>(bytes.size())) {}

ByteSource::ByteSource(const std::filesystem::path& file)
    // Not blocking: the name may belong to a pipe that nobody writes to.
    : file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat info = {};
    if (file_.number() < 0 || ::fstat(file_.number(), &info) != 0) {
        throw Error(ErrorCode::bad_input,
                    "“" + file.string() + "” cannot be opened: " + std::strerror(errno) + ".");
    }
    if (!S_ISREG(info.st_mode)) {
        throw Error(ErrorCode::bad_input, "“" + file.string() + "” is not a file.");
    }
    size_ = info.st_size;
}

std::size_t ByteSource::read_at(std::int64_t offset, std::span<std::byte> into) noexcept {
    if (file_.number() < 0) {
        return copy_from(bytes_, offset, into);
    }
    return read_file_at(file_.number(), offset, into, failure_);
}

std::size_t ByteSource::read(std::span<std::byte> into) noexcept {
    const std::size_t count = read_at(position_, into);
    position_ += static_cast<std::int64_t>(count);
    return count;
}

bool ByteSink::write_at(std::int64_t offset, std::span<const std::byte> bytes) noexcept {
    const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
    if (!file_) {
        try {
            if (end > size_) {
                bytes_.resize(static_cast<std::size_t>(end));
            }
        } catch (const std::exception&) {
            failure_ = ENOMEM;
            return false;
        }
        std::ranges::copy(bytes, bytes_.begin() + offset);
    } else {
        for (std::size_t done = 0; done < bytes.size();) {
            const ssize_t count =
                ::pwrite(*file_, bytes.data() + done, bytes.size() - done, offset + static_cast<off_t>(done));
            if (count >= 0) {
                done += static_cast<std::size_t>(count);
            } else if (errno != EINTR) {
                failure_ = errno;
                return false;
            }
        }
    }
    size_ = std::max(size_, end);
    return true;
}

bool ByteSink::write(std::span<const std::byte> bytes) noexcept {
    if (!write_at(position_, bytes)) {
        return false;
    }
    position_ += static_cast<std::int64_t>(bytes.size());
    return true;
}

std::size_t ByteSink::read_at(std::int64_t offset, std::span<std::byte> into) noexcept {
    return file_ ? read_file_at(*file_, offset, into, failure_) : copy_from(bytes_, offset, into);
}

namespace {

[[noreturn]] void throw_cannot_write(const std::filesystem::path& file, int error) {
    throw Error(ErrorCode::cannot_write,
                "“" + file.string() + "” cannot be written: " + std::strerror(error) + ".");
}

// Made with open() and not mkstemp(), so that the file gets the mode that new files get here.
FileDescriptor create_beside(const std::filesystem::path& file, std::filesystem::path& name) {
    std::random_device random;
    for (int attempt = 0; attempt < 100; ++attempt) {
        name =
            file.parent_path() / ("." + file.filename().string() + "." + std::to_string(random()) + ".part");
        FileDescriptor made(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (made.number() >= 0) {
            return made;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    throw_cannot_write(file, errno);
}

} // namespace

AtomicFile::AtomicFile(const std::filesystem::path& file) {
    std::error_code ignored;
    file_ = std::filesystem::weakly_canonical(file, ignored); // a link stays a link
    if (ignored) {
        file_ = file;
    }
    struct stat info = {};
    const bool replaces = ::stat(file_.c_str(), &info) == 0;
    if (replaces && !S_ISREG(info.st_mode)) {
        throw Error(ErrorCode::cannot_write, "“" + file.string() + "” is not a file.");
    }
    descriptor_ = create_beside(file_, written_);
    if (replaces) {
        ::fchmod(descriptor_.number(), info.st_mode & 07777); // best effort: the mode that it had
    }
}

AtomicFile::~AtomicFile() {
    if (!written_.empty()) {
        ::unlink(written_.c_str());
    }
}

void AtomicFile::commit() {
    if (::fsync(descriptor_.number()) != 0 || ::rename(written_.c_str(), file_.c_str()) != 0) {
        throw_cannot_write(file_, errno);
    }
    written_.clear();
}

} // namespace kontext
