#pragma once

#include "tests/bench/fidelity/random.h"

#include <array>
#include <cstddef>
#include <string_view>

#include <opencv2/core.hpp>

namespace kontext::bench {

// What a model might be asked to do. Up to `sky` a part of the picture changes, after it all of it.
enum class EditKind {
    none,
    paste_small,
    paste_medium,
    paste_large,
    same_photo,
    removal,
    recolour,
    lamp,
    paste_shadow,
    move,
    background,
    sky,
    relight,
    black_white,
    style,
};

inline constexpr std::array all_edits = {
    EditKind::none,         EditKind::paste_small, EditKind::paste_medium, EditKind::paste_large,
    EditKind::same_photo,   EditKind::removal,     EditKind::recolour,     EditKind::lamp,
    EditKind::paste_shadow, EditKind::move,        EditKind::background,   EditKind::sky,
    EditKind::relight,      EditKind::black_white, EditKind::style,
};

std::string_view name_of(EditKind kind);
constexpr bool is_global(EditKind kind) {
    return kind == EditKind::relight || kind == EditKind::black_white || kind == EditKind::style;
}
constexpr bool is_local(EditKind kind) {
    return kind != EditKind::none && !is_global(kind);
}

// The photo after the edit, at its full resolution: what a perfect editor would return. Pixels that the edit
// does not touch are the photo's own. `donor` is another photo, for what is put in; `model_scale` is photo
// pixels per pixel of the model. Both are CV_8UC3, RGB.
cv::Mat make_edit(EditKind kind, const cv::Mat& photo, const cv::Mat& donor, double model_scale,
                  Random& random);

} // namespace kontext::bench
