#include "ui/gtk/edit_run.h"

#include <utility>

namespace kontext::ui {

EditRun::EditRun(EditRequest request, std::unique_ptr<LayerReader> reader, const EngineInfo& engine,
                 Model model, Account account, EditJob::Callbacks callbacks)
    : request_(std::move(request)), reader_(std::move(reader)), engine_(engine), model_(std::move(model)),
      account_(std::move(account)), callbacks_(std::move(callbacks)),
      reading_(RepeatedCall::when_idle([this] { return read_some(); })) {}

void EditRun::cancel() {
    cancelled_ = true;
    if (job_) {
        job_->cancel();
    }
}

bool EditRun::read_some() try {
    if (cancelled_) {
        reader_.reset();
        callbacks_.on_finished(Cancelled());
        return false;
    }
    const double share = reader_->read_some();
    callbacks_.on_progress({.stage = Stage::preparing, .fraction = share});
    if (share < 1) {
        return true;
    }
    start_job(reader_->take());
    reader_.reset();
    return false;
} catch (const Error& error) {
    reader_.reset();
    callbacks_.on_finished(error);
    return false;
} catch (const std::exception& failure) {
    reader_.reset();
    callbacks_.on_finished(Error(ErrorCode::internal, failure.what()));
    return false;
}

void EditRun::start_job(LayerSource source) {
    job_.emplace(std::move(request_), std::move(source), engine_, std::move(model_), std::move(account_),
                 post_to_main, callbacks_);
}

} // namespace kontext::ui
