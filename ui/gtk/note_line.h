#pragma once

#include "ui/gtk/glyph.h"

#include <string>

#include <gtk/gtk.h>

namespace kontext::ui {

// A sentence with a sign before it, which screen readers speak when it changes. Hidden while there is none.
class NoteLine {
public:
    NoteLine();
    NoteLine(const NoteLine&) = delete;
    NoteLine& operator=(const NoteLine&) = delete;

    GtkWidget* widget() const { return row_; }
    // Empty text hides it.
    void show(Glyph sign, const std::string& text);
    void hide() { show(Glyph::tick, {}); }
    // To stand after the sentence, at the end.
    void add(GtkWidget* widget);

private:
    GtkWidget* row_ = nullptr;
    GtkWidget* sign_ = nullptr;
    GtkWidget* text_ = nullptr;
};

} // namespace kontext::ui
