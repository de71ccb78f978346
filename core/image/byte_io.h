#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kontext {

// An open file, closed at the end of its life.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();

    int number() const { return number_; }

private:
    int number_ = -1;
};

// What a decoder reads from: bytes in memory, or a file that is never held in memory as a whole.
// C libraries call it, so reading does not throw.
class ByteSource {
public:
    explicit ByteSource(std::span<const std::byte> bytes);
    // Throws Error(bad_input) when it cannot be opened or is no regular file.
    explicit ByteSource(const std::filesystem::path& file);

    std::int64_t size() const { return size_; }
    // Copies what there is from `offset` on and returns how much; less than asked for at the end and on a
    // failure of the disk, which failure() then tells.
    std::size_t read_at(std::int64_t offset, std::span<std::byte> into) noexcept;
    // The same from where the last read() ended.
    std::size_t read(std::span<std::byte> into) noexcept;
    std::int64_t position() const { return position_; }
    void seek(std::int64_t offset) { position_ = offset; }
    int failure() const { return failure_; } // an errno; 0: none

private:
    std::span<const std::byte> bytes_;
    FileDescriptor file_;
    std::int64_t size_ = 0;
    std::int64_t position_ = 0;
    int failure_ = 0;
};

// What an encoder writes to: memory or an open file. Writing does not throw either; the first failure is
// kept.
class ByteSink {
public:
    ByteSink() = default;                        // memory
    explicit ByteSink(int file) : file_(file) {} // a descriptor that somebody else closes

    bool write_at(std::int64_t offset, std::span<const std::byte> bytes) noexcept;
    bool write(std::span<const std::byte> bytes) noexcept; // from the position on
    std::size_t read_at(std::int64_t offset, std::span<std::byte> into) noexcept;
    std::int64_t position() const { return position_; }
    void seek(std::int64_t offset) { position_ = offset; }
    std::int64_t size() const { return size_; }
    int failure() const { return failure_; } // an errno; 0: none

    std::vector<std::byte> take_bytes() { return std::move(bytes_); }

private:
    std::optional<int> file_;
    std::vector<std::byte> bytes_;
    std::int64_t size_ = 0;
    std::int64_t position_ = 0;
    int failure_ = 0;
};

// A file that takes its name when it is complete: written beside it, then renamed.
// Without commit() nothing is left of it.
class AtomicFile {
public:
    // Throws Error(cannot_write), also when the name belongs to something that is no regular file.
    explicit AtomicFile(const std::filesystem::path& file);
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    int descriptor() const { return descriptor_.number(); }
    // Bytes are on the disk before the name is. Throws Error(cannot_write).
    void commit();

private:
    std::filesystem::path file_;
    std::filesystem::path written_;
    FileDescriptor descriptor_;
};

} // namespace kontext
