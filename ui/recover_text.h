#pragma once

#include "core/job/recover.h"

#include <chrono>
#include <string>

namespace kontext::ui {

// An edit that is waiting, for a list.
struct UndeliveredText {
    std::string title;   // its prompt, on one line
    std::string details; // "“Sky”, FLUX.1 Kontext pro at Eachlabs, today 14:05, $0.04"
    std::string state;   // where it stands, in plain words
};

UndeliveredText describe_undelivered(const UndeliveredEdit& edit, std::chrono::system_clock::time_point now);

} // namespace kontext::ui
