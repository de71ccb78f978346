#include "core/engine/registry.h"
#include "core/error.h"
#include "core/paths.h"
#include "core/store/settings.h"
#include "ui/cli/commands.h"
#include "ui/cli/read_secret.h"
#include "ui/cli/stop_on_signal.h"
#include "ui/keys/open_secret_store.h"

#include <cstdio>
#include <iostream>

namespace kontext::cli {

namespace {

// The environment's variable with an engine's key. Throws Error(invalid_argument), without quoting what was
// typed, which may be a key: for engines that take none, and for what is no engine.
std::string key_variable_of(const std::string& engine) {
    std::string ids;
    for (const EngineInfo* info : engines()) {
        if (info->id == engine && !info->needs_key) {
            throw Error(ErrorCode::invalid_argument, "The engine " + engine + " needs no key.");
        }
        if (info->id == engine) {
            return std::string(info->key_variable);
        }
        if (info->needs_key) {
            ids += (ids.empty() ? "" : ", ") + std::string(info->id);
        }
    }
    throw Error(ErrorCode::invalid_argument, "There is no such engine. A key can be set for: " + ids + ".");
}

std::string describe_place(ui::KeyPlace place) {
    switch (place) {
    case ui::KeyPlace::none: return "none";
    case ui::KeyPlace::key_store: return "key store";
    case ui::KeyPlace::file: return "file " + (config_dir() / "keys.json").string();
    }
    return {};
}

// Before anybody has typed a key that there is no place for.
void require_place(const std::string& engine) {
    if (load_settings().keys_in_file) {
        return;
    }
    if (const ui::KeyWhereabouts where = ui::locate_key(engine); !where.missing_store.empty()) {
        throw Error(
            ErrorCode::engine_not_ready,
            where.missing_store +
                " Keys can be kept in a file instead that only you can read, but that is not encrypted. "
                "If that is what you want: kontext key set --in-file " +
                engine);
    }
}

void allow_file() {
    Settings settings = load_settings();
    if (!settings.keys_in_file) {
        settings.keys_in_file = true;
        save_settings(settings);
    }
}

SecretText ask_for_key(const std::string& engine, bool in_file) {
    // Before anything that starts threads, see StopOnSignal; the key store's library does.
    const StopOnSignal stop;
    if (in_file) {
        allow_file();
    }
    require_place(engine);
    const SecretText typed = read_secret("Key for " + engine + " (it is not shown): ", stop.token());
    std::optional<SecretText> key = clean_key(typed.reveal());
    if (!key) {
        throw Error(ErrorCode::invalid_argument,
                    "A key has no line breaks or other control characters in it.");
    }
    if (key->empty()) {
        throw Error(ErrorCode::invalid_argument, "No key was given.");
    }
    return std::move(*key);
}

void warn_of_variable(const std::string& variable) {
    if (std::getenv(variable.c_str()) != nullptr) {
        std::fprintf(stderr, "%s is set in the environment, and is what counts.\n", variable.c_str());
    }
}

} // namespace

void run_key_command(const KeyArguments& arguments) {
    if (!arguments.leftover.empty()) {
        throw Error(
            ErrorCode::invalid_argument,
            "There is more on the command line than belongs there. A key never does, as every program "
            "can see it there: it is read from standard input or the terminal.");
    }
    const std::string& engine = arguments.engine;
    const std::string variable = key_variable_of(engine);
    switch (arguments.action) {
    case KeyAction::set: {
        const SecretText key = ask_for_key(engine, arguments.in_file);
        ui::open_secret_store()->write(engine, key);
        std::fprintf(stderr, "The key for %s is kept: %s\n", engine.c_str(),
                     describe_place(ui::locate_key(engine).place).c_str());
        warn_of_variable(variable);
        return;
    }
    case KeyAction::clear:
        ui::open_secret_store()->clear(engine);
        std::fprintf(stderr, "No key for %s is kept.\n", engine.c_str());
        warn_of_variable(variable);
        return;
    case KeyAction::status: {
        if (read_key_variable(variable)) {
            std::cout << "environment " << variable << '\n';
            return;
        }
        const ui::KeyWhereabouts where = ui::locate_key(engine);
        std::cout << describe_place(where.place) << '\n';
        if (!where.missing_store.empty()) {
            std::fprintf(stderr, "%s\n", where.missing_store.c_str());
        }
        return;
    }
    }
}

} // namespace kontext::cli
