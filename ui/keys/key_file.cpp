#include "ui/keys/key_file.h"

#include "core/error.h"
#include "core/paths.h"
#include "core/store/settings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kontext::ui {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr off_t largest_file = 1 << 20; // bytes

// A file descriptor.
class Handle {
public:
    explicit Handle(int number) : number_(number) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }

    int number() const { return number_; }

private:
    int number_;
};

// Text with keys in it, wiped at its end. Not std::string, which would leave copies behind when it grows.
class WipedBytes {
public:
    explicit WipedBytes(std::size_t size) : bytes_(size) {}
    WipedBytes(WipedBytes&&) noexcept = default;
    WipedBytes& operator=(WipedBytes&&) = delete;
    ~WipedBytes() {
        if (!bytes_.empty()) { // moved from it has no memory at all
            explicit_bzero(bytes_.data(), bytes_.size());
        }
    }

    char* data() { return bytes_.data(); }
    std::size_t size() const { return bytes_.size(); }

private:
    std::vector<char> bytes_;
};

// The file's object; its texts are wiped at its end.
class KeyObject {
public:
    explicit KeyObject(json object) : object_(std::move(object)) {}
    KeyObject(KeyObject&&) noexcept = default;
    KeyObject& operator=(KeyObject&&) = delete;
    ~KeyObject() {
        if (auto* members = object_.get_ptr<json::object_t*>()) {
            for (auto& member : *members) {
                wipe(member.second);
            }
        }
    }

    static void wipe(json& value) noexcept {
        if (auto* text = value.get_ptr<std::string*>()) {
            explicit_bzero(text->data(), text->size());
        }
    }

    json& object() { return object_; }
    const json& object() const { return object_; }

private:
    json object_;
};

fs::path key_file() {
    return config_dir() / "keys.json";
}

[[noreturn]] void reject(const std::string& reason) {
    throw Error(ErrorCode::bad_settings, key_file().string() + " " + reason);
}

// None: there is no file. What is not the person's own, or open to others, is not even read.
std::optional<WipedBytes> read_private_file() {
    const Handle file(::open(key_file().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file.number() < 0) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        reject(std::string("cannot be read: ") + std::strerror(errno) + ".");
    }
    struct stat status{};
    if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > largest_file) {
        reject("is no file of keys.");
    }
    if (status.st_uid != ::geteuid()) {
        reject("belongs to somebody else and is not used.");
    }
    if ((status.st_mode & 077) != 0) {
        reject("can be read by others and is not used. Close it: chmod 600 '" + key_file().string() + "'");
    }
    WipedBytes bytes(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::read(file.number(), bytes.data() + done, bytes.size() - done);
        if (count <= 0 && !(count < 0 && errno == EINTR)) {
            reject("cannot be read.");
        }
        done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    return bytes;
}

KeyObject read_keys() {
    std::optional<WipedBytes> text = read_private_file();
    if (!text) {
        return KeyObject(json::object());
    }
    // Without exceptions: their messages quote what they do not like, which may be a key.
    KeyObject keys(json::parse(text->data(), text->data() + text->size(), nullptr, false));
    if (!keys.object().is_object()) {
        reject("is not a JSON object; mend or remove it.");
    }
    for (const json& value : std::as_const(keys).object()) {
        if (!value.is_string()) {
            reject("holds something that is no key; mend or remove it.");
        }
    }
    return keys;
}

void write_keys(KeyObject& keys) {
    std::string text = keys.object().dump(4, ' ', false, json::error_handler_t::replace);
    try {
        write_file_atomically(key_file(), text, 0600);
    } catch (...) {
        explicit_bzero(text.data(), text.size());
        throw;
    }
    explicit_bzero(text.data(), text.size());
}

// One process at a time reads, changes and writes: the folder itself is the lock, as the file is replaced.
Handle lock_folder() {
    return Handle(::open(config_dir().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

} // namespace

std::optional<SecretText> read_key_from_file(std::string_view engine) {
    KeyObject keys = read_keys();
    const auto key = keys.object().find(engine);
    if (key == keys.object().end()) {
        return std::nullopt;
    }
    return SecretText(key->get_ref<const std::string&>());
}

void write_key_to_file(std::string_view engine, const SecretText& key) {
    const Handle folder = lock_folder();
    ::flock(folder.number(), LOCK_EX);
    KeyObject keys = read_keys();
    json& place = keys.object()[std::string(engine)];
    KeyObject::wipe(place);
    place = std::string(key.reveal());
    write_keys(keys);
}

bool clear_key_in_file(std::string_view engine) {
    const Handle folder = lock_folder();
    ::flock(folder.number(), LOCK_EX);
    KeyObject keys = read_keys();
    const auto key = keys.object().find(engine);
    if (key == keys.object().end()) {
        return false;
    }
    KeyObject::wipe(*key);
    keys.object().erase(key);
    write_keys(keys);
    return true;
}

} // namespace kontext::ui
