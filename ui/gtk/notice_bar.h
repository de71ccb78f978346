#pragma once

#include <functional>
#include <string>

#include <gtk/gtk.h>

namespace kontext::ui {

// A quiet bar at the top of a window: a sentence and one button.
class NoticeBar {
public:
    // Becomes the box's first child when it is first shown.
    NoticeBar(GtkWidget* box, std::string button, std::function<void()> on_button)
        : box_(box), button_(std::move(button)), pressed_(std::move(on_button)) {}
    NoticeBar(const NoticeBar&) = delete;
    NoticeBar& operator=(const NoticeBar&) = delete;

    // Empty text hides it.
    void show(const std::string& text);

private:
    void build();

    GtkWidget* box_;
    std::string button_; // with a mnemonic
    std::function<void()> pressed_;
    GtkWidget* bar_ = nullptr;
    GtkWidget* text_ = nullptr;
};

} // namespace kontext::ui
