#include "core/store/journal_owner.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t name_size = 32;
constexpr std::string_view digits = "0123456789abcdef";

[[noreturn]] void fail(const fs::path& folder, int error) {
    if (error == ENOSPC || error == EDQUOT) {
        throw Error(ErrorCode::out_of_space, "There is no room left in " + folder.string() + ".");
    }
    throw Error(ErrorCode::cannot_write,
                "The folder " + folder.string() + " cannot be written: " + std::strerror(error) + ".");
}

std::string draw_name() {
    std::array<unsigned char, name_size / 2> random{};
    if (::getentropy(random.data(), random.size()) != 0) {
        throw Error(ErrorCode::internal, "The system gives no random numbers.");
    }
    std::string name;
    for (const unsigned char byte : random) {
        name += digits[byte >> 4];
        name += digits[byte & 15];
    }
    return name;
}

bool is_name(std::string_view name) {
    return name.size() == name_size && name.find_first_not_of(digits) == std::string_view::npos;
}

int lock_file(int file, int operation) {
    int result = 0;
    do {
        result = ::flock(file, operation | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result;
}

} // namespace

JournalOwner::JournalOwner(const fs::path& folder) : name_(draw_name()), file_(folder / name_) {
    std::error_code failure;
    if (fs::create_directories(folder, failure)) {
        fs::permissions(folder, fs::perms::owner_all, failure);
    }
    if (failure) {
        fail(folder, failure.value());
    }
    // Closed in started programs: a child that goes on would keep the lock of its dead parent.
    lock_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_ < 0) {
        fail(folder, errno);
    }
    if (lock_file(lock_, LOCK_EX) != 0) {
        const int error = errno;
        ::unlink(file_.c_str());
        ::close(lock_);
        fail(folder, error);
    }
}

JournalOwner::~JournalOwner() {
    ::unlink(file_.c_str());
    ::close(lock_);
}

bool is_alive(const fs::path& folder, std::string_view name) {
    if (!is_name(name)) {
        return false;
    }
    const int file = ::open((folder / name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return errno != ENOENT && errno != ENOTDIR;
    }
    // Shared: two that look at the same time do not take each other for the owner.
    const bool is_free = lock_file(file, LOCK_SH) == 0;
    ::close(file);
    return !is_free;
}

void remove_stale_owners(const fs::path& folder) {
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        const std::string name = entry->path().filename().string();
        if (is_name(name) && !is_alive(folder, name)) {
            ::unlink(entry->path().c_str());
        }
    }
}

} // namespace kontext
