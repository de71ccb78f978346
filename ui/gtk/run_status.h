#pragma once

#include "core/engine/engine.h"
#include "ui/gtk/main_loop.h"

#include <chrono>
#include <string>

#include <gtk/gtk.h>

namespace kontext::ui {

// What a running edit is doing and since when: a line of text over a progress bar. Keeps its place while
// nothing runs, so that the dialog does not jump.
class RunStatus {
public:
    RunStatus();
    RunStatus(const RunStatus&) = delete;
    RunStatus& operator=(const RunStatus&) = delete;

    GtkWidget* widget() const { return stack_; }
    void start();
    void show(const Progress& progress);
    // A step of ours whose length is not known.
    void show_step(const std::string& text);
    void stop();

private:
    bool tick();

    GtkWidget* stack_ = nullptr;
    GtkWidget* stage_ = nullptr;
    GtkWidget* elapsed_ = nullptr;
    GtkWidget* bar_ = nullptr;
    bool length_known_ = false;
    std::chrono::steady_clock::time_point started_;
    RepeatedCall ticking_;
};

} // namespace kontext::ui
