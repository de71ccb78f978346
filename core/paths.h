#pragma once

#include <filesystem>

namespace kontext {

// gimp-kontext/ in each XDG base directory; made on first use with mode 0700.
// Throws Error(cannot_write) where that is impossible.
std::filesystem::path config_dir(); // settings.json, models.json
std::filesystem::path state_dir();  // last_edit.json, journal.sqlite
std::filesystem::path cache_dir();

// What lives as long as its programs: sockets and locks. In XDG_RUNTIME_DIR where there is one that is the
// person's own and closed to others, else in the cache.
std::filesystem::path runtime_dir();
// state_dir() where it is or will be; nothing is made.
std::filesystem::path state_path();

// Where scratch files of large pictures go: the cache, as a temporary folder may be memory itself.
std::filesystem::path scratch_dir();

} // namespace kontext
