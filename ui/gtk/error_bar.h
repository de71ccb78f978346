#pragma once

#include "ui/text/text.h"

#include <gtk/gtk.h>

namespace kontext::ui {

// Tells of an error inside the window: what happened, why, and what to do next. Takes no room until it is
// needed.
class ErrorBar {
public:
    // Goes to the start of `box`.
    explicit ErrorBar(GtkWidget* box) : box_(box) {}

    void show(const Error& error);
    void hide();

private:
    void build();

    GtkWidget* box_;
    GtkWidget* bar_ = nullptr;
    GtkWidget* title_ = nullptr;
    GtkWidget* detail_ = nullptr;
    GtkWidget* next_step_ = nullptr;
};

} // namespace kontext::ui
