#include "core/framing/boxes.h"

#include <algorithm>

namespace kontext {

namespace {

template <typename View>
View cut(View view, const PixelBox& box, const PixelBox& part) {
    view.data = view.row(part.y - box.y) + std::ptrdiff_t{part.x - box.x} * view.format.bytes_per_pixel();
    view.size = {part.width, part.height};
    return view;
}

} // namespace

PixelBox intersect(const PixelBox& one, const PixelBox& other) {
    const int left = std::max(one.x, other.x);
    const int top = std::max(one.y, other.y);
    const int right = std::min(one.x + one.width, other.x + other.width);
    const int bottom = std::min(one.y + one.height, other.y + other.height);
    return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

PixelBox unite(const PixelBox& one, const PixelBox& other) {
    const int left = std::min(one.x, other.x);
    const int top = std::min(one.y, other.y);
    const int right = std::max(one.x + one.width, other.x + other.width);
    const int bottom = std::max(one.y + one.height, other.y + other.height);
    return {left, top, right - left, bottom - top};
}

bool contains(const PixelBox& outer, const PixelBox& inner) {
    return intersect(outer, inner) == inner;
}

bool is_empty(const PixelBox& box) {
    return box.width <= 0 || box.height <= 0;
}

PixelBox box_of(Size layer) {
    return {0, 0, layer.width, layer.height};
}

ImageView part_of(ImageView view, const PixelBox& box, const PixelBox& part) {
    return cut(view, box, part);
}

MutableImageView part_of(MutableImageView view, const PixelBox& box, const PixelBox& part) {
    return cut(view, box, part);
}

} // namespace kontext
