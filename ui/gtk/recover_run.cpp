#include "ui/gtk/recover_run.h"

#include <utility>

namespace kontext::ui {

namespace {

// Turns what a call on the main thread throws into an outcome.
Error current_error() {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& failure) {
        return Error(ErrorCode::internal, failure.what());
    }
}

} // namespace

RecoverRun::RecoverRun(UndeliveredEdit edit, Account account, const RecoverHooks& hooks, Callbacks callbacks)
    : account_(std::move(account)), hooks_(hooks), callbacks_(std::move(callbacks)) {
    const ProgressSink progress = [post = background_.poster(), show = callbacks_.on_progress](
                                      const Progress& step) { post([show, step] { show(step); }); };
    call_ =
        background_.start([edit = std::move(edit), account = account_, progress](
                              const std::stop_token& stop) { return recover(edit, account, progress, stop); },
                          [this](Finished<std::optional<RecoveredEdit>> finished) {
                              if (const auto* error = std::get_if<Error>(&finished)) {
                                  finish(*error);
                              } else if (auto* found = std::get_if<std::optional<RecoveredEdit>>(&finished);
                                         found == nullptr || cancelled_) {
                                  finish(Cancelled());
                              } else if (!*found) {
                                  finish(Result());
                              } else {
                                  recovered_ = std::make_shared<RecoveredEdit>(std::move(**found));
                                  recovered_->written.empty() ? read_layer() : insert({});
                              }
                          });
}

void RecoverRun::cancel() {
    cancelled_ = true;
    background_.cancel(call_);
}

void RecoverRun::read_layer() {
    callbacks_.on_progress({.stage = Stage::preparing, .fraction = {}});
    try {
        reader_ = hooks_.open_layer(Region::layer); // what was selected then is kept, see KeptMasks
    } catch (const Error&) {
        reader_.reset(); // a layer that cannot be edited is not where it belongs
    }
    if (!reader_) {
        insert({});
        return;
    }
    reading_ = RepeatedCall::when_idle([this] { return read_some(); });
}

bool RecoverRun::read_some() {
    if (cancelled_) {
        finish(Cancelled());
        return false;
    }
    try {
        if (reader_->read_some() < 1) {
            return true;
        }
        place(std::make_shared<const LayerSource>(reader_->take()));
    } catch (const std::exception&) {
        finish(current_error());
    }
    return false;
}

void RecoverRun::place(std::shared_ptr<const LayerSource> source) {
    callbacks_.on_progress({.stage = Stage::fitting, .fraction = {}});
    call_ =
        background_.start([edit = recovered_, source = std::move(source)](
                              const std::stop_token& stop) { return place_recovered(*edit, *source, stop); },
                          [this](Finished<std::optional<EditedLayer>> finished) {
                              if (const auto* error = std::get_if<Error>(&finished)) {
                                  finish(*error);
                              } else if (auto* layer = std::get_if<std::optional<EditedLayer>>(&finished);
                                         layer == nullptr || cancelled_) {
                                  finish(Cancelled());
                              } else {
                                  insert(std::move(*layer));
                              }
                          });
}

void RecoverRun::insert(std::optional<EditedLayer> layer) {
    try {
        finish(Result(hooks_.insert(*recovered_, std::move(layer))));
    } catch (const std::exception&) {
        finish(current_error());
    }
}

void RecoverRun::finish(Finished<Result> finished) {
    reader_.reset();
    recovered_.reset(); // what was not confirmed can be claimed again
    const auto on_finished = std::move(callbacks_.on_finished);
    on_finished(std::move(finished));
}

} // namespace kontext::ui
