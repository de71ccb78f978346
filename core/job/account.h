#pragma once

#include "core/engine/registry.h"
#include "core/store/journal.h"
#include "core/store/secret_store.h"
#include "core/store/settings.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace kontext {

// What edits at a service need of the person's machine. Plain values, so that every job can have its own
// copy; the key store is made on the thread that asks it, when it is needed.
struct Account {
    std::function<std::unique_ptr<SecretStore>()> open_keys;
    std::map<std::string, EngineSettings> engine_settings; // by engine id
    std::filesystem::path journal_folder;                  // of the journal
    std::string command; // one name for all edits of one command; see Ceilings
    Ceilings ceilings;
    // What a picture of a model without a price counts as; none: it is refused where there is a ceiling.
    std::optional<double> unknown_usd;
};

// The state folder's journal, where nothing is made before something is written into it; the month's ceiling
// is KONTEXT_MONTHLY_USD, else the settings' one. Throws Error(bad_settings) where the variable holds no
// amount.
Account make_account(const Settings& settings, std::function<std::unique_ptr<SecretStore>()> open_keys);

// An engine that is ready to run: with its address, and its key from the environment or the key store. Throws
// Error(engine_not_ready) where it needs a key and there is none. `log` may be null for what costs nothing;
// it outlives the engine. May block while the person unlocks the key store.
std::unique_ptr<Engine> make_engine(const EngineInfo& info, const Model& model, const EditRequest& request,
                                    const Account& account, PredictionLog* log = nullptr,
                                    std::optional<std::chrono::milliseconds> typical_run = {});

} // namespace kontext
