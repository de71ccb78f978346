#include "core/fidelity/match_colors.h"

#include "core/fidelity/grid.h"
#include "core/fidelity/mat.h"
#include "core/fidelity/tone.h"

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include <opencv2/core.hpp>

namespace kontext {

Image match_colors(const ImageView& aligned, const ColorMatch& match) {
    Image matched(aligned.size, {SampleType::f32, 3});
    const int width = aligned.size.width;
    for_each_band(aligned.size.height, [&](int first, int last) {
        cv::Mat row(1, width, CV_32FC3);
        for (int y = first; y < last; ++y) {
            as_mat(rows_of(aligned, y, 1))
                .convertTo(row, CV_32F, aligned.format.sample == SampleType::u8 ? 1 / 255.0 : 1);
            auto* to = matched.view().samples<float>(y);
            apply_tone(match.tone, row.ptr<float>(), to, width);
            add_from_table(match.table, to, width);
        }
    });
    return matched;
}

void add_field(const Grid& field, const MutableImageView& picture) {
    for_each_band(picture.size.height, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const std::vector<float> additions = grid_row(field, y, {picture.size.width}, 3);
            auto* row = picture.samples<float>(y);
            std::ranges::transform(additions, std::span(row, additions.size()), row, std::plus{});
        }
    });
}

void forgive_clipping(const ImageView& canvas, const ImageView& reply, const MutableImageView& matched) {
    constexpr float black = 0.01F;      // where clipping is certain, …
    constexpr float near_black = 0.03F; // … and possible, as compression makes it uneven
    for_each_band(canvas.size.height, [&](int first, int last) {
        for (int y = first; y < last; ++y) {
            const auto* wanted = canvas.samples<float>(y);
            const auto* got = reply.samples<float>(y);
            auto* value = matched.samples<float>(y);
            for (int i = 0; i < 3 * canvas.size.width; ++i) {
                const float beyond = wanted[i] - value[i];
                const float to_end = beyond < 0 ? got[i] : 1 - got[i];
                value[i] += beyond * std::clamp((near_black - to_end) / (near_black - black), 0.0F, 1.0F);
            }
        }
    });
}

} // namespace kontext
