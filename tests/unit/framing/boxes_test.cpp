#include "core/framing/boxes.h"

#include <gtest/gtest.h>

namespace kontext {

TEST(Boxes, MeetInWhatBothHave) {
    EXPECT_EQ(intersect({0, 0, 10, 10}, {4, -2, 10, 5}), (PixelBox{4, 0, 6, 3}));
    EXPECT_TRUE(is_empty(intersect({0, 0, 10, 10}, {10, 0, 5, 5})));
    EXPECT_TRUE(is_empty(intersect({0, 0, 10, 10}, {20, 20, 5, 5})));
}

TEST(Boxes, AreUnitedInTheSmallestAroundThem) {
    EXPECT_EQ(unite({0, 0, 10, 10}, {-4, 5, 6, 8}), (PixelBox{-4, 0, 14, 13}));
}

TEST(Boxes, HoldOthersUpToTheirBorders) {
    EXPECT_TRUE(contains({0, 0, 10, 10}, {0, 0, 10, 10}));
    EXPECT_TRUE(contains({0, 0, 10, 10}, {9, 9, 1, 1}));
    EXPECT_FALSE(contains({0, 0, 10, 10}, {9, 9, 2, 1}));
    EXPECT_FALSE(contains({0, 0, 10, 10}, {-1, 0, 5, 5}));
}

TEST(Boxes, CutViewsByTheirPlace) {
    Image image({4, 3}, {SampleType::u16, 1});
    image.view().samples<std::uint16_t>(2)[3] = 9;
    const ImageView part = part_of(std::as_const(image).view(), {10, 20, 4, 3}, {13, 22, 1, 1});
    EXPECT_EQ(part.size, (Size{1, 1}));
    EXPECT_EQ(part.samples<std::uint16_t>(0)[0], 9);
}

} // namespace kontext
