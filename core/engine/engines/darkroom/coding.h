#pragma once

#include "core/engine/engines/darkroom/tile.h"
#include "core/image/color.h"
#include "core/image/image.h"

#include <span>
#include <vector>

namespace kontext::darkroom {

// A rectangle of a picture: what a tile covers, or the part of it that is wanted.
struct Area {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

// Mirrors an index into [0, count), the border sample not repeated.
int reflected(int index, int count);

// Between a layer's samples and a tile's. Makes tables for integers; use one for a whole picture.
class Coding {
public:
    Coding(PixelFormat format, const Transfer& transfer);

    // Folds curves into the tables of an integer format, so that they cost nothing: they are done by load().
    // Integers only.
    void fold(std::span<const Step> curves);
    // The whole way of an integer sample through the folded curves and back, by channel.
    std::vector<std::uint16_t> table(int channel) const;

    // The tile of `area`, which may reach beyond the picture of `size`: mirrored there. `rows` begin at the
    // picture's row `first_row` and hold every row that is needed.
    Tile load(const ImageView& rows, int first_row, Size size, Area area, bool with_alpha) const;
    // Writes the colour of `area`, which lies within the tile, to `rows` that begin at the picture's row
    // `first_row`. Alpha is left alone. `dithered`: for 8 bits, against bands in gradients.
    void store(const Tile& tile, Area area, const MutableImageView& rows, int first_row, bool dithered) const;

private:
    float decode(float sample) const;
    float encode(float value) const;

    PixelFormat format_;
    Transfer transfer_;
    std::vector<float> decoded_[3]; // by channel, for integers
    std::vector<float> encoded_;    // for 8 bits whose encoding is not sRGB's: equal steps over 0..1
};

} // namespace kontext::darkroom
