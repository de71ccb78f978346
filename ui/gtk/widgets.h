#pragma once

#include <gtk/gtk.h>

namespace kontext::ui {

// Distances of GNOME's guidelines, in logical pixels.
constexpr int gap = 6;        // between things that belong together
constexpr int wide_gap = 12;  // between a label and its control; around a window's content
constexpr int group_gap = 18; // between groups

// A label with a mnemonic that leads to `target`, which gets the label's text as its accessible name.
GtkWidget* make_label_for(GtkWidget* target, const char* text_with_mnemonic);

// A text of several lines that starts at the start edge.
GtkWidget* make_wrapping_label(const char* text);

// The same, less prominent: an explanation.
GtkWidget* make_dim_label(const char* text);

enum class Heading { page, section };
GtkWidget* make_heading(Heading heading, const char* text);

// What a list box's row holds: as wide as there is room, one line.
GtkWidget* make_line_label(const char* text);

void set_accessible_name(GtkWidget* widget, const char* name);
void set_accessible_description(GtkWidget* widget, const char* description);

// Insensitive with the reason as tooltip; sensitive, with `tooltip`, where the reason is empty.
void set_usable(GtkWidget* widget, const char* why_not, const char* tooltip = nullptr);

} // namespace kontext::ui
