#include "ui/gtk/edit_terms.h"

#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

namespace kontext::ui {

namespace {

constexpr int budget_characters = 16;

GtkWidget* make_end_label() {
    GtkWidget* label = gtk_label_new(nullptr);
    gtk_label_set_xalign(GTK_LABEL(label), 1);
    gtk_widget_set_valign(label, GTK_ALIGN_START);
    return label;
}

void show_text(GtkWidget* label, const std::string& text) {
    gtk_label_set_text(GTK_LABEL(label), text.c_str());
    gtk_widget_set_visible(label, !text.empty());
}

} // namespace

EditTerms::EditTerms(const EditModel& model) : model_(model) {
    sign_ = make_glyph(Glyph::machine);
    gtk_widget_set_valign(sign_, GTK_ALIGN_START);
    destination_ = make_wrapping_label(nullptr);
    retention_ = make_dim_label(nullptr);
    gtk_label_set_yalign(GTK_LABEL(retention_), 0);
    gtk_label_set_yalign(GTK_LABEL(destination_), 0);
    price_ = make_end_label();
    PangoAttrList* bold = pango_attr_list_new();
    pango_attr_list_insert(bold, pango_attr_weight_new(PANGO_WEIGHT_BOLD));
    gtk_label_set_attributes(GTK_LABEL(price_), bold);
    pango_attr_list_unref(bold);
    budget_ = make_end_label();
    gtk_style_context_add_class(gtk_widget_get_style_context(budget_), GTK_STYLE_CLASS_DIM_LABEL);
    gtk_label_set_line_wrap(GTK_LABEL(budget_), TRUE); // in two lines it leaves room for what is beside it
    gtk_label_set_max_width_chars(GTK_LABEL(budget_), budget_characters);
    gtk_label_set_width_chars(GTK_LABEL(budget_), budget_characters);
    gtk_label_set_justify(GTK_LABEL(budget_), GTK_JUSTIFY_RIGHT);

    GtkWidget* grid = gtk_grid_new();
    gtk_grid_set_row_spacing(GTK_GRID(grid), 2);
    gtk_grid_set_column_spacing(GTK_GRID(grid), gap);
    gtk_widget_set_margin_start(price_, gap);
    gtk_grid_attach(GTK_GRID(grid), sign_, 0, 0, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), destination_, 1, 0, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), price_, 2, 0, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), retention_, 1, 1, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), budget_, 2, 1, 1, 1);

    set_up_ = gtk_button_new_with_mnemonic(_("Set _Up…"));
    on_signal(set_up_, "clicked", [this] { open_settings_(); });
    obstacle_.add(set_up_);

    box_ = gtk_box_new(GTK_ORIENTATION_VERTICAL, wide_gap);
    gtk_container_add(GTK_CONTAINER(box_), obstacle_.widget());
    gtk_container_add(GTK_CONTAINER(box_), grid);
    gtk_widget_show_all(box_);
    gtk_widget_set_no_show_all(box_, TRUE); // refresh() decides what of it shows
}

void EditTerms::refresh() {
    obstacle_.show(Glyph::warning, model_.obstacle().text);
    gtk_widget_set_visible(set_up_, open_settings_ != nullptr);
    set_glyph(sign_, model_.stays_on_this_machine() ? Glyph::machine : Glyph::cloud);
    gtk_label_set_text(GTK_LABEL(destination_), model_.destination_description().c_str());
    show_text(retention_, model_.retention_description());
    gtk_label_set_text(GTK_LABEL(price_), model_.price_description().c_str());
    show_text(budget_, model_.budget_description());
}

} // namespace kontext::ui
