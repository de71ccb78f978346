#include "ui/gtk/account_watch.h"

#include <utility>

namespace kontext::ui {

AccountWatch::AccountWatch(EditModel& model, std::function<Account()> make_account,
                           std::function<void()> on_news)
    : model_(model), make_account_(std::move(make_account)), news_(std::move(on_news)) {}

// What cannot be found out is not said: starting the edit tells why.
void AccountWatch::look() {
    looked_at_.clear();
    if (!make_account_) {
        return;
    }
    const Account account = make_account_();
    background_.start([account](const std::stop_token&) { return read_spending(account); },
                      [this](const Finished<Spending>& finished) {
                          if (const auto* spending = std::get_if<Spending>(&finished)) {
                              model_.set_spending(*spending);
                              news_();
                          }
                      });
    background_.start([account](const std::stop_token&) { return count_waiting(account); },
                      [this](const Finished<Waiting>& finished) {
                          if (const auto* waiting = std::get_if<Waiting>(&finished)) {
                              waiting_ = *waiting;
                              news_();
                          }
                      });
    look_at_key();
}

void AccountWatch::look_at_key() {
    const EngineInfo& engine = model_.engine();
    if (!make_account_ || !engine.needs_key || !looked_at_.insert(std::string(engine.id)).second) {
        return;
    }
    background_.start([&engine, account = make_account_()](
                          const std::stop_token&) { return look_for_key(engine, account); },
                      [this, &engine](const Finished<KeyState>& finished) {
                          if (const auto* state = std::get_if<KeyState>(&finished)) {
                              model_.set_key_state(engine.id, *state);
                              news_();
                          }
                      });
}

} // namespace kontext::ui
