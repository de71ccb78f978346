#include "ui/gtk/glyph.h"

#include <initializer_list>
#include <numbers>

namespace kontext::ui {

namespace {

constexpr const char* glyph_key = "kontext-glyph";
constexpr double full_turn = 2 * std::numbers::pi;
constexpr double line_width = 1.5; // in sixteenths, like every length below: glyphs are drawn on 16 × 16

void rounded_box(cairo_t* cr, double x, double y, double width, double height, double radius) {
    constexpr double quarter = full_turn / 4;
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + width - radius, y + radius, radius, -quarter, 0);
    cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, quarter);
    cairo_arc(cr, x + radius, y + height - radius, radius, quarter, 2 * quarter);
    cairo_arc(cr, x + radius, y + radius, radius, 2 * quarter, 3 * quarter);
    cairo_close_path(cr);
}

void dot(cairo_t* cr, double x, double y, double radius) {
    cairo_arc(cr, x, y, radius, 0, full_turn);
    cairo_fill(cr);
}

void line(cairo_t* cr, double x, double y, double to_x, double to_y) {
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, to_x, to_y);
    cairo_stroke(cr);
}

void draw_tick(cairo_t* cr) {
    cairo_set_line_width(cr, 2);
    cairo_move_to(cr, 3, 8.5);
    cairo_line_to(cr, 6.5, 12);
    cairo_line_to(cr, 13, 4.5);
    cairo_stroke(cr);
}

void draw_warning(cairo_t* cr) {
    cairo_move_to(cr, 8, 1.75);
    cairo_line_to(cr, 15, 14);
    cairo_line_to(cr, 1, 14);
    cairo_close_path(cr);
    cairo_stroke(cr);
    line(cr, 8, 6, 8, 9.5);
    dot(cr, 8, 11.75, 1);
}

void draw_machine(cairo_t* cr) {
    rounded_box(cr, 1.75, 2.25, 12.5, 8.5, 1.25);
    cairo_stroke(cr);
    line(cr, 8, 10.75, 8, 13.5);
    line(cr, 4.5, 13.75, 11.5, 13.75);
}

void draw_cloud(cairo_t* cr) {
    constexpr double half = full_turn / 2;
    cairo_arc(cr, 4.5, 9.75, 3, half / 2, half * 1.4);
    cairo_arc(cr, 8.25, 6.5, 3.75, half * 1.15, half * 1.9);
    cairo_arc(cr, 11.75, 9.75, 3, half * 1.5, half * 2.5);
    cairo_close_path(cr);
    cairo_stroke(cr);
}

void draw_die(cairo_t* cr) {
    rounded_box(cr, 1.75, 1.75, 12.5, 12.5, 2.5);
    cairo_stroke(cr);
    for (const double x : {5.0, 11.0}) {
        dot(cr, x, 5, 1.25);
        dot(cr, x, 11, 1.25);
    }
    dot(cr, 8, 8, 1.25);
}

void draw_key(cairo_t* cr) {
    cairo_arc(cr, 4.75, 8, 3, 0, full_turn);
    cairo_stroke(cr);
    line(cr, 7.75, 8, 14.5, 8);
    line(cr, 14.5, 8, 14.5, 11);
    line(cr, 11.5, 8, 11.5, 10);
}

void draw_picture(cairo_t* cr) {
    rounded_box(cr, 1.75, 2.75, 12.5, 10.5, 1.25);
    cairo_stroke(cr);
    cairo_move_to(cr, 3.5, 11);
    cairo_line_to(cr, 6.5, 7.25);
    cairo_line_to(cr, 8.75, 9.75);
    cairo_line_to(cr, 10.25, 8.25);
    cairo_line_to(cr, 12.5, 11);
    cairo_stroke(cr);
    dot(cr, 11, 5.75, 1);
}

void draw_glyph(cairo_t* cr, Glyph glyph) {
    switch (glyph) {
    case Glyph::tick: draw_tick(cr); return;
    case Glyph::warning: draw_warning(cr); return;
    case Glyph::machine: draw_machine(cr); return;
    case Glyph::cloud: draw_cloud(cr); return;
    case Glyph::die: draw_die(cr); return;
    case Glyph::key: draw_key(cr); return;
    case Glyph::picture: draw_picture(cr); return;
    }
}

gboolean on_draw(GtkWidget* widget, cairo_t* cr, gpointer /*data*/) noexcept {
    GtkStyleContext* style = gtk_widget_get_style_context(widget);
    GdkRGBA color;
    gtk_style_context_get_color(style, gtk_style_context_get_state(style), &color);
    gdk_cairo_set_source_rgba(cr, &color);
    const double side = gtk_widget_get_allocated_width(widget);
    cairo_translate(cr, 0, (gtk_widget_get_allocated_height(widget) - side) / 2);
    cairo_scale(cr, side / 16, side / 16);
    cairo_set_line_width(cr, line_width);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    draw_glyph(cr, static_cast<Glyph>(GPOINTER_TO_INT(g_object_get_data(G_OBJECT(widget), glyph_key))));
    return FALSE;
}

// As high as the text it stands by.
void fit_to_text(GtkWidget* widget, gpointer /*data*/) noexcept {
    PangoContext* context = gtk_widget_get_pango_context(widget);
    PangoFontMetrics* metrics =
        pango_context_get_metrics(context, pango_context_get_font_description(context), nullptr);
    const int height = pango_font_metrics_get_ascent(metrics) + pango_font_metrics_get_descent(metrics);
    pango_font_metrics_unref(metrics);
    const int side = PANGO_PIXELS_CEIL(height);
    gtk_widget_set_size_request(widget, side, side);
}

} // namespace

GtkWidget* make_glyph(Glyph glyph) {
    GtkWidget* widget = gtk_drawing_area_new();
    g_signal_connect(widget, "draw", G_CALLBACK(on_draw), nullptr);
    g_signal_connect(widget, "style-updated", G_CALLBACK(fit_to_text), nullptr);
    fit_to_text(widget, nullptr);
    set_glyph(widget, glyph);
    return widget;
}

void set_glyph(GtkWidget* widget, Glyph glyph) {
    g_object_set_data(G_OBJECT(widget), glyph_key, GINT_TO_POINTER(static_cast<int>(glyph)));
    gtk_widget_queue_draw(widget);
}

} // namespace kontext::ui
