#include "core/job/hand_over.h"

#include "core/error.h"
#include "core/image/byte_io.h"
#include "core/job/fnv.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view attachment = "files"; // in the journal: three texts for each, each ended by a zero

struct NotedFile {
    fs::path place;
    fs::path draft;
    std::string digest;
};

[[noreturn]] void fail(const fs::path& file, const std::string& reason) {
    throw Error(ErrorCode::cannot_write, "“" + file.string() + "” cannot be written: " + reason + ".");
}

// Size and hash; empty for what cannot be read.
std::string digest_of(const fs::path& file) {
    constexpr std::size_t piece = std::size_t{1} << 20;
    try {
        ByteSource source(file);
        std::vector<std::byte> bytes(piece);
        Fnv hash;
        while (const std::size_t count = source.read(bytes)) {
            hash.add(std::span(bytes).first(count));
        }
        return source.failure() != 0 ? std::string()
                                     : std::to_string(source.size()) + "-" + std::to_string(hash.value());
    } catch (const Error&) {
        return {};
    }
}

void sync(const fs::path& path) {
    const FileDescriptor handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    // Not every folder can be read or synced; what the disk reports is taken seriously.
    if (handle.number() >= 0 && ::fsync(handle.number()) != 0 && (errno == EIO || errno == ENOSPC)) {
        fail(path, std::strerror(errno));
    }
}

void append(std::vector<std::byte>& bytes, std::string_view text) {
    const auto data = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), data.begin(), data.end());
    bytes.push_back(std::byte{0});
}

// Paths are bytes, not text: no JSON.
std::vector<NotedFile> read_note(std::span<const std::byte> bytes) {
    std::vector<std::string> texts;
    while (!bytes.empty()) {
        const auto end = static_cast<std::size_t>(std::ranges::find(bytes, std::byte{0}) - bytes.begin());
        texts.emplace_back(reinterpret_cast<const char*>(bytes.data()), end);
        bytes = bytes.subspan(std::min(end + 1, bytes.size()));
    }
    std::vector<NotedFile> files;
    for (std::size_t i = 0; i + 2 < texts.size(); i += 3) {
        files.push_back({.place = texts[i], .draft = texts[i + 1], .digest = texts[i + 2]});
    }
    return files;
}

bool is_in_place(const NotedFile& file) {
    if (digest_of(file.place) == file.digest) {
        return true;
    }
    std::error_code failure;
    // Another file that is there by now may be a later edit's.
    if (fs::exists(fs::symlink_status(file.place, failure)) || digest_of(file.draft) != file.digest) {
        return false;
    }
    fs::rename(file.draft, file.place, failure);
    return !failure;
}

} // namespace

HandOver::~HandOver() {
    for (const File& file : files_) {
        if (!is_written_down_) {
            ::unlink(file.draft.c_str());
        }
    }
}

fs::path HandOver::draft_of(const fs::path& place) {
    std::error_code failure;
    fs::path real = fs::weakly_canonical(place, failure); // a link stays a link
    if (failure || !real.is_absolute()) {
        real = fs::absolute(place);
    }
    if (const fs::file_status there = fs::status(real, failure);
        fs::exists(there) && !is_regular_file(there)) {
        throw Error(ErrorCode::cannot_write, "“" + place.string() + "” is not a file.");
    }
    // Short, whatever the place is called: there is a longest name.
    std::random_device random;
    const std::string name =
        ".kontext-" + std::to_string(random()) + "-" + std::to_string(random()) + ".part";
    files_.push_back({.place = real, .draft = real.parent_path() / name});
    return files_.back().draft;
}

void HandOver::write_down(Journal& journal, std::int64_t prediction) {
    std::vector<std::byte> note;
    for (const File& file : files_) {
        sync(file.draft);
        const std::string digest = digest_of(file.draft);
        if (digest.empty()) {
            fail(file.place, "it cannot be read back");
        }
        append(note, file.place.native());
        append(note, file.draft.native());
        append(note, digest);
    }
    journal.attach(prediction, attachment, note);
    is_written_down_ = true;
}

void HandOver::move() {
    for (const File& file : files_) {
        struct stat replaced{};
        if (::stat(file.place.c_str(), &replaced) == 0) {
            ::chmod(file.draft.c_str(), replaced.st_mode & 07777); // best effort: the mode that it had
        }
        if (::rename(file.draft.c_str(), file.place.c_str()) != 0) {
            fail(file.place, std::strerror(errno));
        }
        sync(file.place.parent_path());
    }
    files_.clear();
}

std::vector<fs::path> finish_hand_over(Journal& journal, std::int64_t prediction) {
    const std::vector<std::byte> note = journal.read_attachment(prediction, attachment);
    std::vector<fs::path> places;
    bool is_complete = true;
    for (const NotedFile& file : read_note(note)) {
        is_complete = is_in_place(file) && is_complete;
        ::unlink(file.draft.c_str());
        places.push_back(file.place);
    }
    return is_complete ? places : std::vector<fs::path>();
}

} // namespace kontext
