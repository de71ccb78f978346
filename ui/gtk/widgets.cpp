#include "ui/gtk/widgets.h"

namespace kontext::ui {

GtkWidget* make_label_for(GtkWidget* target, const char* text_with_mnemonic) {
    GtkWidget* label = gtk_label_new_with_mnemonic(text_with_mnemonic);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_mnemonic_widget(GTK_LABEL(label), target);
    set_accessible_name(target, gtk_label_get_text(GTK_LABEL(label)));
    return label;
}

GtkWidget* make_wrapping_label(const char* text) {
    GtkWidget* label = gtk_label_new(text);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_line_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_line_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_widget_set_hexpand(label, TRUE);
    return label;
}

void set_accessible_name(GtkWidget* widget, const char* name) {
    atk_object_set_name(gtk_widget_get_accessible(widget), name);
}

void set_accessible_description(GtkWidget* widget, const char* description) {
    atk_object_set_description(gtk_widget_get_accessible(widget), description);
}

void set_usable(GtkWidget* widget, const char* why_not, const char* tooltip) {
    const bool usable = *why_not == '\0';
    gtk_widget_set_sensitive(widget, usable);
    gtk_widget_set_tooltip_text(widget, usable ? tooltip : why_not);
}

} // namespace kontext::ui
