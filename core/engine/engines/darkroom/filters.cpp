#include "core/engine/engines/darkroom/filters.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace kontext::darkroom {
namespace {

cv::Mat mat_of(Plane& plane) {
    return {plane.height, plane.width, CV_32F, plane.samples.data()};
}

// OpenCV has no read-only view.
cv::Mat mat_of(const Plane& plane) {
    return {plane.height, plane.width, CV_32F, const_cast<float*>(plane.samples.data())};
}

void blur_into(const Plane& from, Plane& to, double sigma) {
    const int size = 2 * static_cast<int>(std::ceil(3 * sigma)) + 1;
    cv::Mat out = mat_of(to);
    cv::GaussianBlur(mat_of(from), out, {size, size}, sigma, sigma, cv::BORDER_REFLECT_101);
}

Plane product(const Plane& a, const Plane& b) {
    Plane result(a.width, a.height);
    for (std::size_t i = 0; i < a.samples.size(); ++i) {
        result.samples[i] = a.samples[i] * b.samples[i];
    }
    return result;
}

float uniform(std::uint64_t seed, int x, int y) {
    std::uint64_t h = seed ^ (static_cast<std::uint64_t>(static_cast<std::uint32_t>(x)) << 32U |
                              static_cast<std::uint32_t>(y));
    h ^= h >> 30U;
    h *= 0xBF58476D1CE4E5B9U;
    h ^= h >> 27U;
    h *= 0x94D049BB133111EBU;
    h ^= h >> 31U;
    // two uniform values make a triangle, which is near enough to a bell
    return static_cast<float>(static_cast<std::int64_t>(h & 0xFFFFFFU) +
                              static_cast<std::int64_t>(h >> 40U)) /
               static_cast<float>(0x1000000) -
           1.0F;
}

} // namespace

Plane luma_of(const Tile& tile, const std::array<float, 3>& luminance) {
    if (tile.channels == 1) {
        return tile.planes[0];
    }
    Plane luma(tile.width(), tile.height());
    for (std::size_t i = 0; i < luma.samples.size(); ++i) {
        luma.samples[i] = luminance[0] * tile.planes[0].samples[i] +
                          luminance[1] * tile.planes[1].samples[i] + luminance[2] * tile.planes[2].samples[i];
    }
    return luma;
}

void add_to_all(Tile& tile, const Plane& delta) {
    for (int channel = 0; channel < tile.channels; ++channel) {
        auto& samples = tile.planes[static_cast<std::size_t>(channel)].samples;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            samples[i] += delta.samples[i];
        }
    }
}

int reach_of(double sigma) {
    return static_cast<int>(std::ceil(3 * sigma));
}

Plane smooth(const Tile& tile, const Plane& plane, double sigma) {
    const double own = sigma / std::max(tile.scale_x, tile.scale_y);
    if (own < 0.3 || plane.samples.empty()) {
        return plane;
    }
    Plane result(plane.width, plane.height);
    if (tile.alpha.samples.empty()) {
        blur_into(plane, result, own);
        return result;
    }
    Plane weight(plane.width, plane.height);
    blur_into(product(plane, tile.alpha), result, own);
    blur_into(tile.alpha, weight, own);
    for (std::size_t i = 0; i < result.samples.size(); ++i) {
        result.samples[i] =
            weight.samples[i] > 1e-4F ? result.samples[i] / weight.samples[i] : plane.samples[i];
    }
    return result;
}

Plane shifted(const Plane& plane, int dx, int dy) {
    Plane result(plane.width, plane.height);
    for (int y = 0; y < plane.height; ++y) {
        const float* from = plane.row(std::clamp(y + dy, 0, plane.height - 1));
        float* to = result.row(y);
        for (int x = 0; x < plane.width; ++x) {
            to[x] = from[std::clamp(x + dx, 0, plane.width - 1)];
        }
    }
    return result;
}

Plane darkest_around(const Plane& plane, int radius) {
    Plane result(plane.width, plane.height);
    cv::Mat out = mat_of(result);
    const int size = 2 * radius + 1;
    cv::erode(mat_of(plane), out, cv::getStructuringElement(cv::MORPH_RECT, {size, size}));
    return result;
}

ProxyMap map_of(const Tile& proxy, Plane plane) {
    return {std::move(plane), proxy.scale_x, proxy.scale_y};
}

Plane sample_map(const ProxyMap& map, const Tile& tile) {
    const int width = tile.width();
    struct Column {
        int first;
        int second;
        float share;
    };
    const auto place = [](double at, int count) -> Column {
        const double inside = std::clamp(at, 0.0, static_cast<double>(count - 1));
        const int first = static_cast<int>(inside);
        return {first, std::min(first + 1, count - 1), static_cast<float>(inside - first)};
    };
    std::vector<Column> columns;
    columns.reserve(static_cast<std::size_t>(width));
    for (int i = 0; i < width; ++i) {
        columns.push_back(place((tile.picture_x(i) + 0.5) / map.scale_x - 0.5, map.plane.width));
    }
    Plane result(width, tile.height());
    for (int line = 0; line < tile.height(); ++line) {
        const Column rows = place((tile.picture_y(line) + 0.5) / map.scale_y - 0.5, map.plane.height);
        const float* upper = map.plane.row(rows.first);
        const float* lower = map.plane.row(rows.second);
        float* to = result.row(line);
        for (int i = 0; i < width; ++i) {
            const Column& c = columns[static_cast<std::size_t>(i)];
            const float above = upper[c.first] + (upper[c.second] - upper[c.first]) * c.share;
            const float below = lower[c.first] + (lower[c.second] - lower[c.first]) * c.share;
            to[i] = above + (below - above) * rows.share;
        }
    }
    return result;
}

EdgeKeepingBase edge_keeping_base(const Tile& proxy, const Plane& guide, const Plane& values, double sigma,
                                  float softness) {
    const Plane mean_guide = smooth(proxy, guide, sigma);
    const Plane mean_values = smooth(proxy, values, sigma);
    const Plane mean_square = smooth(proxy, product(guide, guide), sigma);
    const Plane mean_product = smooth(proxy, product(guide, values), sigma);
    Plane scale(guide.width, guide.height);
    Plane offset(guide.width, guide.height);
    for (std::size_t i = 0; i < scale.samples.size(); ++i) {
        const float spread =
            std::max(0.0F, mean_square.samples[i] - mean_guide.samples[i] * mean_guide.samples[i]);
        const float common = mean_product.samples[i] - mean_guide.samples[i] * mean_values.samples[i];
        scale.samples[i] = common / (spread + softness * softness);
        offset.samples[i] = mean_values.samples[i] - scale.samples[i] * mean_guide.samples[i];
    }
    return {map_of(proxy, smooth(proxy, scale, sigma)), map_of(proxy, smooth(proxy, offset, sigma))};
}

Plane sample_base(const EdgeKeepingBase& base, const Tile& tile, const Plane& guide) {
    Plane result = sample_map(base.scale, tile);
    const Plane offset = sample_map(base.offset, tile);
    for (std::size_t i = 0; i < result.samples.size(); ++i) {
        result.samples[i] = result.samples[i] * guide.samples[i] + offset.samples[i];
    }
    return result;
}

int reach_of_patches(double radius) {
    return reach_of(std::max(radius / 2, 0.5)) + static_cast<int>(std::lround(radius)) + 1;
}

void paint_patches(Tile& tile, const std::array<float, 3>& luminance, double radius) {
    const double sigma = radius / 2;
    const Plane luma = luma_of(tile, luminance);
    const Plane mean = smooth(tile, luma, sigma);
    Plane calm = smooth(tile, product(luma, luma), sigma); // how little the neighbourhood varies, as a weight
    for (std::size_t i = 0; i < calm.samples.size(); ++i) {
        const float spread = std::max(0.0F, calm.samples[i] - mean.samples[i] * mean.samples[i]);
        const float inverse = 1 / (spread + 1e-4F);
        calm.samples[i] = inverse * inverse * inverse;
    }
    const double own = radius / std::max(tile.scale_x, tile.scale_y);
    struct Offset {
        int dx;
        int dy;
    };
    std::array<Offset, 8> around{};
    for (std::size_t i = 0; i < around.size(); ++i) {
        const double angle = static_cast<double>(i) * std::numbers::pi / 4;
        around[i] = {static_cast<int>(std::lround(own * std::cos(angle))),
                     static_cast<int>(std::lround(own * std::sin(angle)))};
    }
    std::array<Plane, 3> means;
    for (int channel = 0; channel < tile.channels; ++channel) {
        const auto c = static_cast<std::size_t>(channel);
        means[c] = smooth(tile, tile.planes[c], sigma);
        std::ranges::fill(tile.planes[c].samples, 0.0F);
    }
    Plane total(tile.width(), tile.height());
    for (const auto [dx, dy] : around) {
        const Plane weight = shifted(calm, dx, dy);
        for (int channel = 0; channel < tile.channels; ++channel) {
            const auto c = static_cast<std::size_t>(channel);
            const Plane moved = shifted(means[c], dx, dy);
            for (std::size_t i = 0; i < total.samples.size(); ++i) {
                tile.planes[c].samples[i] += moved.samples[i] * weight.samples[i];
            }
        }
        for (std::size_t i = 0; i < total.samples.size(); ++i) {
            total.samples[i] += weight.samples[i];
        }
    }
    for (int channel = 0; channel < tile.channels; ++channel) {
        auto& samples = tile.planes[static_cast<std::size_t>(channel)].samples;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            samples[i] /= total.samples[i];
        }
    }
}

Plane noise(const Tile& tile, double cell, std::uint64_t seed) {
    Plane result(tile.width(), tile.height());
    const auto split = [cell](double at) {
        const double cells = at / cell;
        const double whole = std::floor(cells);
        const double rest = cells - whole;
        // a smooth step between the cells' values, or no grid would stay hidden
        return std::pair{static_cast<int>(whole), static_cast<float>(rest * rest * (3 - 2 * rest))};
    };
    std::vector<std::pair<int, float>> columns;
    columns.reserve(static_cast<std::size_t>(tile.width()));
    for (int i = 0; i < tile.width(); ++i) {
        columns.push_back(split(tile.picture_x(i)));
    }
    const int first = columns.empty() ? 0 : columns.front().first;
    const int count = columns.empty() ? 0 : columns.back().first - first + 2;
    std::vector<float> upper(static_cast<std::size_t>(count));
    std::vector<float> lower(upper.size());
    for (int line = 0; line < tile.height(); ++line) {
        const auto [row, down] = split(tile.picture_y(line));
        for (int i = 0; i < count; ++i) {
            upper[static_cast<std::size_t>(i)] = uniform(seed, first + i, row);
            lower[static_cast<std::size_t>(i)] = uniform(seed, first + i, row + 1);
        }
        float* to = result.row(line);
        for (int i = 0; i < tile.width(); ++i) {
            const auto [column, right] = columns[static_cast<std::size_t>(i)];
            const auto at = static_cast<std::size_t>(column - first);
            const float above = upper[at] + (upper[at + 1] - upper[at]) * right;
            const float below = lower[at] + (lower[at + 1] - lower[at]) * right;
            to[i] = (above + (below - above) * down) * 3.0F;
        }
    }
    return result;
}

} // namespace kontext::darkroom
