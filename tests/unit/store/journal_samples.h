#pragma once

#include "core/store/journal.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kontext::test {

inline PreparedPrediction paid_prediction(std::optional<double> price_usd = 0.04) {
    return {.engine = "eachlabs",
            .model = "kontext-pro",
            .request = R"({"prompt": "gold"})",
            .placement = R"({"crop": [0, 0, 8, 8]})",
            .command = "command-1",
            .price_usd = price_usd};
}

inline std::vector<std::byte> reply_of(std::size_t size, unsigned seed = 1) {
    std::vector<std::byte> bytes(size);
    std::uint32_t state = seed;
    for (std::byte& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<std::byte>(state >> 24);
    }
    return bytes;
}

// Takes a new prediction to a state, by the way that leads there.
inline std::int64_t make_prediction(Journal& journal, PredictionState state,
                                    std::optional<double> price_usd = 0.04) {
    using enum PredictionState;
    const std::int64_t id = journal.prepare(paid_prediction(price_usd), {});
    if (state == prepared) {
        return id;
    }
    journal.mark_submitted(id, "submitted");
    if (state == submitted) {
        return id;
    }
    if (state != running && state != downloaded && state != delivered) {
        journal.end(id, {.state = state});
        return id;
    }
    journal.mark_running(id, "running", {});
    if (state != running) {
        journal.keep_reply(id, reply_of(100), {}, {});
    }
    if (state == delivered) {
        journal.mark_delivered(id);
    }
    return id;
}

} // namespace kontext::test
