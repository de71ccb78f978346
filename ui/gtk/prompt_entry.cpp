#include "ui/gtk/prompt_entry.h"

#include "ui/gtk/signals.h"
#include "ui/text/text.h"

#include <algorithm>
#include <memory>
#include <optional>

namespace kontext::ui {

namespace {

constexpr int rows = 4;
constexpr int margin = 8;

int line_height(GtkWidget* widget) {
    PangoLayout* layout = gtk_widget_create_pango_layout(widget, "X");
    int height = 0;
    pango_layout_get_pixel_size(layout, nullptr, &height);
    g_object_unref(layout);
    return height;
}

} // namespace

PromptEntry::PromptEntry(const std::string& text) : history_(text) {
    build(text);
    on_signal(buffer_, "changed", [this] {
        show_hint();
        if (changed_) {
            changed_();
        }
    });
    // A paste over a selection deletes and inserts: only the end of it is a step for undo.
    on_signal(buffer_, "end-user-action", [this] { note_change(); });
    on_event(view_, "key-press-event", [this](GdkEvent* event) { return handle_key(event->key); });
    const auto preedit = [](GtkTextView*, const char* composed, gpointer self) noexcept {
        static_cast<PromptEntry*>(self)->note_preedit(*composed != '\0');
    };
    g_signal_connect(view_, "preedit-changed",
                     G_CALLBACK(static_cast<void (*)(GtkTextView*, const char*, gpointer) noexcept>(preedit)),
                     this);
}

void PromptEntry::build(const std::string& text) {
    view_ = gtk_text_view_new();
    buffer_ = gtk_text_view_get_buffer(GTK_TEXT_VIEW(view_));
    gtk_text_buffer_set_text(buffer_, text.c_str(), static_cast<int>(text.size()));
    gtk_text_view_set_accepts_tab(GTK_TEXT_VIEW(view_), FALSE);
    gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(view_), GTK_WRAP_WORD_CHAR);
    gtk_text_view_set_left_margin(GTK_TEXT_VIEW(view_), margin);
    gtk_text_view_set_right_margin(GTK_TEXT_VIEW(view_), margin);
    gtk_text_view_set_top_margin(GTK_TEXT_VIEW(view_), margin);
    gtk_text_view_set_bottom_margin(GTK_TEXT_VIEW(view_), margin);

    GtkWidget* scrolled = gtk_scrolled_window_new(nullptr, nullptr);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_shadow_type(GTK_SCROLLED_WINDOW(scrolled), GTK_SHADOW_IN);
    gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scrolled),
                                               rows * line_height(view_) + 2 * margin);
    gtk_widget_set_can_focus(scrolled, FALSE); // the text takes it
    gtk_container_add(GTK_CONTAINER(scrolled), view_);

    hint_ = gtk_label_new(
        _("Say what should change, for example: a bit warmer, lift the shadows, soft vignette"));
    gtk_label_set_line_wrap(GTK_LABEL(hint_), TRUE);
    gtk_label_set_xalign(GTK_LABEL(hint_), 0);
    gtk_widget_set_halign(hint_, GTK_ALIGN_START);
    gtk_widget_set_valign(hint_, GTK_ALIGN_START);
    gtk_widget_set_margin_start(hint_, margin + 1); // the frame's pixel
    gtk_widget_set_margin_end(hint_, margin + 1);
    gtk_widget_set_margin_top(hint_, margin + 1);
    gtk_style_context_add_class(gtk_widget_get_style_context(hint_), GTK_STYLE_CLASS_DIM_LABEL);

    gtk_widget_set_no_show_all(hint_, TRUE); // show_hint() decides

    overlay_ = gtk_overlay_new();
    gtk_container_add(GTK_CONTAINER(overlay_), scrolled);
    gtk_overlay_add_overlay(GTK_OVERLAY(overlay_), hint_);
    gtk_overlay_set_overlay_pass_through(GTK_OVERLAY(overlay_), hint_, TRUE);
    gtk_widget_show_all(overlay_);
    show_hint();
}

std::string PromptEntry::text() const {
    GtkTextIter start;
    GtkTextIter end;
    gtk_text_buffer_get_bounds(buffer_, &start, &end);
    const std::unique_ptr<char, decltype(&g_free)> text(
        gtk_text_buffer_get_text(buffer_, &start, &end, FALSE), g_free);
    return text.get();
}

void PromptEntry::select_all() {
    GtkTextIter start;
    GtkTextIter end;
    gtk_text_buffer_get_bounds(buffer_, &start, &end);
    gtk_text_buffer_select_range(buffer_, &end, &start);
}

void PromptEntry::put_cursor_at_end() {
    GtkTextIter end;
    gtk_text_buffer_get_end_iter(buffer_, &end);
    gtk_text_buffer_place_cursor(buffer_, &end);
}

void PromptEntry::set_editable(bool editable) {
    gtk_text_view_set_editable(GTK_TEXT_VIEW(view_), editable);
    gtk_text_view_set_cursor_visible(GTK_TEXT_VIEW(view_), editable);
}

void PromptEntry::note_change() {
    if (!restoring_) {
        history_.note(text());
    }
}

void PromptEntry::note_preedit(bool composing) {
    composing_ = composing;
    show_hint();
}

void PromptEntry::show_hint() {
    gtk_widget_set_visible(hint_, gtk_text_buffer_get_char_count(buffer_) == 0 && !composing_);
}

bool PromptEntry::handle_key(const GdkEventKey& key) {
    const guint modifiers = key.state & gtk_accelerator_get_default_mod_mask();
    const guint letter = gdk_keyval_to_lower(key.keyval);
    const bool undo = letter == GDK_KEY_z && modifiers == GDK_CONTROL_MASK;
    const bool redo = (letter == GDK_KEY_z && modifiers == (GDK_CONTROL_MASK | GDK_SHIFT_MASK)) ||
                      (letter == GDK_KEY_y && modifiers == GDK_CONTROL_MASK);
    if ((!undo && !redo) || gtk_text_view_get_editable(GTK_TEXT_VIEW(view_)) == FALSE) {
        return false;
    }
    if (const std::optional<std::string> other = undo ? history_.undo() : history_.redo()) {
        restore(*other);
    }
    return true;
}

void PromptEntry::restore(const std::string& text) {
    const std::size_t changed_to = end_of_change(this->text(), text);
    const auto cursor =
        std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(changed_to),
                      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    restoring_ = true;
    gtk_text_buffer_set_text(buffer_, text.c_str(), static_cast<int>(text.size()));
    restoring_ = false;
    GtkTextIter place;
    gtk_text_buffer_get_iter_at_offset(buffer_, &place, static_cast<int>(cursor));
    gtk_text_buffer_place_cursor(buffer_, &place);
    gtk_text_view_scroll_mark_onscreen(GTK_TEXT_VIEW(view_), gtk_text_buffer_get_insert(buffer_));
}

} // namespace kontext::ui
