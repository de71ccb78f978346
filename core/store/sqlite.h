#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace kontext {

class SqliteFile;

// One statement with its values. Everything throws what SqliteFile throws.
class SqliteStatement {
public:
    // The next value in the statement's order. Texts and bytes have to live until the last step.
    SqliteStatement& bind(std::int64_t value);
    SqliteStatement& bind(std::optional<std::int64_t> value); // none: null
    SqliteStatement& bind(std::string_view value);
    SqliteStatement& bind(std::span<const std::byte> value);

    bool step(); // false: there is no further row
    void run();  // all of it; for statements without rows

    // A column of the present row, from 0.
    std::int64_t integer(int column) const;
    std::optional<std::int64_t> integer_if_any(int column) const; // none: null
    double real(int column) const;
    std::string text(int column) const; // null: empty
    std::vector<std::byte> bytes(int column) const;

private:
    friend class SqliteFile;
    using Handle = std::unique_ptr<sqlite3_stmt, void (*)(sqlite3_stmt*)>;

    SqliteStatement(const SqliteFile& file, Handle handle);
    void check(int code) const;

    const SqliteFile* file_;
    Handle handle_;
    int bound_ = 0;
};

// A connection to a database file that other threads and processes have open too; whoever finds it locked
// waits, at most 10 s. One thread at a time. Every commit is on the disk when it returns. The file is for its
// owner's eyes alone.
// What fails throws Error: out_of_space, cannot_write (read-only, no rights, locked for too long, device
// errors), bad_settings (damaged, or no database), internal.
class SqliteFile {
public:
    // Opens or makes it; its folder has to exist.
    explicit SqliteFile(std::filesystem::path file);

    const std::filesystem::path& path() const { return path_; }
    SqliteStatement prepare(std::string_view sql) const;
    void execute(const std::string& sql); // any number of statements without values
    std::int64_t last_row() const;        // that was inserted
    [[noreturn]] void fail(int code) const;

private:
    friend class SqliteChange;

    void make_durable();

    std::filesystem::path path_;
    std::unique_ptr<sqlite3, void (*)(sqlite3*)> handle_;
};

// A change of several steps that happens as a whole or, without commit(), not at all. While it lives nobody
// else changes the file.
class SqliteChange {
public:
    explicit SqliteChange(SqliteFile& file);
    SqliteChange(const SqliteChange&) = delete;
    SqliteChange& operator=(const SqliteChange&) = delete;
    ~SqliteChange();

    void commit();

private:
    void roll_back() noexcept;

    SqliteFile& file_;
};

} // namespace kontext
