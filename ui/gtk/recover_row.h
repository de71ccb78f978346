#pragma once

#include "core/engine/engine.h"
#include "ui/gtk/main_loop.h"
#include "ui/gtk/note_line.h"
#include "ui/recover_text.h"

#include <functional>
#include <string>

#include <gtk/gtk.h>

namespace kontext::ui {

// One edit that is waiting: what it is, where it stands, and what can be done. Its widgets belong to the
// container that widget() is put into; this object must live as long as they do.
class RecoverRow {
public:
    struct Actions {
        std::function<void()> insert;
        std::function<void()> cancel;
        std::function<void()> dismiss;
    };

    RecoverRow(UndeliveredText text, Actions actions);
    RecoverRow(const RecoverRow&) = delete;
    RecoverRow& operator=(const RecoverRow&) = delete;

    GtkWidget* widget() const { return row_; }
    const std::string& title() const { return text_.title; }
    GtkWidget* insert_button() const { return insert_; }

    void show_waiting(); // until its turn comes
    void start();
    void show(const Progress& progress);
    void stop();                               // as it was
    void fail(const std::string& reason);      // as it was, with the reason
    void finish(const std::string& what_came); // done; nothing more can be done

private:
    GtkWidget* build_words();
    GtkWidget* build_buttons();
    void set_running(bool running);

    UndeliveredText text_;
    Actions actions_;
    GtkWidget* row_ = nullptr;
    GtkWidget* state_ = nullptr;
    GtkWidget* bar_ = nullptr;
    GtkWidget* insert_ = nullptr;
    GtkWidget* dismiss_ = nullptr;
    GtkWidget* cancel_ = nullptr;
    NoteLine note_;
    bool length_known_ = false;
    RepeatedCall pulsing_;
};

} // namespace kontext::ui
