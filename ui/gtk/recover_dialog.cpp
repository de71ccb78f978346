#include "ui/gtk/recover_dialog.h"

#include "ui/gtk/error_bar.h"
#include "ui/gtk/recover_row.h"
#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace kontext::ui {

namespace {

constexpr int default_width = 700;
constexpr int default_height = 420;

class RecoverDialog {
public:
    explicit RecoverDialog(const RecoverDialogHooks& hooks)
        : hooks_(hooks), window_(gtk_dialog_new()), errors_(gtk_dialog_get_content_area(GTK_DIALOG(window_))),
          loop_(g_main_loop_new(nullptr, FALSE), g_main_loop_unref) {
        build();
        connect();
    }
    RecoverDialog(const RecoverDialog&) = delete;
    RecoverDialog& operator=(const RecoverDialog&) = delete;
    ~RecoverDialog() {
        run_.reset(); // before what it tells
        gtk_widget_destroy(window_);
    }

    int run() {
        hooks_.adopt(GTK_WINDOW(window_));
        gtk_widget_show(window_);
        look();
        g_main_loop_run(loop_.get());
        return inserted_;
    }

private:
    struct Item {
        UndeliveredEdit edit;
        std::unique_ptr<RecoverRow> row;
        bool done = false;
    };

    void build();
    GtkWidget* build_list();
    GtkWidget* build_buttons();
    void connect();
    void look();
    void show_list(std::vector<UndeliveredEdit> edits);
    void refresh();

    void insert(Item* item);
    void insert_all();
    void start_next();
    void finish(Item* item, Finished<RecoverRun::Result> finished);
    void cancel(Item* item);
    void ask_later(Item* item);
    void ask_to_dismiss(Item* item);
    void dismiss(Item* item);
    void remove(Item* item);
    void close();

    const RecoverDialogHooks& hooks_;
    GtkWidget* window_;
    ErrorBar errors_;
    GtkWidget* stack_ = nullptr;
    GtkWidget* list_ = nullptr;
    GtkWidget* insert_all_ = nullptr;
    GtkWidget* close_ = nullptr;
    std::unique_ptr<GMainLoop, decltype(&g_main_loop_unref)> loop_;
    std::vector<std::unique_ptr<Item>> items_;
    std::deque<Item*> queue_; // the first is running
    std::unique_ptr<RecoverRun> run_;
    RepeatedCall next_;
    RepeatedCall asking_;
    int inserted_ = 0;
    Background background_; // last: it ends before what its calls work with
};

void RecoverDialog::build() {
    gtk_window_set_title(GTK_WINDOW(window_), _("Recover Paid Results"));
    gtk_window_set_role(GTK_WINDOW(window_), "kontext-recover");
    gtk_window_set_default_size(GTK_WINDOW(window_), default_width, default_height);
    GtkWidget* outer = gtk_dialog_get_content_area(GTK_DIALOG(window_));
    gtk_container_set_border_width(GTK_CONTAINER(outer), 0);
    gtk_box_set_spacing(GTK_BOX(outer), 0);

    stack_ = gtk_stack_new();
    GtkWidget* spinner = gtk_spinner_new();
    gtk_spinner_start(GTK_SPINNER(spinner));
    set_accessible_name(spinner, _("Looking for what is waiting"));
    gtk_stack_add_named(GTK_STACK(stack_), spinner, "looking");
    GtkWidget* nothing = gtk_label_new(_("Nothing is waiting."));
    gtk_style_context_add_class(gtk_widget_get_style_context(nothing), GTK_STYLE_CLASS_DIM_LABEL);
    gtk_stack_add_named(GTK_STACK(stack_), nothing, "nothing");
    gtk_stack_add_named(GTK_STACK(stack_), build_list(), "list");
    gtk_box_pack_start(GTK_BOX(outer), stack_, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(outer), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL), FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(outer), build_buttons(), FALSE, FALSE, 0);
    gtk_widget_show_all(outer);
    refresh();
}

GtkWidget* RecoverDialog::build_list() {
    list_ = gtk_list_box_new();
    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list_), GTK_SELECTION_NONE);
    set_accessible_name(list_, _("What is waiting"));
    const auto separate = [](GtkListBoxRow* row, GtkListBoxRow* before, gpointer) noexcept {
        if (before != nullptr && gtk_list_box_row_get_header(row) == nullptr) {
            GtkWidget* line = gtk_separator_new(GTK_ORIENTATION_HORIZONTAL);
            gtk_widget_show(line);
            gtk_list_box_row_set_header(row, line);
        }
    };
    gtk_list_box_set_header_func(GTK_LIST_BOX(list_), separate, nullptr, nullptr);
    GtkWidget* scrolled = gtk_scrolled_window_new(nullptr, nullptr);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
    gtk_container_add(GTK_CONTAINER(scrolled), list_);
    return scrolled;
}

GtkWidget* RecoverDialog::build_buttons() {
    insert_all_ = gtk_button_new_with_mnemonic(_("Insert _All"));
    gtk_style_context_add_class(gtk_widget_get_style_context(insert_all_), GTK_STYLE_CLASS_SUGGESTED_ACTION);
    close_ = gtk_button_new_with_mnemonic(_("_Close"));
    GtkWidget* row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, gap);
    gtk_container_set_border_width(GTK_CONTAINER(row), wide_gap);
    gtk_box_pack_end(GTK_BOX(row), insert_all_, FALSE, FALSE, 0);
    gtk_box_pack_end(GTK_BOX(row), close_, FALSE, FALSE, 0);
    return row;
}

void RecoverDialog::connect() {
    on_signal(insert_all_, "clicked", [this] { insert_all(); });
    on_signal(close_, "clicked", [this] { close(); });
    on_event(window_, "delete-event", [this](GdkEvent*) {
        close();
        return true;
    });
    on_event(window_, "key-press-event", [this](GdkEvent* event) {
        const guint modifiers = event->key.state & gtk_accelerator_get_default_mod_mask();
        const bool escape = event->key.keyval == GDK_KEY_Escape && modifiers == 0;
        const bool ctrl_w =
            gdk_keyval_to_lower(event->key.keyval) == GDK_KEY_w && modifiers == GDK_CONTROL_MASK;
        if (escape || ctrl_w) {
            close();
        }
        return escape || ctrl_w;
    });
}

void RecoverDialog::look() {
    background_.start(
        [account = hooks_.make_account()](const std::stop_token&) { return list_undelivered(account); },
        [this](Finished<std::vector<UndeliveredEdit>> finished) {
            if (const auto* error = std::get_if<Error>(&finished)) {
                errors_.show(*error);
            }
            auto* edits = std::get_if<std::vector<UndeliveredEdit>>(&finished);
            show_list(edits != nullptr ? std::move(*edits) : std::vector<UndeliveredEdit>());
        });
}

void RecoverDialog::show_list(std::vector<UndeliveredEdit> edits) {
    const auto now = std::chrono::system_clock::now();
    for (UndeliveredEdit& edit : edits) {
        Item* item = items_.emplace_back(std::make_unique<Item>()).get();
        item->row =
            std::make_unique<RecoverRow>(describe_undelivered(edit, now),
                                         RecoverRow::Actions{.insert = [this, item] { insert(item); },
                                                             .cancel = [this, item] { cancel(item); },
                                                             .dismiss = [this, item] { ask_later(item); }});
        item->edit = std::move(edit);
        gtk_container_add(GTK_CONTAINER(list_), item->row->widget());
    }
    gtk_stack_set_visible_child_name(GTK_STACK(stack_), items_.empty() ? "nothing" : "list");
    refresh();
    gtk_widget_grab_focus(items_.empty() ? close_ : items_.front()->row->insert_button());
}

void RecoverDialog::refresh() {
    const auto open = std::ranges::count_if(items_, [&](const auto& item) {
        return !item->done && std::ranges::find(queue_, item.get()) == queue_.end();
    });
    gtk_widget_set_visible(insert_all_, items_.size() > 1);
    gtk_widget_set_sensitive(insert_all_, open > 0);
}

void RecoverDialog::insert(Item* item) {
    queue_.push_back(item);
    item->row->show_waiting();
    refresh();
    if (queue_.size() == 1) {
        start_next();
    }
}

void RecoverDialog::insert_all() {
    for (const auto& item : items_) {
        if (!item->done && std::ranges::find(queue_, item.get()) == queue_.end()) {
            insert(item.get());
        }
    }
}

void RecoverDialog::start_next() {
    run_.reset();
    if (queue_.empty()) {
        return;
    }
    Item* item = queue_.front();
    item->row->start();
    run_ = std::make_unique<RecoverRun>(
        item->edit, hooks_.make_account(), hooks_.editor,
        RecoverRun::Callbacks{
            .on_progress = [item](const Progress& progress) { item->row->show(progress); },
            .on_finished =
                [this, item](Finished<RecoverRun::Result> finished) { finish(item, std::move(finished)); }});
}

void RecoverDialog::finish(Item* item, Finished<RecoverRun::Result> finished) {
    queue_.pop_front();
    if (const auto* error = std::get_if<Error>(&finished)) {
        item->row->fail(error->what());
    } else if (const auto* result = std::get_if<RecoverRun::Result>(&finished)) {
        item->done = true;
        inserted_ += result->has_value() ? 1 : 0;
        item->row->finish(!result->has_value() ? _("Another window of GIMP is getting it.")
                          : (*result)->empty() ? _("Inserted as a new layer.")
                                               : (*result)->c_str());
    } else {
        item->row->stop();
    }
    refresh();
    next_ = RepeatedCall::when_idle([this] { // not from within the run that ends here
        start_next();
        return false;
    });
}

void RecoverDialog::cancel(Item* item) {
    if (!queue_.empty() && queue_.front() == item && run_) {
        run_->cancel();
    } else {
        std::erase(queue_, item);
        item->row->stop();
        refresh();
    }
}

// Not from within the click: a screen reader's click would wait for the answer.
void RecoverDialog::ask_later(Item* item) {
    asking_ = RepeatedCall::when_idle([this, item] {
        ask_to_dismiss(item);
        return false;
    });
}

void RecoverDialog::ask_to_dismiss(Item* item) {
    GtkWidget* question = gtk_message_dialog_new(GTK_WINDOW(window_), GTK_DIALOG_MODAL, GTK_MESSAGE_WARNING,
                                                 GTK_BUTTONS_NONE, "%s", _("Dismiss this picture?"));
    gtk_message_dialog_format_secondary_text(
        GTK_MESSAGE_DIALOG(question), "%s",
        fill_in(_("“{1}” may have been paid for. Once dismissed, it cannot be recovered any more."),
                {item->row->title()})
            .c_str());
    gtk_dialog_add_button(GTK_DIALOG(question), _("_Keep"), GTK_RESPONSE_CANCEL);
    GtkWidget* yes = gtk_dialog_add_button(GTK_DIALOG(question), _("_Dismiss"), GTK_RESPONSE_ACCEPT);
    gtk_style_context_add_class(gtk_widget_get_style_context(yes), GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
    gtk_dialog_set_default_response(GTK_DIALOG(question), GTK_RESPONSE_CANCEL);
    const int response = gtk_dialog_run(GTK_DIALOG(question));
    gtk_widget_destroy(question);
    if (response == GTK_RESPONSE_ACCEPT) {
        dismiss(item);
    }
}

void RecoverDialog::dismiss(Item* item) {
    background_.start(
        [edit = item->edit, account = hooks_.make_account()](const std::stop_token&) {
            kontext::dismiss(edit, account);
            return true;
        },
        [this, item](const Finished<bool>& finished) {
            if (const auto* error = std::get_if<Error>(&finished)) {
                item->row->fail(error->what());
            } else {
                remove(item);
            }
        });
}

void RecoverDialog::remove(Item* item) {
    item->done = true;
    gtk_widget_hide(item->row->widget());
    const bool all_gone = std::ranges::none_of(
        items_, [](const auto& other) { return gtk_widget_get_visible(other->row->widget()) != FALSE; });
    if (all_gone) {
        gtk_stack_set_visible_child_name(GTK_STACK(stack_), "nothing");
    }
    refresh();
    gtk_widget_grab_focus(close_);
}

void RecoverDialog::close() {
    gtk_widget_hide(window_); // what still runs may take a moment to end
    g_main_loop_quit(loop_.get());
}

} // namespace

int run_recover_dialog(const RecoverDialogHooks& hooks) {
    RecoverDialog dialog(hooks);
    return dialog.run();
}

} // namespace kontext::ui
