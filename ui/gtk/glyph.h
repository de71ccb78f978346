#pragma once

#include <gtk/gtk.h>

namespace kontext::ui {

// Small signs that are drawn: in the theme's text colour, sharp at every text size, and there even where no
// icon theme is installed.
enum class Glyph { tick, warning, machine, cloud, die, key, picture };

GtkWidget* make_glyph(Glyph glyph);
void set_glyph(GtkWidget* widget, Glyph glyph);

} // namespace kontext::ui
