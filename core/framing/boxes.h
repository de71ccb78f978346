#pragma once

#include "core/framing/framing.h"

namespace kontext {

PixelBox intersect(const PixelBox& one,
                   const PixelBox& other);                  // without width or height where they do not meet
PixelBox unite(const PixelBox& one, const PixelBox& other); // the smallest around both
bool contains(const PixelBox& outer, const PixelBox& inner);
bool is_empty(const PixelBox& box);
PixelBox box_of(Size layer); // all of it

// The part of a view that shows a box. `part` lies within the box.
ImageView part_of(ImageView view, const PixelBox& box, const PixelBox& part);
MutableImageView part_of(MutableImageView view, const PixelBox& box, const PixelBox& part);

} // namespace kontext
