#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <glib.h>

namespace kontext::ui {

// Runs a call later on the main thread's default context, in order. Any thread. Never at once, unlike
// g_main_context_invoke(), which runs it on the calling thread when nobody holds the context yet.
void post_to_main(std::function<void()> call);

// Calls again and again from the main loop for as long as the call returns true and this object lives.
// Main thread.
class RepeatedCall {
public:
    RepeatedCall() = default;
    // Whenever there is nothing more urgent to do: events and drawing come first.
    static RepeatedCall when_idle(std::function<bool()> call);
    static RepeatedCall every(std::chrono::milliseconds interval, std::function<bool()> call);

private:
    struct Destroy {
        void operator()(GSource* source) const noexcept;
    };
    RepeatedCall(GSource* source, std::function<bool()> call);

    std::unique_ptr<GSource, Destroy> source_;
};

} // namespace kontext::ui
