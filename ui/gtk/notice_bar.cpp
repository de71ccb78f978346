#include "ui/gtk/notice_bar.h"

#include "ui/gtk/glyph.h"
#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"

namespace kontext::ui {

void NoticeBar::build() {
    bar_ = gtk_info_bar_new();
    gtk_info_bar_set_message_type(GTK_INFO_BAR(bar_), GTK_MESSAGE_INFO);
    GtkWidget* content = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, gap);
    gtk_widget_set_margin_start(content, gap); // in line with the fields
    gtk_container_add(GTK_CONTAINER(content), make_glyph(Glyph::picture));
    text_ = make_wrapping_label(nullptr);
    gtk_container_add(GTK_CONTAINER(content), text_);
    GtkWidget* button = gtk_button_new_with_mnemonic(button_.c_str());
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_margin_end(button, gap);
    on_signal(button, "clicked", [this] { pressed_(); });
    GtkWidget* area = gtk_info_bar_get_content_area(GTK_INFO_BAR(bar_));
    gtk_box_pack_start(GTK_BOX(area), content, TRUE, TRUE, 0);
    gtk_box_pack_end(GTK_BOX(area), button, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(box_), bar_, FALSE, FALSE, 0);
    gtk_box_reorder_child(GTK_BOX(box_), bar_, 0);
    gtk_widget_show_all(bar_);
}

void NoticeBar::show(const std::string& text) {
    if (bar_ == nullptr && text.empty()) {
        return;
    }
    if (bar_ == nullptr) {
        build();
    }
    gtk_label_set_text(GTK_LABEL(text_), text.c_str());
    set_accessible_name(bar_, text.c_str());
    gtk_widget_set_visible(bar_, !text.empty());
}

} // namespace kontext::ui
