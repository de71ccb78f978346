#include "core/net/retry.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <curl/curl.h>

namespace kontext {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds longest = 10min;

std::optional<std::chrono::system_clock::time_point> date_from_text(std::string_view text) {
    const time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
    if (seconds == -1) {
        return std::nullopt;
    }
    return std::chrono::system_clock::from_time_t(seconds);
}

} // namespace

std::optional<milliseconds> retry_after(const HttpResponse& response,
                                        std::chrono::system_clock::time_point now) {
    const std::string_view text = response.header("retry-after");
    if (text.empty()) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    if (const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        failure == std::errc() && (end == text.data() + text.size() || *end == '.')) {
        return std::clamp<milliseconds>(std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 600)), 0ms,
                                        longest);
    }
    const auto date = date_from_text(text);
    if (!date) {
        return std::nullopt;
    }
    now = date_from_text(response.header("date")).value_or(now);
    return std::clamp(std::chrono::duration_cast<milliseconds>(*date - now), 0ms, longest);
}

milliseconds backoff_delay(int attempt, double luck) {
    const double seconds = static_cast<double>(1 << std::clamp(attempt, 0, 3));
    return milliseconds(static_cast<std::int64_t>(1000 * seconds * (1 - std::clamp(luck, 0.0, 1.0) / 2)));
}

milliseconds poll_delay(milliseconds elapsed, std::optional<milliseconds> typical,
                        std::optional<milliseconds> wanted) {
    // A tenth of the run time between two looks adds a twentieth in the mean.
    milliseconds delay = std::clamp(elapsed / 10, typical ? 20ms : 250ms, 5000ms);
    if (typical && elapsed <= *typical * 5 / 4) { // beyond, it says nothing about this run
        // Nothing is ready in the first half of the usual time: look now and then, for the progress.
        const milliseconds first_half = *typical / 2;
        delay = elapsed < first_half ? std::clamp(std::min(first_half - elapsed, *typical / 5), 50ms, 5000ms)
                                     : std::clamp(std::max(elapsed, *typical) / 16, 20ms, 5000ms);
    }
    return std::max(delay, wanted.value_or(0ms));
}

} // namespace kontext
