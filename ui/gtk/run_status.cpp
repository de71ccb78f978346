#include "ui/gtk/run_status.h"

#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

namespace kontext::ui {

namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 100ms;

std::string minutes_and_seconds(std::chrono::seconds time) {
    const auto seconds = std::to_string(time.count() % 60);
    return std::to_string(time.count() / 60) + (seconds.size() < 2 ? ":0" : ":") + seconds;
}

} // namespace

RunStatus::RunStatus() {
    stage_ = gtk_label_new(nullptr);
    gtk_label_set_xalign(GTK_LABEL(stage_), 0);
    gtk_label_set_ellipsize(GTK_LABEL(stage_), PANGO_ELLIPSIZE_END);
    gtk_widget_set_hexpand(stage_, TRUE);
    elapsed_ = gtk_label_new(nullptr);
    gtk_style_context_add_class(gtk_widget_get_style_context(elapsed_), GTK_STYLE_CLASS_DIM_LABEL);
    bar_ = gtk_progress_bar_new();
    set_accessible_name(bar_, _("Progress of the edit"));

    GtkWidget* grid = gtk_grid_new();
    gtk_grid_set_row_spacing(GTK_GRID(grid), 4);
    gtk_grid_set_column_spacing(GTK_GRID(grid), gap);
    gtk_grid_attach(GTK_GRID(grid), stage_, 0, 0, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), elapsed_, 1, 0, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), bar_, 0, 1, 2, 1);
    gtk_widget_set_valign(grid, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(grid,
                                _("You can go on working. If you close this window, the edit continues and "
                                  "its layer is added when it is done."));

    stack_ = gtk_stack_new();
    gtk_stack_add_named(GTK_STACK(stack_), gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0), "idle");
    gtk_stack_add_named(GTK_STACK(stack_), grid, "running");
    gtk_widget_set_hexpand(stack_, TRUE);
    gtk_widget_show_all(stack_);
}

void RunStatus::start() {
    started_ = std::chrono::steady_clock::now();
    show({.stage = Stage::preparing, .fraction = {}});
    tick();
    gtk_stack_set_visible_child_name(GTK_STACK(stack_), "running");
    ticking_ = RepeatedCall::every(tick_interval, [this] { return tick(); });
}

void RunStatus::show(const Progress& progress) {
    show_step(describe_stage(progress.stage));
    length_known_ = progress.fraction.has_value();
    if (progress.fraction) {
        gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(bar_), *progress.fraction);
    }
}

void RunStatus::show_step(const std::string& text) {
    length_known_ = false;
    if (text != gtk_label_get_text(GTK_LABEL(stage_))) { // each change is read aloud
        gtk_label_set_text(GTK_LABEL(stage_), text.c_str());
    }
}

void RunStatus::stop() {
    ticking_ = {};
    gtk_stack_set_visible_child_name(GTK_STACK(stack_), "idle");
}

bool RunStatus::tick() {
    const auto time = std::chrono::steady_clock::now() - started_;
    gtk_label_set_text(GTK_LABEL(elapsed_),
                       minutes_and_seconds(std::chrono::duration_cast<std::chrono::seconds>(time)).c_str());
    if (!length_known_) {
        gtk_progress_bar_pulse(GTK_PROGRESS_BAR(bar_));
    }
    return true;
}

} // namespace kontext::ui
