#include "core/job/coverage.h"

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{7, 5};

Raster mask_of(std::initializer_list<std::pair<int, int>> places, std::uint16_t value = 65'535) {
    Image mask(size, {SampleType::u16, 1});
    for (const auto& [x, y] : places) {
        mask.view().samples<std::uint16_t>(y)[x] = value;
    }
    return Raster(std::move(mask));
}

std::uint16_t sample(const Raster& mask, int x, int y) {
    Image row({size.width, 1}, mask.format());
    mask.read_rows(y, row.view());
    return row.view().samples<std::uint16_t>(0)[x];
}

} // namespace

TEST(Coverage, HasASmallestBox) {
    EXPECT_EQ(covered_box(mask_of({{2, 1}, {5, 3}}, 1)), (PixelBox{2, 1, 4, 3}));
    EXPECT_EQ(covered_box(mask_of({{0, 0}})), (PixelBox{0, 0, 1, 1}));
    EXPECT_EQ(covered_box(mask_of({{6, 4}}, 256)), (PixelBox{6, 4, 1, 1}));
    EXPECT_EQ(covered_box(mask_of({})), std::nullopt);
}

TEST(Coverage, IsWhatIsSelectedAndNotProtected) {
    const auto selection = std::make_shared<const Raster>(mask_of({{1, 1}, {2, 2}}, 40'000));
    const auto protection = std::make_shared<const Raster>(mask_of({{1, 1}, {3, 3}}));
    const auto both = allowed_mask(selection, protection);
    EXPECT_EQ(sample(*both, 1, 1), 0);
    EXPECT_EQ(sample(*both, 2, 2), 40'000);
    EXPECT_EQ(sample(*both, 3, 3), 0);
    const auto rest = allowed_mask(nullptr, protection);
    EXPECT_EQ(sample(*rest, 1, 1), 0);
    EXPECT_EQ(sample(*rest, 2, 2), 65'535);
    EXPECT_EQ(allowed_mask(selection, nullptr), selection);
    EXPECT_EQ(allowed_mask(nullptr, nullptr), nullptr);
}

TEST(Coverage, IsCroppedByWholePixels) {
    const Raster part = crop(mask_of({{2, 1}, {5, 3}}, 7), {2, 1, 4, 3});
    EXPECT_EQ(part.size(), (Size{4, 3}));
    Image pixels(part.size(), part.format());
    part.read_rows(0, pixels.view());
    EXPECT_EQ(pixels.view().samples<std::uint16_t>(0)[0], 7);
    EXPECT_EQ(pixels.view().samples<std::uint16_t>(2)[3], 7);
    EXPECT_EQ(pixels.view().samples<std::uint16_t>(1)[1], 0);
}

} // namespace kontext
