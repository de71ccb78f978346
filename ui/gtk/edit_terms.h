#pragma once

#include "ui/edit_model.h"
#include "ui/gtk/note_line.h"

#include <functional>

#include <gtk/gtk.h>

namespace kontext::ui {

// Where the picture goes, what is kept of it there and what that costs, always in sight before the click; and
// what is to be set up before. Its widgets belong to the container that widget() is put into; this object
// must live as long as they do.
class EditTerms {
public:
    explicit EditTerms(const EditModel& model);
    EditTerms(const EditTerms&) = delete;
    EditTerms& operator=(const EditTerms&) = delete;

    GtkWidget* widget() const { return box_; }
    void refresh();
    void on_settings(std::function<void()> call) { open_settings_ = std::move(call); }

private:
    const EditModel& model_;
    std::function<void()> open_settings_; // empty: they cannot be opened from here
    GtkWidget* box_ = nullptr;
    NoteLine obstacle_;
    GtkWidget* set_up_ = nullptr;
    GtkWidget* sign_ = nullptr;
    GtkWidget* destination_ = nullptr;
    GtkWidget* retention_ = nullptr;
    GtkWidget* price_ = nullptr;
    GtkWidget* budget_ = nullptr;
};

} // namespace kontext::ui
