#pragma once

#include <functional>
#include <stop_token>

namespace kontext {

// Threads to use for pixel work: the processors this process may run on, or KONTEXT_THREADS.
int worker_count();

// Calls work(index) for every index of [0, count) on worker_count() threads, the caller's among them, and
// returns when all are done. Between items it looks at `stop` and throws Cancelled. The first exception of
// an item ends the rest and is thrown here. Items must not depend on each other's order.
void for_each_parallel(int count, const std::function<void(int)>& work, const std::stop_token& stop = {});

} // namespace kontext
