#include "ui/gtk/signals.h"

#include <exception>
#include <utility>

namespace kontext::ui {

namespace {

using SignalHandler = std::function<void()>;
using EventHandler = std::function<bool(GdkEvent*)>;

template <typename Handler>
void free_handler(gpointer data, GClosure* /*closure*/) noexcept {
    delete static_cast<Handler*>(data);
}

void log_failure(const std::exception& failure) noexcept {
    g_critical("A signal handler failed: %s", failure.what());
}

} // namespace

// Connected swapped, the handler comes first and arguments that follow can be left out, whatever they are.
void on_signal(gpointer instance, const char* signal, std::function<void()> handler) {
    const auto call = [](gpointer data) noexcept {
        try {
            (*static_cast<SignalHandler*>(data))();
        } catch (const std::exception& failure) {
            log_failure(failure);
        }
    };
    g_signal_connect_data(instance, signal, G_CALLBACK(+call), new SignalHandler(std::move(handler)),
                          free_handler<SignalHandler>, G_CONNECT_SWAPPED);
}

void on_event(gpointer instance, const char* signal, std::function<bool(GdkEvent*)> handler) {
    const auto call = [](gpointer data, GdkEvent* event) noexcept -> gboolean {
        try {
            return (*static_cast<EventHandler*>(data))(event) ? GDK_EVENT_STOP : GDK_EVENT_PROPAGATE;
        } catch (const std::exception& failure) {
            log_failure(failure);
            return GDK_EVENT_PROPAGATE;
        }
    };
    g_signal_connect_data(instance, signal, G_CALLBACK(+call), new EventHandler(std::move(handler)),
                          free_handler<EventHandler>, G_CONNECT_SWAPPED);
}

} // namespace kontext::ui
