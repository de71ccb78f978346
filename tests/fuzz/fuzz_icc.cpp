#include "core/image/color.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>

// Never throws, and what it takes for a curve can be turned round.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const kontext::ColorEncoding color =
        kontext::color_encoding_from_icc(std::as_bytes(std::span(data, size)));
    float before = -1;
    for (int i = 0; i <= 100; ++i) {
        const float encoded = static_cast<float>(i) / 80; // beyond white, too
        const float linear = color.transfer.to_linear(encoded);
        if (!(linear >= before) || !(std::fabs(color.transfer.from_linear(linear) - encoded) < 1e-3F)) {
            std::abort();
        }
        before = linear;
    }
    for (const float share : color.luminance) {
        if (!std::isfinite(share)) {
            std::abort();
        }
    }
    return 0;
}
