#pragma once

#include <functional>

#include <gtk/gtk.h>

namespace kontext::ui {

// Connects C++ calls to signals; they live as long as the instance. What they throw is logged and goes no
// further, as C code cannot carry it.

// For signals that return nothing; their arguments are not passed on.
void on_signal(gpointer instance, const char* signal, std::function<void()> handler);

// For event signals. The handler returns whether the event is used up.
void on_event(gpointer instance, const char* signal, std::function<bool(GdkEvent*)> handler);

} // namespace kontext::ui
