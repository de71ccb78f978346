#include "core/paths.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <fstream>

namespace kontext {

namespace fs = std::filesystem;

TEST(Paths, FollowTheXdgBaseDirectories) {
    const test::TestFolder folder;
    EXPECT_EQ(config_dir(), folder / "XDG_CONFIG_HOME/gimp-kontext");
    EXPECT_EQ(state_dir(), folder / "XDG_STATE_HOME/gimp-kontext");
    EXPECT_EQ(cache_dir(), folder / "XDG_CACHE_HOME/gimp-kontext");
}

TEST(Paths, AreMadeForTheirOwnerAlone) {
    const test::TestFolder folder;
    EXPECT_EQ(fs::status(config_dir()).permissions(), fs::perms::owner_all);
}

TEST(Paths, IgnoreARelativeBaseDirectory) {
    const test::TestFolder folder;
    setenv("XDG_CONFIG_HOME", "relative", 1);
    EXPECT_EQ(config_dir(), folder / ".config/gimp-kontext");
}

TEST(Paths, SayWhichFolderCannotBeMade) {
    const test::TestFolder folder;
    std::ofstream(folder / "file") << "not a folder";
    setenv("XDG_STATE_HOME", (folder / "file").c_str(), 1);
    EXPECT_NE(test::expect_error(ErrorCode::cannot_write, [] { state_dir(); }).find("file/gimp-kontext"),
              std::string::npos);
}

} // namespace kontext
