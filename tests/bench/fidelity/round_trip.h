#pragma once

#include "core/framing/framing.h"
#include "tests/bench/fidelity/drift.h"
#include "tests/bench/fidelity/edits.h"
#include "tests/bench/fidelity/photos.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <opencv2/core.hpp>

namespace kontext::bench {

// Which photo, which edit, which chance.
struct Case {
    std::size_t photo = 0;
    EditKind edit = EditKind::none;
    std::uint64_t seed_base = 0;

    std::uint64_t seed() const { return seed_base + 1000 * photo + 10 * static_cast<std::uint64_t>(edit); }
    // One case in four drifts only lightly, as models do on a good day.
    bool drifts_lightly() const { return (photo + static_cast<std::size_t>(edit)) % 4 == 0; }
};

// What a model is sent and what it returns, with the truth about it; pictures are CV_8UC3, RGB.
struct RoundTrip {
    Framing framing; // of the photo on what was sent
    cv::Mat sent;
    cv::Mat reply;
    cv::Mat changed; // CV_8U on the sent picture: 255 where the edit is visible (ΔE over 2.3)
    Drift drift;     // the true map
};

// The sizes of FLUX.1 Kontext.
const CanvasSizes& model_sizes();

// A photo as a model is sent it.
cv::Mat send(const cv::Mat& photo, const Framing& framing);

class Simulator {
public:
    // `cache` empty: nothing is kept.
    Simulator(std::filesystem::path photo_folder, std::filesystem::path cache);

    const cv::Mat& photo(std::size_t index) { return shelf_.photo(index); }
    RoundTrip simulate(const Case& which);
    // The edited photo at full resolution.
    cv::Mat truth(const Case& which);

private:
    std::optional<RoundTrip> load(const std::filesystem::path& file, const Case& which);

    PhotoShelf shelf_;
    std::filesystem::path cache_;
};

} // namespace kontext::bench
