#pragma once

#include "core/store/journal.h"
#include "core/store/sqlite.h"

#include <filesystem>
#include <string_view>

namespace kontext {

// The journal's database in its folder, made where it is missing. Throws what Journal's constructor throws.
SqliteFile open_journal_file(const std::filesystem::path& folder);

// A change of the journal; refuses, as the constructor does, what a newer version has taken over meanwhile.
class JournalChange {
public:
    explicit JournalChange(SqliteFile& file);
    void commit() { change_.commit(); }

private:
    SqliteChange change_;
};

// Throws Error(bad_settings).
PredictionState prediction_state_from_text(std::string_view text);

} // namespace kontext
