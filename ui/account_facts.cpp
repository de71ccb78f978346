#include "ui/account_facts.h"

#include "core/error.h"
#include "core/job/recover.h"

#include <cstdlib>
#include <string>

namespace kontext::ui {

KeyState look_for_key(const EngineInfo& engine, const Account& account) {
    try {
        // The key store is not asked where the environment has a key: it might want a password.
        const std::string variable(engine.key_variable);
        if (const char* key = std::getenv(variable.c_str()); key != nullptr && *key != '\0') {
            return KeyState::there;
        }
        const FoundKey found = find_key(engine.id, variable, *account.open_keys());
        return found.source == KeySource::none ? KeyState::missing : KeyState::there;
    } catch (const Error&) {
        return KeyState::unreadable;
    }
}

Spending read_spending(const Account& account) {
    return {.ceiling_usd = account.ceilings.month_usd,
            .spent_usd = Journal(account.journal_folder).spent_this_month_usd(),
            .unknown_usd = account.unknown_usd};
}

Waiting count_waiting(const Account& account) {
    Waiting waiting;
    for (const UndeliveredEdit& edit : list_undelivered(account)) {
        const PredictionState state = edit.prediction.state;
        const bool ready = state == PredictionState::running || state == PredictionState::downloaded;
        ++(ready ? waiting.ready : waiting.unclear);
    }
    return waiting;
}

} // namespace kontext::ui
