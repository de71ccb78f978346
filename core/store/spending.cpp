#include "core/store/spending.h"

#include <ctime>

namespace kontext {

namespace {

std::chrono::system_clock::time_point first_of_month(int year, int month) {
    std::tm time{};
    time.tm_year = year;
    time.tm_mon = month;
    time.tm_mday = 1;
    time.tm_isdst = -1;
    return std::chrono::system_clock::from_time_t(std::mktime(&time));
}

} // namespace

Month month_of(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm local{};
    ::tzset(); // localtime_r() need not
    ::localtime_r(&seconds, &local);
    return {first_of_month(local.tm_year, local.tm_mon), first_of_month(local.tm_year, local.tm_mon + 1)};
}

} // namespace kontext
