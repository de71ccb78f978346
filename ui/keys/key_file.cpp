#include "ui/keys/key_file.h"

#include "core/error.h"
#include "core/paths.h"
#include "core/store/settings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kontext::ui {

namespace fs = std::filesystem;
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

// Wipes what it gives back: text that grows leaves nothing behind.
template <class Value>
struct WipingAllocator {
    using value_type = Value;

    WipingAllocator() = default;
    template <class Other>
    explicit WipingAllocator(const WipingAllocator<Other>&) noexcept {}

    Value* allocate(std::size_t count) { return std::allocator<Value>().allocate(count); }
    void deallocate(Value* memory, std::size_t count) noexcept {
        explicit_bzero(static_cast<void*>(memory), count * sizeof(Value));
        std::allocator<Value>().deallocate(memory, count);
    }
    friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

using WipedBytes = std::vector<char, WipingAllocator<char>>;
using WipedText = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;
using KeyObject = nlohmann::basic_json<std::map, std::vector, WipedText, bool, std::int64_t, std::uint64_t,
                                       double, WipingAllocator>;

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
    const std::optional<WipedBytes> text = read_private_file();
    if (!text) {
        return KeyObject::object();
    }
    // Without exceptions: their messages quote what they do not like, which may be a key.
    KeyObject keys = KeyObject::parse(text->begin(), text->end(), nullptr, false);
    if (!keys.is_object()) {
        reject("is not a JSON object; mend or remove it.");
    }
    for (const KeyObject& value : keys) {
        if (!value.is_string()) {
            reject("holds something that is no key; mend or remove it.");
        }
    }
    return keys;
}

void write_keys(const KeyObject& keys) {
    write_file_atomically(key_file(), keys.dump(4, ' ', false, KeyObject::error_handler_t::replace), 0600);
}

// One process at a time reads, changes and writes: the folder itself is the lock, as the file is replaced.
Handle lock_folder() {
    return Handle(::open(config_dir().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

} // namespace

std::optional<SecretText> read_key_from_file(std::string_view engine) {
    const KeyObject keys = read_keys();
    const auto key = keys.find(WipedText(engine));
    if (key == keys.end()) {
        return std::nullopt;
    }
    return SecretText(key->get_ref<const WipedText&>());
}

void write_key_to_file(std::string_view engine, const SecretText& key) {
    const Handle folder = lock_folder();
    ::flock(folder.number(), LOCK_EX);
    KeyObject keys = read_keys();
    keys[WipedText(engine)] = WipedText(key.reveal());
    write_keys(keys);
}

bool clear_key_in_file(std::string_view engine) {
    const Handle folder = lock_folder();
    ::flock(folder.number(), LOCK_EX);
    KeyObject keys = read_keys();
    if (keys.erase(WipedText(engine)) == 0) {
        return false;
    }
    write_keys(keys);
    return true;
}

} // namespace kontext::ui
