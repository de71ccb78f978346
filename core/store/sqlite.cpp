#include "core/store/sqlite.h"

#include "core/error.h"

#include <cerrno>
#include <chrono>
#include <tuple>
#include <utility>

#include <sqlite3.h>
#include <sys/stat.h>

namespace kontext {

namespace fs = std::filesystem;

namespace {

constexpr int busy_ms = 10'000;

void close_connection(sqlite3* connection) {
    sqlite3_close_v2(connection);
}

void finalize(sqlite3_stmt* statement) {
    sqlite3_finalize(statement);
}

// By name and never through a descriptor: closing one would drop all locks that this process has on the file.
void keep_from_others(const fs::path& file) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const std::string name = file.string() + suffix;
        struct stat status{};
        if (::stat(name.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
            ::chmod(name.c_str(), 0600); // where this fails writing will tell
        }
    }
}

// A disk that is full is SQLITE_FULL; a quota and a limit on file sizes are but device errors, of which only
// the file in question, the database or its log, knows the reason.
// SHMSIZE is the index of the log that did not get its size.
bool is_lack_of_room(sqlite3* connection, int code) {
    const int kind = code & 0xff;
    if (kind == SQLITE_FULL || kind == SQLITE_NOMEM || code == SQLITE_IOERR_SHMSIZE) {
        return true;
    }
    if (kind != SQLITE_IOERR || connection == nullptr) {
        return false;
    }
    for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
        sqlite3_file* file = nullptr;
        int error = 0;
        if (sqlite3_file_control(connection, "main", which, static_cast<void*>(&file)) == SQLITE_OK &&
            file != nullptr && file->pMethods != nullptr) {
            file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
        }
        if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
            return true;
        }
    }
    return false;
}

} // namespace

SqliteStatement::SqliteStatement(const SqliteFile& file, Handle handle)
    : file_(&file), handle_(std::move(handle)) {}

void SqliteStatement::check(int code) const {
    if (code != SQLITE_OK) {
        file_->fail(code);
    }
}

SqliteStatement& SqliteStatement::bind(std::int64_t value) {
    check(sqlite3_bind_int64(handle_.get(), ++bound_, value));
    return *this;
}

SqliteStatement& SqliteStatement::bind(std::optional<std::int64_t> value) {
    if (value) {
        return bind(*value);
    }
    check(sqlite3_bind_null(handle_.get(), ++bound_));
    return *this;
}

SqliteStatement& SqliteStatement::bind(std::string_view value) {
    const char* text = value.data() == nullptr ? "" : value.data(); // a null pointer would be a null
    check(sqlite3_bind_text64(handle_.get(), ++bound_, text, value.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

SqliteStatement& SqliteStatement::bind(std::span<const std::byte> value) {
    check(sqlite3_bind_blob64(handle_.get(), ++bound_, value.data(), value.size(), SQLITE_STATIC));
    return *this;
}

bool SqliteStatement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        file_->fail(code);
    }
    return code == SQLITE_ROW;
}

void SqliteStatement::run() {
    while (step()) {
    }
}

std::int64_t SqliteStatement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::optional<std::int64_t> SqliteStatement::integer_if_any(int column) const {
    if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) {
        return std::nullopt;
    }
    return integer(column);
}

double SqliteStatement::real(int column) const {
    return sqlite3_column_double(handle_.get(), column);
}

std::string SqliteStatement::text(int column) const {
    const std::vector<std::byte> all = bytes(column);
    return {reinterpret_cast<const char*>(all.data()), all.size()};
}

std::vector<std::byte> SqliteStatement::bytes(int column) const {
    const auto* first = static_cast<const std::byte*>(sqlite3_column_blob(handle_.get(), column));
    const int size = sqlite3_column_bytes(handle_.get(), column);
    if (first == nullptr) {
        if (sqlite3_errcode(sqlite3_db_handle(handle_.get())) == SQLITE_NOMEM) {
            file_->fail(SQLITE_NOMEM);
        }
        return {};
    }
    return {first, first + size};
}

SqliteFile::SqliteFile(fs::path file) : path_(std::move(file)), handle_(nullptr, close_connection) {
    sqlite3* connection = nullptr;
    const int code = sqlite3_open_v2(path_.c_str(), &connection,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                         SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
                                     nullptr);
    handle_.reset(connection); // there is one after a failure too, to ask for the reason
    if (code != SQLITE_OK) {
        fail(code);
    }
    sqlite3_busy_timeout(connection, busy_ms);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    keep_from_others(path_); // before the log is made: that takes the file's mode
    execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON");
    make_durable();
}

void SqliteFile::make_durable() {
    // A file that several open at the same time for the first time is busy without any waiting.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_ms);
    const auto change_mode = [this] {
        SqliteStatement statement = prepare("PRAGMA journal_mode = WAL");
        const int code = sqlite3_step(statement.handle_.get());
        return std::pair(code, code == SQLITE_ROW ? statement.text(0) : std::string());
    };
    auto [code, mode] = change_mode();
    while ((code & 0xff) == SQLITE_BUSY && std::chrono::steady_clock::now() < deadline) {
        sqlite3_sleep(10);
        std::tie(code, mode) = change_mode();
    }
    if (code != SQLITE_ROW) {
        fail(code);
    }
    // Where there is no write-ahead log (no shared memory on that file system) FULL does not sync the folder.
    execute(mode == "wal" ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = EXTRA");
}

SqliteStatement SqliteFile::prepare(std::string_view sql) const {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    SqliteStatement prepared(*this, {statement, finalize});
    prepared.check(code);
    return prepared;
}

void SqliteFile::execute(const std::string& sql) {
    if (const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
        code != SQLITE_OK) {
        fail(code);
    }
}

std::int64_t SqliteFile::last_row() const {
    return sqlite3_last_insert_rowid(handle_.get());
}

void SqliteFile::fail(int code) const {
    const std::string reason = sqlite3_errstr(code);
    const std::string folder = path_.parent_path().string();
    if (is_lack_of_room(handle_.get(), code)) {
        throw Error(ErrorCode::out_of_space, "There is no room left for " + path_.string() + ".");
    }
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        throw Error(ErrorCode::bad_settings,
                    path_.string() + " is damaged (" + reason + "); mend it or move it away.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        throw Error(ErrorCode::cannot_write, path_.string() + " is locked by another program.");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        throw Error(ErrorCode::cannot_write, "The folder " + folder + " cannot be written: " + reason + ".");
    default: throw Error(ErrorCode::internal, path_.string() + ": " + sqlite3_errmsg(handle_.get()) + ".");
    }
}

SqliteChange::SqliteChange(SqliteFile& file) : file_(file) {
    file_.execute("BEGIN IMMEDIATE");
    // With a write-ahead log SQLite itself would go on writing into a file that nobody finds again.
    int is_moved = 0;
    sqlite3_file_control(file_.handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &is_moved);
    if (is_moved != 0) {
        roll_back();
        throw Error(ErrorCode::cannot_write, file_.path_.string() + " was removed or replaced while in use.");
    }
}

SqliteChange::~SqliteChange() {
    roll_back();
}

void SqliteChange::roll_back() noexcept {
    // SQLite has rolled back by itself after some failures.
    if (sqlite3_get_autocommit(file_.handle_.get()) == 0) {
        sqlite3_exec(file_.handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void SqliteChange::commit() {
    file_.execute("COMMIT");
}

} // namespace kontext
