#include "core/store/space_reserve.h"

#include "core/error.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& folder, std::int64_t bytes, int error) {
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
        throw Error(ErrorCode::out_of_space, "A result needs up to " + std::to_string(bytes >> 20) +
                                                 " MiB in " + folder.string() + ", and there is less.");
    }
    throw Error(ErrorCode::cannot_write,
                "The folder " + folder.string() + " cannot be written: " + std::strerror(error) + ".");
}

FileDescriptor make_nameless_file(const fs::path& folder) {
    FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file.number() >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) {
        return file;
    }
    std::string name = (folder / "reserve-XXXXXX").string(); // not every file system has files without a name
    FileDescriptor named(::mkostemp(name.data(), O_CLOEXEC));
    if (named.number() >= 0) {
        ::unlink(name.c_str());
    }
    return named;
}

} // namespace

SpaceReserve::SpaceReserve(const fs::path& folder, std::int64_t bytes) : file_(make_nameless_file(folder)) {
    if (file_.number() < 0) {
        fail(folder, bytes, errno);
    }
    int result = 0;
    do {
        result = ::fallocate(file_.number(), 0, 0, bytes);
    } while (result != 0 && errno == EINTR);
    if (result == 0) {
        return;
    }
    if (errno != EOPNOTSUPP) {
        fail(folder, bytes, errno);
    }
    // Nothing can be set aside there: at least it is there now.
    struct statvfs disk{};
    if (::fstatvfs(file_.number(), &disk) == 0 &&
        disk.f_bavail < static_cast<std::uint64_t>(bytes) / disk.f_frsize) {
        fail(folder, bytes, ENOSPC);
    }
}

} // namespace kontext
