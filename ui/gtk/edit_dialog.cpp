#include "ui/gtk/edit_dialog.h"

#include "ui/gtk/account_watch.h"
#include "ui/gtk/edit_form.h"
#include "ui/gtk/edit_run.h"
#include "ui/gtk/error_bar.h"
#include "ui/gtk/notice_bar.h"
#include "ui/gtk/run_status.h"
#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

#include <utility>

namespace kontext::ui {

namespace {

constexpr int default_width = 540;

enum class State {
    ready,
    running,
    cancelling, // told to stop, not yet done
    inserting,  // past the point where it could be stopped
};

// An error of ours as it is; anything else that a hook lets out is a bug.
Error as_error(const std::exception& failure) {
    const auto* error = dynamic_cast<const Error*>(&failure);
    return error != nullptr ? *error : Error(ErrorCode::internal, failure.what());
}

class EditDialog {
public:
    EditDialog(const LayerSummary& layer, const EditRequest& initial, std::vector<Model> models,
               const EditDialogHooks& hooks, std::span<const EngineInfo* const> engines)
        : hooks_(hooks), model_(layer, initial, std::move(models), engines),
          form_(model_, [this] { note_change(); }), window_(gtk_dialog_new()),
          waiting_(gtk_dialog_get_content_area(GTK_DIALOG(window_)), _("S_how"),
                   [this] { open_later(&EditDialog::open_recovery); }),
          errors_(gtk_dialog_get_content_area(GTK_DIALOG(window_))),
          loop_(g_main_loop_new(nullptr, FALSE), g_main_loop_unref),
          account_(model_, hooks_.make_account, [this] { show_account(); }) {
        take_engine_options();
        build();
        connect();
    }
    EditDialog(const EditDialog&) = delete;
    EditDialog& operator=(const EditDialog&) = delete;
    ~EditDialog() { gtk_widget_destroy(window_); }

    std::optional<EditRequest> run() {
        hooks_.adopt(GTK_WINDOW(window_));
        form_.prompt().select_all();
        gtk_widget_grab_focus(form_.prompt().text_view());
        gtk_widget_show(window_);
        look_ = RepeatedCall::when_idle([this] { // first the window, then what may be slow
            account_.look();
            return false;
        });
        g_main_loop_run(loop_.get());
        gtk_widget_hide(window_); // what still looks things up may take a moment to end
        return inserted_;
    }

private:
    void build();
    GtkWidget* build_buttons();
    void connect();
    bool handle_key(const GdkEventKey& key);
    void refresh_button();
    void refresh_selection();
    void note_change();
    void take_engine_options();
    void show_account();
    void open_later(void (EditDialog::*open)());
    void open_settings();
    void open_recovery();

    void enter(State state);
    void start();
    void cancel();
    void close();
    void finish(Outcome outcome);
    void insert(EditResult result);
    void fail(const Error& error);
    void quit() { g_main_loop_quit(loop_.get()); }

    const EditDialogHooks& hooks_;
    EditModel model_;
    EditForm form_;
    GtkWidget* window_;
    NoticeBar waiting_;
    ErrorBar errors_;
    RunStatus status_;
    GtkWidget* cancel_button_ = nullptr;
    GtkWidget* edit_button_ = nullptr;
    std::unique_ptr<GMainLoop, decltype(&g_main_loop_unref)> loop_;

    State state_ = State::ready;
    bool closed_ = false; // by the person, while an edit goes on
    EditRequest running_request_;
    std::unique_ptr<EditRun> run_;
    RepeatedCall inserting_;
    std::optional<EditRequest> inserted_;
    RepeatedCall look_;
    RepeatedCall opening_;
    AccountWatch account_; // last: it ends before what it tells
};

void EditDialog::build() {
    gtk_window_set_title(GTK_WINDOW(window_), _("Edit by Prompt"));
    gtk_window_set_role(GTK_WINDOW(window_), "kontext-edit");
    gtk_window_set_default_size(GTK_WINDOW(window_), default_width, -1);

    GtkWidget* outer = gtk_dialog_get_content_area(GTK_DIALOG(window_));
    gtk_container_set_border_width(GTK_CONTAINER(outer), 0);
    gtk_box_set_spacing(GTK_BOX(outer), 0);
    GtkWidget* content = gtk_box_new(GTK_ORIENTATION_VERTICAL, group_gap);
    gtk_container_set_border_width(GTK_CONTAINER(content), wide_gap);
    gtk_box_pack_start(GTK_BOX(content), form_.widget(), TRUE, TRUE, 0);
    gtk_container_add(GTK_CONTAINER(content), build_buttons());
    gtk_box_pack_start(GTK_BOX(outer), content, TRUE, TRUE, 0);
    gtk_widget_show(content);
    refresh_button();
}

GtkWidget* EditDialog::build_buttons() {
    cancel_button_ = gtk_button_new_with_mnemonic(_("_Cancel"));
    edit_button_ = gtk_button_new_with_mnemonic(_("_Edit"));
    gtk_style_context_add_class(gtk_widget_get_style_context(edit_button_), GTK_STYLE_CLASS_SUGGESTED_ACTION);
    gtk_widget_set_can_default(edit_button_, TRUE);
    GtkWidget* buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, gap);
    gtk_box_set_homogeneous(GTK_BOX(buttons), TRUE);
    gtk_widget_set_valign(buttons, GTK_ALIGN_CENTER);
    gtk_container_add(GTK_CONTAINER(buttons), cancel_button_);
    gtk_container_add(GTK_CONTAINER(buttons), edit_button_);

    GtkWidget* row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, wide_gap);
    gtk_container_add(GTK_CONTAINER(row), status_.widget());
    gtk_container_add(GTK_CONTAINER(row), buttons);
    gtk_widget_show_all(row);
    return row;
}

void EditDialog::connect() {
    gtk_window_set_default(GTK_WINDOW(window_), edit_button_);
    on_signal(edit_button_, "clicked", [this] { start(); });
    if (hooks_.open_settings) {
        form_.terms().on_settings([this] { open_later(&EditDialog::open_settings); });
        form_.terms().refresh();
    }
    on_signal(cancel_button_, "clicked", [this] { state_ == State::ready ? close() : cancel(); });
    on_event(window_, "key-press-event", [this](GdkEvent* event) { return handle_key(event->key); });
    on_event(window_, "delete-event", [this](GdkEvent*) {
        close();
        return true;
    });
    on_event(window_, "focus-in-event", [this](GdkEvent*) {
        refresh_selection();
        return false;
    });
}

bool EditDialog::handle_key(const GdkEventKey& key) {
    const guint modifiers = key.state & gtk_accelerator_get_default_mod_mask();
    const bool enter_key =
        key.keyval == GDK_KEY_Return || key.keyval == GDK_KEY_KP_Enter || key.keyval == GDK_KEY_ISO_Enter;
    if (enter_key && modifiers == GDK_CONTROL_MASK) {
        start();
        return true;
    }
    if (key.keyval == GDK_KEY_Escape && modifiers == 0 && !form_.prompt().is_composing()) {
        state_ == State::ready ? close() : cancel();
        return true;
    }
    if (gdk_keyval_to_lower(key.keyval) == GDK_KEY_w && modifiers == GDK_CONTROL_MASK) {
        close();
        return true;
    }
    return false;
}

void EditDialog::refresh_button() {
    if (edit_button_ == nullptr) {
        return; // the form reports its first values while it is built
    }
    const std::string why_not = model_.why_not_runnable();
    if (state_ == State::ready) {
        set_usable(edit_button_, why_not.c_str(), _("Run this edit (Ctrl+Enter)"));
    } else {
        gtk_widget_set_sensitive(edit_button_, FALSE);
        gtk_widget_set_tooltip_text(edit_button_, nullptr);
    }
}

// The selection may have been changed in the image meanwhile.
void EditDialog::refresh_selection() {
    if (hooks_.has_selection && state_ == State::ready) {
        model_.set_has_selection(hooks_.has_selection());
        form_.refresh();
    }
}

void EditDialog::note_change() {
    refresh_button();
    if (cancel_button_ != nullptr) { // not while the form is built
        account_.look_at_key();      // the engine may be another one
    }
}

void EditDialog::take_engine_options() {
    if (hooks_.engine_options) {
        model_.set_engine_options(hooks_.engine_options());
    }
    if (hooks_.engine_settings) {
        model_.set_engine_settings(hooks_.engine_settings());
    }
}

void EditDialog::show_account() {
    form_.terms().refresh();
    refresh_button();
    const Waiting& waiting = account_.waiting();
    std::string text;
    if (waiting.ready > 0) {
        text = translate_plural("A picture you paid for is ready.", "Pictures you paid for are ready.",
                                waiting.ready);
    } else if (waiting.unclear > 0) {
        text = _("An earlier edit did not finish; it may have been paid for.");
    }
    waiting_.show(hooks_.open_recovery ? text : std::string());
}

// Not from within the click: a screen reader's click would wait until the other window is closed.
void EditDialog::open_later(void (EditDialog::*open)()) {
    opening_ = RepeatedCall::when_idle([this, open] {
        (this->*open)();
        return false;
    });
}

void EditDialog::open_settings() {
    const bool for_ceiling = model_.obstacle().kind == Obstacle::Kind::ceiling;
    hooks_.open_settings(GTK_WINDOW(window_), for_ceiling ? std::string_view() : model_.engine().id);
    take_engine_options();
    form_.terms().refresh();
    account_.look();
}

void EditDialog::open_recovery() {
    hooks_.open_recovery(GTK_WINDOW(window_));
    account_.look();
}

void EditDialog::enter(State state) {
    state_ = state;
    form_.set_editable(state == State::ready);
    gtk_widget_set_sensitive(cancel_button_, state == State::ready || state == State::running);
    refresh_button();
    if (state == State::ready) {
        status_.stop();
        gtk_widget_grab_focus(form_.prompt().text_view());
    } else if (state == State::running) {
        gtk_widget_grab_focus(cancel_button_);
    }
}

void EditDialog::start() {
    if (state_ != State::ready || !model_.why_not_runnable().empty()) {
        return;
    }
    errors_.hide();
    try {
        refresh_selection();
        running_request_ = model_.request();
        auto reader = hooks_.open_layer(running_request_.region);
        run_ = std::make_unique<EditRun>(
            running_request_, std::move(reader), model_.engine(), model_.model(),
            hooks_.make_account ? hooks_.make_account() : Account{},
            EditJob::Callbacks{.on_progress =
                                   [this](const Progress& progress) {
                                       if (state_ == State::running) {
                                           status_.show(progress);
                                       }
                                   },
                               .on_finished = [this](Outcome outcome) { finish(std::move(outcome)); }});
    } catch (const std::exception& failure) {
        fail(as_error(failure));
        return;
    }
    form_.prompt().put_cursor_at_end(); // a prompt that failed is changed, not replaced
    status_.start();
    enter(State::running);
}

void EditDialog::cancel() {
    if (state_ == State::running) {
        enter(State::cancelling);
        status_.show_step(_("Cancelling…"));
        run_->cancel();
    }
}

void EditDialog::close() {
    if (state_ == State::ready) {
        quit();
    } else {
        closed_ = true;
        gtk_widget_hide(window_);
    }
}

void EditDialog::finish(Outcome outcome) {
    const bool wanted = state_ == State::running;
    if (const auto* error = std::get_if<Error>(&outcome); error != nullptr && wanted) {
        fail(*error);
    } else if (auto* result = std::get_if<EditResult>(&outcome); result != nullptr && wanted) {
        enter(State::inserting);
        status_.show_step(_("Adding the layer…"));
        // Later, so that the line above is drawn before the main thread is busy.
        inserting_ = RepeatedCall::when_idle([this, kept = std::make_shared<EditResult>(std::move(*result))] {
            insert(std::move(*kept));
            return false;
        });
    } else {
        enter(State::ready);
        gtk_button_set_label(GTK_BUTTON(edit_button_), _("_Edit"));
        if (closed_) {
            quit();
        }
    }
}

void EditDialog::insert(EditResult result) {
    try {
        hooks_.insert(std::move(result));
        inserted_ = running_request_;
        quit();
    } catch (const std::exception& failure) {
        fail(as_error(failure));
    }
}

// The prompt stays as it was, so that it can be changed and tried again.
void EditDialog::fail(const Error& error) {
    enter(State::ready);
    gtk_button_set_label(GTK_BUTTON(edit_button_), _("_Try Again"));
    if (closed_) {
        hooks_.show_error(error);
        quit();
    } else {
        errors_.show(error);
        form_.clear_hint(); // it would say the same again
    }
}

} // namespace

std::optional<EditRequest> run_edit_dialog(const LayerSummary& layer, const EditRequest& initial,
                                           std::vector<Model> models, const EditDialogHooks& hooks,
                                           std::span<const EngineInfo* const> engines) {
    EditDialog dialog(layer, initial, std::move(models), hooks, engines);
    return dialog.run();
}

} // namespace kontext::ui
