#include "core/image/image.h"

#include "core/error.h"

#include <cassert>
#include <new>
#include <string>

namespace kontext {

ImageView rows_of(const ImageView& view, int y, int count) {
    assert(y >= 0 && count >= 0 && y + count <= view.size.height);
    return {view.row(y), {view.size.width, count}, view.format, view.stride};
}

MutableImageView rows_of(const MutableImageView& view, int y, int count) {
    assert(y >= 0 && count >= 0 && y + count <= view.size.height);
    return {view.row(y), {view.size.width, count}, view.format, view.stride};
}

Image::Image(Size size, PixelFormat format) : size_(size), format_(format) {
    assert(size.width >= 0 && size.height >= 0 && format.channels >= 1 && format.channels <= 4);
    const auto bytes =
        static_cast<std::size_t>(size.pixels()) * static_cast<std::size_t>(format.bytes_per_pixel());
    data_.reset(new (std::nothrow) std::byte[bytes]());
    if (!data_) {
        throw Error(ErrorCode::out_of_space, "There is not enough memory for a picture of " +
                                                 std::to_string(size.width) + " × " +
                                                 std::to_string(size.height) + " pixels.");
    }
}

} // namespace kontext
