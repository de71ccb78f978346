#include "ui/gtk/error_bar.h"

#include "ui/gtk/glyph.h"
#include "ui/gtk/widgets.h"

namespace kontext::ui {

namespace {

// Something to change in the request, rather than something that broke.
bool is_advice(ErrorCode code) {
    return code == ErrorCode::refused || code == ErrorCode::invalid_argument ||
           code == ErrorCode::over_budget || code == ErrorCode::price_unknown;
}

void set_text(GtkWidget* label, const std::string& text) {
    gtk_label_set_text(GTK_LABEL(label), text.c_str());
    gtk_widget_set_visible(label, !text.empty());
}

} // namespace

// Built on first use: most dialogs never show one.
void ErrorBar::build() {
    bar_ = gtk_info_bar_new();
    GtkWidget* content = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, gap);
    gtk_widget_set_margin_start(content, gap); // in line with the fields
    gtk_widget_set_margin_end(content, gap);
    GtkWidget* sign = make_glyph(Glyph::warning);
    gtk_widget_set_valign(sign, GTK_ALIGN_START);
    GtkWidget* lines = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    gtk_container_add(GTK_CONTAINER(content), sign);
    gtk_container_add(GTK_CONTAINER(content), lines);
    title_ = make_wrapping_label(nullptr);
    PangoAttrList* bold = pango_attr_list_new();
    pango_attr_list_insert(bold, pango_attr_weight_new(PANGO_WEIGHT_BOLD));
    gtk_label_set_attributes(GTK_LABEL(title_), bold);
    pango_attr_list_unref(bold);
    detail_ = make_wrapping_label(nullptr);
    gtk_label_set_selectable(GTK_LABEL(detail_), TRUE); // to be copied into a report or a search
    next_step_ = make_wrapping_label(nullptr);
    for (GtkWidget* label : {title_, detail_, next_step_}) {
        gtk_container_add(GTK_CONTAINER(lines), label);
    }
    gtk_container_add(GTK_CONTAINER(gtk_info_bar_get_content_area(GTK_INFO_BAR(bar_))), content);
    gtk_box_pack_start(GTK_BOX(box_), bar_, FALSE, FALSE, 0);
    gtk_box_reorder_child(GTK_BOX(box_), bar_, 0);
    gtk_widget_show_all(bar_);
}

void ErrorBar::show(const Error& error) {
    if (bar_ == nullptr) {
        build();
    }
    const ErrorText text = describe_error(error);
    set_text(title_, text.title);
    set_text(detail_, text.detail);
    set_text(next_step_, text.next_step);
    gtk_info_bar_set_message_type(GTK_INFO_BAR(bar_),
                                  is_advice(error.code()) ? GTK_MESSAGE_WARNING : GTK_MESSAGE_ERROR);
    // Screen readers speak an alert when it appears. After the type, which sets role and name of its own.
    atk_object_set_role(gtk_widget_get_accessible(bar_), ATK_ROLE_ALERT);
    set_accessible_name(bar_, text.title.c_str());
    set_accessible_description(bar_, text.detail.c_str());
    gtk_widget_show(bar_);
}

void ErrorBar::hide() {
    if (bar_ != nullptr) {
        gtk_widget_hide(bar_);
    }
}

} // namespace kontext::ui
