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

GtkWidget* make_dim_label(const char* text) {
    GtkWidget* label = make_wrapping_label(text);
    gtk_style_context_add_class(gtk_widget_get_style_context(label), GTK_STYLE_CLASS_DIM_LABEL);
    return label;
}

GtkWidget* make_heading(Heading heading, const char* text) {
    GtkWidget* label = make_wrapping_label(text);
    PangoAttrList* attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_weight_new(PANGO_WEIGHT_BOLD));
    if (heading == Heading::page) {
        pango_attr_list_insert(attributes, pango_attr_scale_new(PANGO_SCALE_LARGE));
    }
    gtk_label_set_attributes(GTK_LABEL(label), attributes);
    pango_attr_list_unref(attributes);
    atk_object_set_role(gtk_widget_get_accessible(label), ATK_ROLE_HEADING);
    return label;
}

GtkWidget* make_line_label(const char* text) {
    GtkWidget* label = gtk_label_new(text);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
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
