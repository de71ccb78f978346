#include "core/image/raster.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <cstdint>
#include <filesystem>
#include <numeric>

#include <sys/resource.h>

namespace kontext {

namespace {

constexpr PixelFormat rgb8 = {SampleType::u8, 3};
constexpr Size large = {3000, 1000}; // 9 MB: above the memory limit

Image make_ramp(Size size, PixelFormat format, std::uint8_t start) {
    Image image(size, format);
    for (int y = 0; y < size.height; ++y) {
        auto* row = image.view().samples<std::uint8_t>(y);
        std::iota(row, row + image.stride(), static_cast<std::uint8_t>(start + y));
    }
    return image;
}

bool equal(const ImageView& one, const ImageView& other) {
    const auto bytes = static_cast<std::size_t>(one.size.width * one.format.bytes_per_pixel());
    for (int y = 0; y < one.size.height; ++y) {
        if (!std::equal(one.row(y), one.row(y) + bytes, other.row(y))) {
            return false;
        }
    }
    return one.size == other.size;
}

void write_and_read_back(Raster& raster) {
    const Image band = make_ramp({raster.size().width, 100}, raster.format(), 7);
    raster.write_rows(400, band.view());
    Image read({raster.size().width, 100}, raster.format());
    raster.read_rows(400, read.view());
    EXPECT_TRUE(equal(band.view(), read.view()));
    Image before({raster.size().width, 1}, raster.format());
    raster.read_rows(399, before.view());
    EXPECT_TRUE(equal(before.view(), Image({raster.size().width, 1}, raster.format()).view()));
}

} // namespace

TEST(Raster, KeepsSmallPicturesInMemory) {
    const test::TestFolder folder;
    Raster raster({100, 1000}, rgb8);
    EXPECT_TRUE(raster.in_memory());
    write_and_read_back(raster);
}

TEST(Raster, KeepsLargePicturesInAFileWithoutAName) {
    const test::TestFolder folder;
    Raster raster(large, rgb8, folder.path());
    EXPECT_FALSE(raster.in_memory());
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    write_and_read_back(raster);
}

TEST(Raster, ReadsRowsIntoAViewWithGaps) {
    const test::TestFolder folder;
    for (const Size size : {Size{50, 20}, large}) {
        Raster raster(size, rgb8, folder.path());
        const Image band = make_ramp({size.width, 4}, rgb8, 3);
        raster.write_rows(5, band.view());
        Image wide({size.width + 9, 4}, rgb8);
        const MutableImageView gapped{wide.view().data, {size.width, 4}, rgb8, wide.stride()};
        raster.read_rows(5, gapped);
        EXPECT_TRUE(equal(band.view(), gapped));
        raster.write_rows(10, gapped);
        Image again({size.width, 4}, rgb8);
        raster.read_rows(10, again.view());
        EXPECT_TRUE(equal(band.view(), again.view()));
    }
}

TEST(Raster, IsMovedWithItsPixels) {
    const test::TestFolder folder;
    Raster raster(large, rgb8, folder.path());
    raster.write_rows(0, make_ramp({large.width, 1}, rgb8, 9).view());
    Raster other = std::move(raster);
    EXPECT_TRUE(raster.empty()); // NOLINT(bugprone-use-after-move): that is what is tested
    Image row({large.width, 1}, rgb8);
    other.read_rows(0, row.view());
    EXPECT_TRUE(equal(row.view(), make_ramp({large.width, 1}, rgb8, 9).view()));
}

TEST(Raster, TellsThatTheDiskIsFullBeforeTheWork) {
    const test::TestFolder folder;
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    test::expect_error(ErrorCode::out_of_space, [&] { Raster(large, rgb8, folder.path()); });
    setrlimit(RLIMIT_FSIZE, &before);
}

TEST(Raster, NamesTheFolderThatCannotBeUsed) {
    const std::string message =
        test::expect_error(ErrorCode::internal, [] { Raster(large, rgb8, "/no/such/folder"); });
    EXPECT_NE(message.find("/no/such/folder"), std::string::npos);
}

TEST(RowsPerBand, StaysWithinThePicture) {
    EXPECT_EQ(rows_per_band({1000, 50}, rgb8, 1 << 30), 50);
    EXPECT_EQ(rows_per_band({1000, 50}, rgb8, 30'000), 10);
    EXPECT_EQ(rows_per_band({1000, 50}, rgb8, 1), 1);
    EXPECT_EQ(rows_per_band({0, 0}, rgb8, 1000), 1);
}

} // namespace kontext
