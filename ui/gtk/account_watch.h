#pragma once

#include "ui/account_facts.h"
#include "ui/edit_model.h"
#include "ui/gtk/background.h"

#include <functional>
#include <set>
#include <string>

namespace kontext::ui {

// Finds out, without holding up the window, whether the chosen engine has its key, what may still be spent,
// and whether something that was paid for is waiting, and tells the edit dialog's model. Main thread.
class AccountWatch {
public:
    // `on_news` after the model was told something.
    AccountWatch(EditModel& model, std::function<Account()> make_account, std::function<void()> on_news);

    void look();        // at everything, again
    void look_at_key(); // of the chosen engine, unless that was done
    const Waiting& waiting() const { return waiting_; }

private:
    EditModel& model_;
    std::function<Account()> make_account_;
    std::function<void()> news_;
    std::set<std::string> looked_at_; // engines
    Waiting waiting_;
    Background background_; // last: it ends before what its calls work with
};

} // namespace kontext::ui
