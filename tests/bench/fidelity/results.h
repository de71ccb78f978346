#pragma once

#include "tests/bench/fidelity/round_trip.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace kontext::bench {

// One line of results: a case, and what was measured of it.
class Row {
public:
    Row(const Case& which, std::string_view method, std::string_view decision)
        : which_(which), method_(method), decision_(decision) {}

    static std::string header();
    void set(std::string_view measure, double value);
    // Of the bytes that came out: equal for any number of threads.
    void set_fingerprint(std::string text) { fingerprint_ = std::move(text); }
    std::string text() const; // CSV

private:
    Case which_;
    std::string method_;
    std::string decision_;
    std::string fingerprint_;
    std::map<std::string, double, std::less<>> values_;
};

} // namespace kontext::bench
