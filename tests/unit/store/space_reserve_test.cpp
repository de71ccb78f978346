#include "core/store/space_reserve.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <sys/statvfs.h>

namespace kontext {

namespace {

constexpr std::int64_t size = std::int64_t{32} << 20;

std::int64_t free_bytes(const std::filesystem::path& folder) {
    struct statvfs disk{};
    ::statvfs(folder.c_str(), &disk);
    return static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
}

} // namespace

TEST(SpaceReserve, LeavesNoFile) {
    const test::TestFolder folder;
    {
        const SpaceReserve reserve(folder.path(), size);
        EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SpaceReserve, RefusesMoreThanThereIs) {
    const test::TestFolder folder;
    const std::string message = test::expect_error(ErrorCode::out_of_space, [&] {
        SpaceReserve(folder.path(), free_bytes(folder.path()) + (std::int64_t{1} << 40));
    });
    EXPECT_NE(message.find(folder.path().string()), std::string::npos) << message;
}

TEST(SpaceReserve, NamesAFolderThatIsNone) {
    const test::TestFolder folder;
    test::expect_error(ErrorCode::cannot_write, [&] { SpaceReserve(folder / "none", size); });
}

} // namespace kontext
