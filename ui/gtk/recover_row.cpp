#include "ui/gtk/recover_row.h"

#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

#include <chrono>
#include <utility>

namespace kontext::ui {

namespace {

using namespace std::chrono_literals;

constexpr auto pulse_interval = 100ms;

GtkWidget* make_button(const char* label, const std::string& name, const std::function<void()>& call) {
    GtkWidget* button = gtk_button_new_with_label(label);
    set_accessible_name(button, name.c_str());
    on_signal(button, "clicked", call);
    return button;
}

} // namespace

RecoverRow::RecoverRow(UndeliveredText text, Actions actions)
    : text_(std::move(text)), actions_(std::move(actions)) {
    GtkWidget* content = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, group_gap);
    gtk_container_set_border_width(GTK_CONTAINER(content), wide_gap);
    gtk_container_add(GTK_CONTAINER(content), build_words());
    gtk_container_add(GTK_CONTAINER(content), build_buttons());
    row_ = gtk_list_box_row_new();
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row_), FALSE);
    gtk_list_box_row_set_selectable(GTK_LIST_BOX_ROW(row_), FALSE);
    gtk_widget_set_can_focus(row_, FALSE); // its buttons take the focus
    gtk_container_add(GTK_CONTAINER(row_), content);
    set_accessible_name(row_, text_.title.c_str());
    set_accessible_description(row_, text_.details.c_str());
    gtk_widget_show_all(row_);
    set_running(false);
}

GtkWidget* RecoverRow::build_words() {
    GtkWidget* words = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);
    GtkWidget* title = make_heading(Heading::section, text_.title.c_str());
    gtk_label_set_lines(GTK_LABEL(title), 2);
    gtk_label_set_ellipsize(GTK_LABEL(title), PANGO_ELLIPSIZE_END);
    gtk_widget_set_tooltip_text(title, text_.title.c_str());
    state_ = make_wrapping_label(text_.state.c_str());
    bar_ = gtk_progress_bar_new();
    set_accessible_name(bar_, fill_in(_("Progress of “{1}”"), {text_.title}).c_str());
    gtk_widget_set_no_show_all(bar_, TRUE); // set_running() decides
    for (GtkWidget* widget : {title, make_dim_label(text_.details.c_str()), state_, bar_, note_.widget()}) {
        gtk_container_add(GTK_CONTAINER(words), widget);
    }
    return words;
}

GtkWidget* RecoverRow::build_buttons() {
    insert_ = make_button(_("Insert"), fill_in(_("Insert “{1}”"), {text_.title}), actions_.insert);
    dismiss_ = make_button(_("Dismiss…"), fill_in(_("Dismiss “{1}”"), {text_.title}), actions_.dismiss);
    cancel_ = make_button(_("Cancel"), fill_in(_("Cancel “{1}”"), {text_.title}), actions_.cancel);
    GtkWidget* buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, gap);
    gtk_widget_set_valign(buttons, GTK_ALIGN_CENTER);
    for (GtkWidget* button : {dismiss_, insert_, cancel_}) {
        gtk_container_add(GTK_CONTAINER(buttons), button);
    }
    return buttons;
}

void RecoverRow::set_running(bool running) {
    gtk_widget_set_visible(insert_, !running);
    gtk_widget_set_visible(dismiss_, !running);
    gtk_widget_set_visible(cancel_, running);
    gtk_widget_set_visible(bar_, running);
    pulsing_ = {};
    if (running) {
        length_known_ = false;
        pulsing_ = RepeatedCall::every(pulse_interval, [this] {
            if (!length_known_) {
                gtk_progress_bar_pulse(GTK_PROGRESS_BAR(bar_));
            }
            return true;
        });
    }
}

void RecoverRow::show_waiting() {
    note_.hide();
    set_running(true);
    gtk_widget_hide(bar_);
    pulsing_ = {};
    gtk_label_set_text(GTK_LABEL(state_), _("Next in turn"));
}

void RecoverRow::start() {
    note_.hide();
    set_running(true);
    gtk_label_set_text(GTK_LABEL(state_), _("Asking the service…"));
}

void RecoverRow::show(const Progress& progress) {
    const std::string stage = describe_stage(progress.stage);
    if (stage != gtk_label_get_text(GTK_LABEL(state_))) { // each change is read aloud
        gtk_label_set_text(GTK_LABEL(state_), stage.c_str());
    }
    length_known_ = progress.fraction.has_value();
    if (progress.fraction) {
        gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(bar_), *progress.fraction);
    }
}

void RecoverRow::stop() {
    set_running(false);
    gtk_label_set_text(GTK_LABEL(state_), text_.state.c_str());
}

void RecoverRow::fail(const std::string& reason) {
    stop();
    note_.show(Glyph::warning, reason);
}

void RecoverRow::finish(const std::string& what_came) {
    set_running(false);
    gtk_widget_hide(insert_);
    gtk_widget_hide(dismiss_);
    gtk_widget_hide(state_);
    note_.show(Glyph::tick, what_came);
}

} // namespace kontext::ui
