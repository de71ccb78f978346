#pragma once

#include "core/engine/registry.h"
#include "core/job/account.h"
#include "ui/edit_model.h"
#include "ui/settings_model.h"

#include <cstddef>

namespace kontext::ui {

// What of the person's account the dialogs show. All of it blocks, on a key store or a disk: call it on a
// worker thread.

KeyState look_for_key(const EngineInfo& engine, const Account& account);

// Throws as Journal does.
Spending read_spending(const Account& account);

// Edits that were paid for, or may have been, and that the person does not have.
struct Waiting {
    std::size_t ready = 0;   // the service has taken them, or they are here
    std::size_t unclear = 0; // it is not known whether the service took them
};
Waiting count_waiting(const Account& account); // throws as Journal does

} // namespace kontext::ui
