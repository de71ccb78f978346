#include "core/store/journal.h"
#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"
#include "tests/unit/store/journal_samples.h"

#include <fstream>

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace kontext {

namespace fs = std::filesystem;

using test::ChildProcess;
using test::expect_error;
using test::make_prediction;
using test::reply_of;
using testing::HasSubstr;
using enum PredictionState;

namespace {

std::string read_pragma(const fs::path& file, const std::string& pragma) {
    sqlite3* connection = nullptr;
    sqlite3_open(file.c_str(), &connection);
    std::string value;
    const auto keep = [](void* target, int, char** values, char**) {
        *static_cast<std::string*>(target) = values[0];
        return 0;
    };
    EXPECT_EQ(sqlite3_exec(connection, ("PRAGMA " + pragma).c_str(), keep, &value, nullptr), SQLITE_OK);
    sqlite3_close(connection);
    return value;
}

// Runs in a child that has the rights of an ordinary user, as root may write anywhere.
int run_without_rights(const fs::path& folder, const std::function<bool()>& check) {
    ChildProcess child([&](const ChildProcess&) {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 &&
            (::chown(folder.c_str(), nobody, nobody) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
             ::setresuid(nobody, nobody, nobody) != 0)) {
            return 3;
        }
        return check() ? 0 : 4;
    });
    return child.wait();
}

bool throws(ErrorCode code, const std::string& words, const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code() == code && std::string(error.what()).find(words) != std::string::npos;
    }
    return false;
}

} // namespace

TEST(JournalFailure, NamesAFolderThatCannotBeMade) {
    const test::TestFolder folder;
    std::ofstream(folder / "file") << "no folder";
    EXPECT_THAT(expect_error(ErrorCode::cannot_write, [&] { Journal journal(folder / "file/state"); }),
                HasSubstr("file/state"));
    expect_error(ErrorCode::cannot_write, [&] { Journal journal("/proc/gimp-kontext"); });
}

TEST(JournalFailure, NamesAFolderThatMayOnlyBeRead) {
    const test::TestFolder folder;
    fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::others_exec);
    const fs::path state = folder / "state";
    fs::create_directory(state);
    fs::permissions(state, fs::perms::owner_read | fs::perms::owner_exec);
    EXPECT_EQ(run_without_rights(state,
                                 [&] {
                                     return throws(ErrorCode::cannot_write, state.string(),
                                                   [&] { Journal journal(state); });
                                 }),
              0);
}

TEST(JournalFailure, NamesAFolderWhoseOwnersCannotBeWritten) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    std::ofstream(folder / "owners") << "no folder";
    EXPECT_THAT(expect_error(ErrorCode::cannot_write, [&] { make_prediction(journal, prepared); }),
                HasSubstr("owners"));
    EXPECT_TRUE(journal.list().empty());
}

TEST(JournalFailure, KeepsEverythingWhenTheDiskIsFull) {
    const test::TestFolder folder;
    ChildProcess child([&](const ChildProcess&) {
        Journal journal(folder.path());
        const std::int64_t id = make_prediction(journal, running);
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const rlim_t unlimited = limit.rlim_cur;
        limit.rlim_cur = 300'000; // bytes in a file
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const bool is_refused = throws(ErrorCode::out_of_space, "room",
                                       [&] { journal.keep_reply(id, reply_of(1'000'000), 0.04, {}); });
        const Prediction after = journal.find(id);
        const bool is_as_before =
            after.state == running && !after.billed_usd && journal.read_reply(id).empty();
        limit.rlim_cur = unlimited;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        journal.keep_reply(id, reply_of(1'000'000), 0.04, {}); // room was made
        return is_refused && is_as_before ? 0 : 1;
    });
    EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(Journal(folder.path()).read_reply(1), reply_of(1'000'000));
}

TEST(JournalFailure, LeavesTheFileOfANewerVersionAlone) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t id = make_prediction(journal, running);
    read_pragma(folder / "journal.sqlite", "user_version = 2");
    EXPECT_THAT(expect_error(ErrorCode::bad_settings, [&] { Journal again(folder.path()); }),
                HasSubstr("journal.sqlite"));
    expect_error(ErrorCode::bad_settings, [&] { journal.end(id, {.state = failed}); });
    EXPECT_EQ(read_pragma(folder / "journal.sqlite", "user_version"), "2");
    EXPECT_EQ(journal.find(id).state, running);
}

TEST(JournalFailure, NamesAFileThatIsNoDatabaseAndLeavesItAlone) {
    const test::TestFolder folder;
    const std::string text(5000, 'x');
    std::ofstream(folder / "journal.sqlite") << text;
    EXPECT_THAT(expect_error(ErrorCode::bad_settings, [&] { Journal journal(folder.path()); }),
                HasSubstr("journal.sqlite"));
    std::ostringstream left;
    left << std::ifstream(folder / "journal.sqlite").rdbuf();
    EXPECT_EQ(left.str(), text);
}

TEST(JournalFailure, NamesADamagedFile) {
    const test::TestFolder folder;
    {
        Journal journal(folder.path());
        for (int i = 0; i < 50; ++i) {
            make_prediction(journal, downloaded);
        }
    }
    std::fstream file(folder / "journal.sqlite");
    file.seekp(4096); // the first page, with the schema, stays
    file << std::string(fs::file_size(folder / "journal.sqlite") - 4096, 'x');
    file.close();
    EXPECT_THAT(expect_error(ErrorCode::bad_settings, [&] { Journal(folder.path()).list(); }),
                HasSubstr("journal.sqlite"));
}

TEST(JournalFailure, WritesNothingIntoAFileThatNobodyFindsAgain) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    const std::int64_t id = make_prediction(journal, prepared);
    fs::rename(folder / "journal.sqlite", folder / "away.sqlite");
    EXPECT_THAT(expect_error(ErrorCode::cannot_write, [&] { journal.mark_submitted(id, "t"); }),
                HasSubstr("journal.sqlite"));
    fs::rename(folder / "away.sqlite", folder / "journal.sqlite");
    journal.mark_submitted(id, "t");
    EXPECT_EQ(journal.find(id).state, submitted);
}

TEST(JournalFailure, LogsAheadAndIsSound) {
    const test::TestFolder folder;
    Journal journal(folder.path());
    make_prediction(journal, delivered);
    EXPECT_EQ(read_pragma(folder / "journal.sqlite", "journal_mode"), "wal");
    EXPECT_EQ(read_pragma(folder / "journal.sqlite", "integrity_check"), "ok");
    EXPECT_EQ(read_pragma(folder / "journal.sqlite", "foreign_key_check"), "");
}

} // namespace kontext
