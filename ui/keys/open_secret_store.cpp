#include "ui/keys/open_secret_store.h"

#include "core/error.h"
#include "core/store/settings.h"
#include "ui/keys/key_file.h"
#include "ui/keys/secret_service.h"

namespace kontext::ui {

namespace {

// The file is used with the person's consent alone, given once and for all.
bool is_file_allowed() {
    return load_settings().keys_in_file;
}

std::optional<SecretText> read_file_if_allowed(std::string_view engine) {
    return is_file_allowed() ? read_key_from_file(engine) : std::nullopt;
}

class SystemStore final : public SecretStore {
public:
    std::optional<SecretText> read(std::string_view engine) override {
        ServiceAnswer answer = read_from_service(engine);
        if (answer.key) {
            return std::move(answer.key);
        }
        if (!answer.missing.empty() && !is_file_allowed()) {
            throw Error(ErrorCode::engine_not_ready, answer.missing);
        }
        return read_file_if_allowed(engine);
    }

    void write(std::string_view engine, const SecretText& key) override {
        const ServiceAnswer answer = write_to_service(engine, key);
        if (answer.missing.empty()) {
            clear_key_in_file(engine);
        } else if (is_file_allowed()) {
            write_key_to_file(engine, key);
        } else {
            throw Error(ErrorCode::cannot_write, answer.missing);
        }
    }

    void clear(std::string_view engine) override {
        // The file first, and without consent too: it may have been given when the key was written.
        const bool was_in_file = clear_key_in_file(engine);
        const ServiceAnswer answer = clear_in_service(engine);
        if (!answer.missing.empty() && !was_in_file && !is_file_allowed()) {
            throw Error(ErrorCode::engine_not_ready, answer.missing);
        }
    }
};

} // namespace

std::unique_ptr<SecretStore> open_secret_store() {
    return std::make_unique<SystemStore>();
}

KeyWhereabouts locate_key(std::string_view engine) {
    const ServiceAnswer answer = read_from_service(engine);
    if (answer.key) {
        return {KeyPlace::key_store, {}};
    }
    return {read_file_if_allowed(engine) ? KeyPlace::file : KeyPlace::none, answer.missing};
}

} // namespace kontext::ui
