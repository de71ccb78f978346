#pragma once

#include "core/engine/engine.h"

#include <chrono>
#include <mutex>
#include <string>

namespace kontext::cli {

// Tells on standard error how far things are: on a terminal one line that is drawn over, else a line for each
// stage. Any thread.
class ProgressLine {
public:
    ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine(); // clears the line

    void show(const std::string& text, std::optional<double> fraction = {});
    void show(const Progress& progress);
    // A line that stays.
    void say(const std::string& text);

private:
    void clear();

    const bool is_terminal_;
    const std::chrono::steady_clock::time_point start_;
    std::mutex mutex_;
    std::string shown_;
    std::chrono::steady_clock::time_point drawn_;
};

} // namespace kontext::cli
