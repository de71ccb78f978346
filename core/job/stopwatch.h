#pragma once

#include <chrono>
#include <map>
#include <string>

namespace kontext {

// How long each stage took, for reports; "total" is from the start to when it was asked.
using Timings = std::map<std::string, std::chrono::milliseconds>;

// Tells where the time went. What comes several times is added up.
class Stopwatch {
public:
    void lap(const std::string& stage) {
        const auto now = Clock::now();
        laps_[stage] += now - last_;
        last_ = now;
    }
    Timings timings() const {
        Timings all;
        for (const auto& [stage, time] : laps_) {
            all[stage] = std::chrono::duration_cast<std::chrono::milliseconds>(time);
        }
        all["total"] = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_);
        return all;
    }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
    std::map<std::string, Clock::duration> laps_;
};

} // namespace kontext
