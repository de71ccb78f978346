#include "core/paths.h"

#include "core/error.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;

namespace {

constexpr const char* own_name = "gimp-kontext";

// The XDG base directory rule: relative values are to be ignored.
fs::path base_dir(const char* variable, const char* below_home) {
    if (const char* value = std::getenv(variable); value != nullptr && fs::path(value).is_absolute()) {
        return value;
    }
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') {
        throw Error(ErrorCode::cannot_write, std::string("Neither HOME nor ") + variable + " is set.");
    }
    return fs::path(home) / below_home;
}

fs::path own_dir(const fs::path& dir) {
    std::error_code failure;
    if (fs::create_directories(dir, failure)) {
        fs::permissions(dir, fs::perms::owner_all, failure);
    }
    if (failure) {
        throw Error(ErrorCode::cannot_write,
                    "The folder " + dir.string() + " could not be made: " + failure.message() + ".");
    }
    return dir;
}

} // namespace

fs::path config_dir() {
    return own_dir(base_dir("XDG_CONFIG_HOME", ".config") / own_name);
}

fs::path state_path() {
    return base_dir("XDG_STATE_HOME", ".local/state") / own_name;
}

fs::path state_dir() {
    return own_dir(state_path());
}

fs::path cache_dir() {
    return own_dir(base_dir("XDG_CACHE_HOME", ".cache") / own_name);
}

fs::path runtime_dir() {
    const char* value = std::getenv("XDG_RUNTIME_DIR");
    struct stat status{};
    const bool usable = value != nullptr && fs::path(value).is_absolute() && ::stat(value, &status) == 0 &&
                        S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() &&
                        (status.st_mode & 0077U) == 0;
    return usable ? own_dir(fs::path(value) / own_name) : cache_dir();
}

fs::path scratch_dir() {
    return cache_dir();
}

} // namespace kontext
