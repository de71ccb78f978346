#include "core/store/journal_file.h"

#include "core/error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t own_version = 1; // of the schema

// Prices are billionths of a dollar, times are milliseconds, the epoch's or a span's.
constexpr const char* schema = R"(
CREATE TABLE predictions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('prepared', 'submitted', 'running', 'downloaded', 'delivered',
                                         'refused', 'failed', 'cancelled', 'unknown', 'expired')),
    owner TEXT,
    engine TEXT NOT NULL,
    model TEXT NOT NULL,
    request TEXT NOT NULL,
    placement TEXT NOT NULL,
    command TEXT NOT NULL CHECK (command <> ''),
    price_nusd INTEGER CHECK (price_nusd >= 0),
    billed_nusd INTEGER CHECK (billed_nusd >= 0),
    ticket TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    run_ms INTEGER CHECK (run_ms >= 0)
) STRICT;
CREATE INDEX predictions_by_time ON predictions (created_ms);
CREATE INDEX predictions_by_command ON predictions (command);
CREATE INDEX predictions_by_state ON predictions (state);
CREATE INDEX predictions_by_model ON predictions (engine, model, id) WHERE run_ms IS NOT NULL;
CREATE TABLE replies (
    prediction INTEGER PRIMARY KEY REFERENCES predictions (id),
    bytes BLOB NOT NULL
) STRICT;
PRAGMA user_version = 1;
)";

// Came later, and without a version of its own: to a program that does not know it, it does no harm.
constexpr const char* attachments = R"(
CREATE TABLE attachments (
    prediction INTEGER NOT NULL REFERENCES predictions (id),
    name TEXT NOT NULL CHECK (name <> ''),
    bytes BLOB NOT NULL,
    PRIMARY KEY (prediction, name)
) STRICT;
)";

void make_private_folder(const fs::path& folder) {
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (failure) {
        const bool is_full = failure == std::errc::no_space_on_device;
        throw Error(is_full ? ErrorCode::out_of_space : ErrorCode::cannot_write,
                    "The folder " + folder.string() + " cannot be made: " + failure.message() + ".");
    }
    struct stat status{};
    if (::stat(folder.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
        ::chmod(folder.c_str(), 0700); // where this fails writing will tell
    }
}

// A file is on the disk for good only when its folder is, and that one's folder: all of them may be new.
void sync_folders(fs::path folder) {
    while (true) {
        const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (handle >= 0) {
            const bool is_failed = ::fsync(handle) != 0 && errno == EIO;
            ::close(handle);
            if (is_failed) {
                throw Error(ErrorCode::cannot_write, "The folder " + folder.string() + " cannot be written.");
            }
        }
        if (folder == folder.parent_path()) {
            return;
        }
        folder = folder.parent_path();
    }
}

// A newer version means changes that this one would not keep.
std::int64_t read_version(const SqliteFile& file) {
    auto statement = file.prepare("PRAGMA user_version");
    const std::int64_t version = statement.step() ? statement.integer(0) : 0;
    if (version < 0 || version > own_version) {
        throw Error(ErrorCode::bad_settings,
                    file.path().string() + " was written by a newer version of this program.");
    }
    return version;
}

bool has_attachments(const SqliteFile& file) {
    return file.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'attachments'").step();
}

} // namespace

SqliteFile open_journal_file(const fs::path& folder) {
    make_private_folder(folder);
    SqliteFile file(fs::absolute(folder) / "journal.sqlite");
    if (read_version(file) == 0) {
        SqliteChange change(file);
        if (read_version(file) == 0) { // nobody else was faster
            file.execute(schema);
            change.commit();
            sync_folders(file.path().parent_path());
        }
    }
    if (!has_attachments(file)) {
        SqliteChange change(file);
        if (!has_attachments(file)) {
            file.execute(attachments);
            change.commit();
        }
    }
    return file;
}

JournalChange::JournalChange(SqliteFile& file) : change_(file) {
    if (read_version(file) != own_version) {
        throw Error(ErrorCode::bad_settings, file.path().string() + " is no journal any more.");
    }
}

std::string_view to_text(PredictionState state) {
    switch (state) {
    case PredictionState::prepared: return "prepared";
    case PredictionState::submitted: return "submitted";
    case PredictionState::running: return "running";
    case PredictionState::downloaded: return "downloaded";
    case PredictionState::delivered: return "delivered";
    case PredictionState::refused: return "refused";
    case PredictionState::failed: return "failed";
    case PredictionState::cancelled: return "cancelled";
    case PredictionState::unknown: return "unknown";
    case PredictionState::expired: return "expired";
    }
    return {};
}

PredictionState prediction_state_from_text(std::string_view text) {
    using enum PredictionState;
    for (const PredictionState state : {prepared, submitted, running, downloaded, delivered, refused, failed,
                                        cancelled, unknown, expired}) {
        if (to_text(state) == text) {
            return state;
        }
    }
    throw Error(ErrorCode::bad_settings,
                "The journal has a state that is none: \"" + std::string(text) + "\".");
}

} // namespace kontext
