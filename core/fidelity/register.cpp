#include "core/fidelity/register.h"

#include "core/fidelity/field.h"
#include "core/fidelity/grid.h"
#include "core/fidelity/median.h"
#include "core/fidelity/patch_match.h"
#include "core/fidelity/pyramid.h"

#include <algorithm>
#include <cmath>

namespace kontext {

namespace {

constexpr float textured = 0.1F; // mean square of the features around a node
constexpr float agreeing = 0.5F; // correlation around a node

// The affine part, from the coarsest level down to the second finest.
AffineShift find_affine(const std::vector<FeatureLevel>& pyramid, Size canvas) {
    constexpr PatchSearch searches[] = {{31, 24, 3}, {35, 24, 4}, {35, 16, 5}, {31, 10, 13}};
    AffineShift affine{};
    const double half = std::max(canvas.width, canvas.height) / 2.0;
    for (int level = static_cast<int>(pyramid.size()) - 1;
         level >= std::min(1, static_cast<int>(pyramid.size()) - 1); --level) {
        const FeatureLevel& pair = pyramid[static_cast<std::size_t>(level)];
        const bool coarsest = level + 1 == static_cast<int>(pyramid.size());
        PatchSearch search = searches[level];
        if (coarsest) {
            search = searches[3];
        }
        const std::vector<Match> matches = match_patches(pair, canvas, affine, search);
        const double pixel = pair.scale / half;
        affine = fit_affine(matches,
                            {.tolerance = (coarsest ? 1.5 : 2.0) * pixel, .largest = coarsest ? 0.2 : 0.2});
    }
    return affine;
}

double share_of_range(double value, double low, double high) {
    return std::clamp((value - low) / (high - low), 0.0, 1.0);
}

// How sure it is that the two are the same picture in these places: by the share of textured places that
// agree, their number, how much of the frame they cover and how well they agree.
double rate(const Agreement& agreement, Size nodes) {
    std::vector<float> good;
    double count = 0;
    std::array<bool, 64> covered{};
    for (int y = 0; y < nodes.height; ++y) {
        for (int x = 0; x < nodes.width; ++x) {
            const auto node = static_cast<std::size_t>(y * nodes.width + x);
            if (agreement.texture[node] < textured) {
                continue;
            }
            ++count;
            if (agreement.correlation[node] > agreeing) {
                good.push_back(agreement.correlation[node]);
                covered[static_cast<std::size_t>(y * 8 / nodes.height * 8 + x * 8 / nodes.width)] = true;
            }
        }
    }
    if (good.empty()) {
        return 0;
    }
    const auto found = static_cast<double>(good.size());
    const double cover = static_cast<double>(std::count(covered.begin(), covered.end(), true)) / 64;
    return share_of_range(found / count, 0.06, 0.12) * std::min(1.0, found / 12) *
           std::min(1.0, cover / 0.10) * share_of_range(median_of(good), 0.5, 0.7);
}

std::vector<float> weights_of(const Agreement& agreement) {
    std::vector<float> weights;
    for (std::size_t i = 0; i < agreement.texture.size(); ++i) {
        const bool good = agreement.texture[i] >= textured && agreement.correlation[i] > agreeing;
        weights.push_back(good ? agreement.texture[i] : 0);
    }
    return weights;
}

Registration finish(const FeatureLevel& level, Size canvas, Alignment alignment) {
    const Agreement agreement = measure_agreement(level, canvas, alignment);
    return {normalise(alignment, canvas, weights_of(agreement)),
            rate(agreement, alignment.displacement.size)};
}

} // namespace

Registration register_pictures(const std::vector<FeatureLevel>& pyramid, Size canvas) {
    Alignment alignment{find_affine(pyramid, canvas), make_grid(canvas, field_step, 2)};
    // From coarse to fine and from far to near: what is far fills the places that know nothing themselves.
    const std::span<const FeatureLevel> all(pyramid);
    const auto from = [&](std::size_t level) { return all.subspan(std::min(level, all.size() - 1)); };
    for (const double reach : {8.0, 4.0, 2.5, 2.25, 2.0}) {
        alignment = improve_alignment(from(1), canvas, alignment, reach);
    }
    alignment = improve_alignment(from(0), canvas, alignment, 2.25);
    return finish(pyramid[0], canvas, std::move(alignment));
}

Alignment refine_alignment(const std::vector<FeatureLevel>& pyramid, Size canvas, const Alignment& start) {
    const std::span<const FeatureLevel> all(pyramid);
    const auto coarser = std::ranges::find_if(all, [](const FeatureLevel& level) { return level.scale > 1; });
    Grid rest = make_grid(canvas, field_step, 2);
    if (coarser != all.end()) {
        rest = settle_displacement({coarser, all.end()}, canvas, start.displacement, rest);
    }
    rest = settle_displacement(all, canvas, start.displacement, rest);
    const std::vector<float> everywhere(static_cast<std::size_t>(rest.size.pixels()), 1);
    return normalise(move_after(start, rest), canvas, everywhere);
}

} // namespace kontext
