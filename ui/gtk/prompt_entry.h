#pragma once

#include "ui/typing_history.h"

#include <functional>
#include <string>

#include <gtk/gtk.h>

namespace kontext::ui {

// A text field of some lines, with a hint while it is empty and undo of typing. Tab leaves it.
// Its widgets belong to the container that widget() is put into; this object must live as long as they do.
class PromptEntry {
public:
    explicit PromptEntry(const std::string& text);
    PromptEntry(const PromptEntry&) = delete;
    PromptEntry& operator=(const PromptEntry&) = delete;

    GtkWidget* widget() const { return overlay_; }
    GtkWidget* text_view() const { return view_; }
    std::string text() const;
    void on_change(std::function<void()> call) { changed_ = std::move(call); }
    void select_all();
    void put_cursor_at_end();
    // Not editable, the text stays as readable as it was.
    void set_editable(bool editable);
    // Whether keys belong to an input method that is composing a character.
    bool is_composing() const { return composing_; }

private:
    void build(const std::string& text);
    void note_change();
    void note_preedit(bool composing);
    void show_hint();
    bool handle_key(const GdkEventKey& key);
    void restore(const std::string& text);

    GtkWidget* overlay_ = nullptr;
    GtkWidget* view_ = nullptr;
    GtkWidget* hint_ = nullptr;
    GtkTextBuffer* buffer_ = nullptr;
    TypingHistory history_;
    bool composing_ = false;
    bool restoring_ = false;
    std::function<void()> changed_;
};

} // namespace kontext::ui
