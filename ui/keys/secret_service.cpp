#include "ui/keys/secret_service.h"

#include "core/error.h"

#include <memory>

#include <libsecret/secret.h>

namespace kontext::ui {

namespace {

// Its name and attribute are what stored keys are found by: never change them.
const SecretSchema schema = {
    "org.gimp.GIMP.Plugin.Kontext",
    SECRET_SCHEMA_NONE,
    {{"engine", SECRET_SCHEMA_ATTRIBUTE_STRING}, {nullptr, SECRET_SCHEMA_ATTRIBUTE_STRING}},
    0,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

void free_error(GError* error) {
    g_error_free(error);
}

void free_value(void* value) {
    secret_value_unref(value); // wipes it, in memory that is never swapped out
}

// Takes over what a call of libsecret leaves behind when it fails.
class Failure {
public:
    explicit Failure(GError* error) : error_(error, free_error) {}

    explicit operator bool() const { return error_ != nullptr; }

    // Nobody is there to ask, as opposed to somebody who refuses, fails or was sent away by the person.
    bool is_missing_service() const {
        const GError* error = error_.get();
        return error->domain != SECRET_ERROR && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
               !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) &&
               !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT) &&
               !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMED_OUT) &&
               !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY);
    }

    std::string message() const { return error_->message; }

private:
    std::unique_ptr<GError, void (*)(GError*)> error_;
};

ServiceAnswer answer_for(const Failure& failure, ErrorCode code) {
    if (!failure) {
        return {};
    }
    if (failure.is_missing_service()) {
        return {.missing = "The system has no key store that can be reached (" + failure.message() + ")."};
    }
    throw Error(code, "The system's key store does not answer as it should: " + failure.message() + ".");
}

} // namespace

ServiceAnswer read_from_service(std::string_view engine) {
    GError* error = nullptr;
    const std::unique_ptr<SecretValue, void (*)(void*)> value(
        secret_password_lookup_binary_sync(&schema, nullptr, &error, "engine", std::string(engine).c_str(),
                                           nullptr),
        free_value);
    ServiceAnswer answer = answer_for(Failure(error), ErrorCode::engine_not_ready);
    if (value) {
        gsize size = 0;
        const gchar* text = secret_value_get(value.get(), &size);
        answer.key = SecretText({text, size});
    }
    return answer;
}

ServiceAnswer write_to_service(std::string_view engine, const SecretText& key) {
    const std::string name(engine);
    const std::string label = "Kontext for GIMP: " + name; // as key store programs list it
    const std::unique_ptr<SecretValue, void (*)(void*)> value(
        secret_value_new(key.reveal().data(), static_cast<gssize>(key.reveal().size()), "text/plain"),
        free_value);
    GError* error = nullptr;
    secret_password_store_binary_sync(&schema, SECRET_COLLECTION_DEFAULT, label.c_str(), value.get(), nullptr,
                                      &error, "engine", name.c_str(), nullptr);
    return answer_for(Failure(error), ErrorCode::cannot_write);
}

ServiceAnswer clear_in_service(std::string_view engine) {
    GError* error = nullptr;
    secret_password_clear_sync(&schema, nullptr, &error, "engine", std::string(engine).c_str(), nullptr);
    return answer_for(Failure(error), ErrorCode::cannot_write);
}

} // namespace kontext::ui
