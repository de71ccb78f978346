#pragma once

#include <functional>

namespace kontext::ui {

// Runs a call later on the main thread's default context, in order. Any thread. Never at once, unlike
// g_main_context_invoke(), which runs it on the calling thread when nobody holds the context yet.
void post_to_main(std::function<void()> call);

} // namespace kontext::ui
