#include "core/framing/taps.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace kontext {

namespace {

// Where a pixel of the endless mirrored line comes from; the pixels at the ends are doubled.
int mirror(std::int64_t at, int source) {
    const std::int64_t period = std::int64_t{2} * source;
    const std::int64_t place = ((at % period) + period) % period;
    return static_cast<int>(place < source ? place : period - 1 - place);
}

double lanczos(double x) {
    constexpr double lobes = 3;
    if (std::abs(x) < 1e-9) {
        return 1;
    }
    if (std::abs(x) >= lobes) {
        return 0;
    }
    const double angle = std::numbers::pi * x;
    return lobes * std::sin(angle) * std::sin(angle / lobes) / (angle * angle);
}

struct Weighted {
    int at = 0;
    double weight = 0;
};

// Share of source pixel `at` in the pixel that covers [begin, end).
double covered(std::int64_t at, double begin, double end) {
    const auto left = static_cast<double>(at);
    return std::max(0.0, std::min(left + 1, end) - std::max(left, begin));
}

// Adds up what falls onto the same source pixel: a line of one pixel may be mirrored thousands of times.
void merge(std::vector<Weighted>& pixels) {
    std::ranges::sort(pixels, {}, &Weighted::at);
    std::size_t count = 0;
    for (const Weighted& pixel : pixels) {
        if (count > 0 && pixels[count - 1].at == pixel.at) {
            pixels[count - 1].weight += pixel.weight;
        } else {
            pixels[count++] = pixel;
        }
    }
    pixels.resize(count);
}

} // namespace

TapLine make_taps(int count, double start, double length, int source, Outside outside) {
    constexpr double negligible = 1e-7;
    const double step = length / count;
    const bool is_area = step >= 2;
    const double width = std::max(step, 1.0); // of a source pixel, in Lanczos's units
    TapLine line;
    line.first = source;
    line.starts.push_back(0);
    std::vector<Weighted> pixels;
    for (int i = 0; i < count; ++i) {
        const double begin = start + i * step;
        const double centre = begin + step / 2;
        const double reach = is_area ? step / 2 : 3 * width;
        const auto low = static_cast<std::int64_t>(std::floor(centre - reach));
        const auto high = static_cast<std::int64_t>(std::ceil(centre + reach));
        pixels.clear();
        double sum = 0;
        for (std::int64_t at = low; at < high; ++at) {
            const double weight = is_area ? covered(at, begin, begin + step)
                                          : lanczos((static_cast<double>(at) + 0.5 - centre) / width);
            sum += weight;
            if (outside == Outside::mirrored) {
                pixels.push_back({mirror(at, source), weight});
            } else if (at >= 0 && at < source) {
                pixels.push_back({static_cast<int>(at), weight});
            }
        }
        merge(pixels);
        for (const Weighted& pixel : pixels) {
            if (std::abs(pixel.weight) > negligible * sum) {
                line.taps.push_back({pixel.at, static_cast<float>(pixel.weight / sum)});
                line.first = std::min(line.first, pixel.at);
                line.last = std::max(line.last, pixel.at);
            }
        }
        line.starts.push_back(line.taps.size());
    }
    return line;
}

} // namespace kontext
