#pragma once

#include "ui/settings_model.h"

#include <functional>

#include <gtk/gtk.h>

namespace kontext::ui {

// What is set for all engines. Its widgets belong to the container that widget() is put into; this object
// must live as long as they do.
class GeneralPage {
public:
    // `on_change` after the model has taken a change of the person's.
    GeneralPage(SettingsModel& model, std::function<void()> on_change);
    GeneralPage(const GeneralPage&) = delete;
    GeneralPage& operator=(const GeneralPage&) = delete;

    GtkWidget* widget() const { return box_; }
    void refresh_spent();
    // Takes what is typed, as it is when the window closes.
    void finish_typing();

private:
    void add_edits();
    void add_spending();
    void add_layers();
    void take_ceiling();

    SettingsModel& model_;
    std::function<void()> changed_;
    GtkWidget* box_ = nullptr;
    GtkWidget* has_ceiling_ = nullptr;
    GtkWidget* ceiling_ = nullptr;
    GtkWidget* spent_ = nullptr;
};

} // namespace kontext::ui
