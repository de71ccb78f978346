#pragma once

#include <functional>
#include <string>
#include <thread>

#include <sys/types.h>

// What a person does, or suffers, while an edit runs.
namespace kontext::checks {

// Waits for our plug-in to be developing (it has the layer then, and GIMP no part in it), holds it, calls
// `act` on a thread of its own and lets the plug-in go on. The destructor waits for that.
class DuringDevelopment {
public:
    explicit DuringDevelopment(std::function<void(pid_t plugin)> act);

private:
    std::jthread watcher_;
};

// Has the meddler do it, from a process of its own: "delete-layer ID", "close-image ID". Returns when it is
// done.
void meddle(const std::string& command);
// The meddler itself: an extension that starts with GIMP.
void run_meddler();

} // namespace kontext::checks
