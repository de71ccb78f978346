#include "ui/gtk/note_line.h"

#include "ui/gtk/widgets.h"

namespace kontext::ui {

NoteLine::NoteLine() {
    row_ = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, gap);
    sign_ = make_glyph(Glyph::tick);
    text_ = make_wrapping_label(nullptr);
    atk_object_set_role(gtk_widget_get_accessible(text_), ATK_ROLE_STATUSBAR);
    gtk_container_add(GTK_CONTAINER(row_), sign_);
    gtk_container_add(GTK_CONTAINER(row_), text_);
    gtk_widget_show_all(row_);
    gtk_widget_set_no_show_all(row_, TRUE); // show() decides
    gtk_widget_hide(row_);
}

void NoteLine::show(Glyph sign, const std::string& text) {
    set_glyph(sign_, sign);
    if (text != gtk_label_get_text(GTK_LABEL(text_))) {
        gtk_label_set_text(GTK_LABEL(text_), text.c_str());
    }
    gtk_widget_set_visible(row_, !text.empty());
}

void NoteLine::add(GtkWidget* widget) {
    gtk_widget_show_all(widget);
    gtk_widget_set_valign(widget, GTK_ALIGN_CENTER);
    gtk_container_add(GTK_CONTAINER(row_), widget);
}

} // namespace kontext::ui
