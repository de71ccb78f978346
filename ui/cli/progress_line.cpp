#include "ui/cli/progress_line.h"

#include "ui/text/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <unistd.h>

namespace kontext::cli {

namespace {

using Clock = std::chrono::steady_clock;

std::string draw_bar(double fraction) {
    constexpr int cells = 24;
    const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * cells));
    std::string bar = "[";
    bar.append(static_cast<std::size_t>(full), '#').append(static_cast<std::size_t>(cells - full), ' ');
    return bar + "] " + std::to_string(std::lround(fraction * 100)) + " %";
}

std::string draw_time(Clock::duration elapsed) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
    const std::string rest = std::to_string(seconds % 60);
    return std::to_string(seconds / 60) + (rest.size() == 1 ? ":0" : ":") + rest;
}

} // namespace

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) == 1), start_(Clock::now()) {}

ProgressLine::~ProgressLine() {
    const std::scoped_lock lock(mutex_);
    clear();
}

void ProgressLine::show(const std::string& text, std::optional<double> fraction) {
    const std::scoped_lock lock(mutex_);
    const bool is_new = text != shown_;
    shown_ = text;
    if (!is_terminal_) {
        if (is_new) {
            std::fprintf(stderr, "%s\n", text.c_str());
        }
        return;
    }
    const auto now = Clock::now();
    if (!is_new && now - drawn_ < std::chrono::milliseconds(100)) {
        return;
    }
    drawn_ = now;
    std::fprintf(stderr, "\r\033[K%s  %s %s", text.c_str(), fraction ? draw_bar(*fraction).c_str() : "",
                 draw_time(now - start_).c_str());
}

void ProgressLine::show(const Progress& progress) {
    show(ui::describe_stage(progress.stage), progress.fraction);
}

void ProgressLine::say(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
}

void ProgressLine::clear() {
    if (is_terminal_ && !shown_.empty()) {
        std::fputs("\r\033[K", stderr);
    }
    shown_.clear();
}

} // namespace kontext::cli
