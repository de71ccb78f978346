#include "ui/gtk/main_loop.h"

#include <exception>
#include <utility>

#include <glib.h>

namespace kontext::ui {

void post_to_main(std::function<void()> call) {
    using Call = std::function<void()>;
    const auto run = [](gpointer data) noexcept -> gboolean {
        try {
            (*static_cast<Call*>(data))();
        } catch (const std::exception& failure) {
            g_critical("A call posted to the main loop failed: %s", failure.what());
        }
        return G_SOURCE_REMOVE;
    };
    const auto free = [](gpointer data) noexcept { delete static_cast<Call*>(data); };
    g_idle_add_full(G_PRIORITY_DEFAULT, run, new Call(std::move(call)), free);
}

RepeatedCall::RepeatedCall(GSource* source, std::function<bool()> call) : source_(source) {
    using Call = std::function<bool()>;
    const auto run = [](gpointer data) noexcept -> gboolean {
        try {
            return (*static_cast<Call*>(data))() ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
        } catch (const std::exception& failure) {
            g_critical("A repeated call of the main loop failed: %s", failure.what());
            return G_SOURCE_REMOVE;
        }
    };
    const auto free = [](gpointer data) noexcept { delete static_cast<Call*>(data); };
    g_source_set_callback(source, run, new Call(std::move(call)), free);
    g_source_attach(source, nullptr);
}

RepeatedCall RepeatedCall::when_idle(std::function<bool()> call) {
    return {g_idle_source_new(), std::move(call)};
}

RepeatedCall RepeatedCall::every(std::chrono::milliseconds interval, std::function<bool()> call) {
    return {g_timeout_source_new(static_cast<guint>(interval.count())), std::move(call)};
}

// Unlike g_source_remove() this may be called for a source that has ended by itself.
void RepeatedCall::Destroy::operator()(GSource* source) const noexcept {
    g_source_destroy(source);
    g_source_unref(source);
}

} // namespace kontext::ui
