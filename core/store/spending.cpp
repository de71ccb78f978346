#include "core/store/spending.h"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace kontext {

namespace {

constexpr NanoUsd dollar = 1'000'000'000;
constexpr double largest = 1e6;

std::chrono::system_clock::time_point first_of_month(int year, int month) {
    std::tm time{};
    time.tm_year = year;
    time.tm_mon = month;
    time.tm_mday = 1;
    time.tm_isdst = -1;
    return std::chrono::system_clock::from_time_t(std::mktime(&time));
}

} // namespace

std::optional<NanoUsd> nano_usd_from(std::optional<double> usd) {
    if (!usd || !std::isfinite(*usd) || *usd < 0) {
        return std::nullopt;
    }
    return std::llround(std::min(*usd, largest) * static_cast<double>(dollar));
}

double to_usd(NanoUsd price) {
    return static_cast<double>(price) / static_cast<double>(dollar);
}

std::string describe_usd(NanoUsd price) {
    std::string fraction = std::to_string(dollar + price % dollar).substr(1);
    while (fraction.size() > 2 && fraction.back() == '0') {
        fraction.pop_back();
    }
    return "$" + std::to_string(price / dollar) + "." + fraction;
}

Month month_of(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm local{};
    ::tzset(); // localtime_r() need not
    ::localtime_r(&seconds, &local);
    return {first_of_month(local.tm_year, local.tm_mon), first_of_month(local.tm_year, local.tm_mon + 1)};
}

} // namespace kontext
