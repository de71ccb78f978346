#pragma once

#include <chrono>

namespace kontext {

// [first, end) of a calendar month, local time.
struct Month {
    std::chrono::system_clock::time_point first;
    std::chrono::system_clock::time_point end;
};

Month month_of(std::chrono::system_clock::time_point time);

} // namespace kontext
