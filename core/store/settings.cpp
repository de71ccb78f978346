#include "core/store/settings.h"

#include "core/error.h"
#include "core/paths.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

fs::path settings_file() {
    return config_dir() / "settings.json";
}

fs::path last_edit_file() {
    return state_dir() / "last_edit.json";
}

std::optional<std::string> read_text(const fs::path& file) {
    std::ifstream stream(file);
    if (!stream) {
        return std::nullopt;
    }
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

json read_settings_object() {
    const fs::path file = settings_file();
    const auto text = read_text(file);
    if (!text) {
        return json::object();
    }
    json object = json::parse(*text, nullptr, false);
    if (!object.is_object()) {
        throw Error(ErrorCode::bad_settings, file.string() + " is not a JSON object; mend or remove it.");
    }
    return object;
}

enum class Zero { is_an_amount, is_none };

// What cannot be an amount must not count as no ceiling.
std::optional<double> read_budget(const json& object, const std::string& member, Zero zero) {
    const json budget = object.value("budget", json::object());
    const json amount = budget.is_object() ? budget.value(member, json()) : budget;
    if (amount.is_null()) {
        return std::nullopt;
    }
    const double usd = amount.is_number() ? amount.get<double>() : -1;
    if (!std::isfinite(usd) || usd < 0 || (usd == 0 && zero == Zero::is_none)) {
        throw Error(ErrorCode::bad_settings,
                    settings_file().string() + ": budget." + member + " is no amount of money.");
    }
    return usd;
}

json number_or_null(std::optional<double> number) {
    return number ? json(*number) : json(nullptr);
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return true;
}

} // namespace

Settings load_settings() try {
    const json object = read_settings_object();
    Settings settings;
    settings.default_engine = object.value("default_engine", settings.default_engine);
    settings.keep_prompt_in_image = object.value("keep_prompt_in_image", settings.keep_prompt_in_image);
    settings.crop_to_changes = object.value("crop_to_changes", settings.crop_to_changes);
    settings.add_grain = object.value("add_grain", settings.add_grain);
    settings.monthly_usd = read_budget(object, "monthly_usd", Zero::is_an_amount);
    settings.unknown_usd = read_budget(object, "unknown_usd", Zero::is_none); // it would undo the ceiling
    settings.keys_in_file = object.value("keys", json::object()).value("in_file", settings.keys_in_file);
    settings.engine_options = object.value("engine_options", settings.engine_options);
    settings.engine_settings = object.value("engine_settings", settings.engine_settings);
    return settings;
} catch (const json::exception& failure) {
    throw Error(ErrorCode::bad_settings, settings_file().string() + ": " + failure.what());
}

void save_settings(const Settings& settings) try {
    json object = read_settings_object();
    object["default_engine"] = settings.default_engine;
    object["keep_prompt_in_image"] = settings.keep_prompt_in_image;
    object["crop_to_changes"] = settings.crop_to_changes;
    object["add_grain"] = settings.add_grain;
    object["budget"]["monthly_usd"] = number_or_null(settings.monthly_usd);
    object["budget"]["unknown_usd"] = number_or_null(settings.unknown_usd);
    object["keys"]["in_file"] = settings.keys_in_file;
    object["engine_options"] = settings.engine_options;
    object["engine_settings"] = settings.engine_settings;
    write_file_atomically(settings_file(), object.dump(4) + "\n");
} catch (const json::exception& failure) {
    throw Error(ErrorCode::bad_settings, settings_file().string() + ": " + failure.what());
}

EditRequest load_last_edit() {
    try {
        if (const auto text = read_text(last_edit_file())) {
            return request_from_json(*text);
        }
    } catch (const Error&) {
        // A damaged record of the last edit is worth no message.
    }
    return {};
}

void save_last_edit(const EditRequest& request) {
    write_file_atomically(last_edit_file(), to_json(request) + "\n");
}

void write_file_atomically(const fs::path& file, std::string_view text, unsigned mode) {
    std::string beside = file.string() + ".XXXXXX";
    const int handle = ::mkostemp(beside.data(), O_CLOEXEC);
    bool written = handle >= 0;
    if (written) {
        written = ::fchmod(handle, static_cast<mode_t>(mode)) == 0 && write_all(handle, text) &&
                  ::fsync(handle) == 0;
        const int error = errno;
        ::close(handle);
        errno = error;
    }
    if (written && ::rename(beside.c_str(), file.c_str()) == 0) {
        return;
    }
    const std::string reason = std::strerror(errno);
    if (handle >= 0) {
        ::unlink(beside.c_str());
    }
    throw Error(ErrorCode::cannot_write, file.string() + " could not be written: " + reason + ".");
}

} // namespace kontext
