#include "core/image/resize.h"
#include "core/image/samples.h"
#include "tests/support/test_folder.h"
#include "tests/unit/image/pictures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kontext {

namespace {

constexpr std::array all_samples = {SampleType::u8, SampleType::u16, SampleType::f32};
constexpr std::array both_filters = {Filter::area, Filter::lanczos};
constexpr std::array sizes = {Size{1, 1}, Size{7, 5}, Size{40, 30}, Size{41, 29}, Size{80, 60}, Size{3, 90}};

Image make_constant(Size size, PixelFormat format, double value) {
    Image image(size, format);
    const std::ptrdiff_t count = std::ptrdiff_t{size.width} * format.channels;
    for (int y = 0; y < size.height; ++y) {
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            switch (format.sample) {
            case SampleType::u8:
                image.view().samples<std::uint8_t>(y)[i] = static_cast<std::uint8_t>(value * 255);
                break;
            case SampleType::u16:
                image.view().samples<std::uint16_t>(y)[i] = static_cast<std::uint16_t>(value * 65535);
                break;
            case SampleType::f32: image.view().samples<float>(y)[i] = static_cast<float>(value); break;
            }
        }
    }
    return image;
}

double mean(const Image& image) {
    const std::vector<float> samples = test::samples_of<float>(image.view());
    return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

// A soft spot with its middle at (x, y), in pixel centres.
Image make_spot(Size size, double x, double y, double radius) {
    Image image(size, {SampleType::f32, 1});
    for (int row = 0; row < size.height; ++row) {
        for (int column = 0; column < size.width; ++column) {
            const double distance = std::hypot(column - x, row - y) / radius;
            image.view().samples<float>(row)[column] = static_cast<float>(std::exp(-distance * distance));
        }
    }
    return image;
}

struct Point {
    double x = 0;
    double y = 0;
};

Point centre_of_mass(const Image& image) {
    Point sum;
    double total = 0;
    for (int y = 0; y < image.size().height; ++y) {
        for (int x = 0; x < image.size().width; ++x) {
            const double value = image.view().samples<float>(y)[x];
            sum.x += x * value;
            sum.y += y * value;
            total += value;
        }
    }
    return {sum.x / total, sum.y / total};
}

} // namespace

TEST(Resize, KeepsAConstantPictureConstant) {
    for (const Filter filter : both_filters) {
        for (const SampleType sample : {SampleType::u8, SampleType::u16}) {
            for (int channels = 1; channels <= 4; ++channels) {
                for (const Size size : sizes) {
                    const Image image = make_constant({40, 30}, {sample, channels}, 0.7);
                    const Image resized = resize(image.view(), size, filter);
                    EXPECT_TRUE(test::same_bytes(resized.view(),
                                                 make_constant(size, {sample, channels}, 0.7).view()));
                }
            }
        }
        for (const float value : test::samples_of<float>(
                 resize(make_constant({40, 30}, {SampleType::f32, 4}, 0.7).view(), {13, 47}, filter)
                     .view())) {
            EXPECT_NEAR(value, 0.7F, 1e-6);
        }
    }
}

TEST(Resize, KeepsTheMeanByArea) {
    const Image image = test::make_noise({60, 48}, {SampleType::f32, 3});
    for (const Size size : {Size{1, 1}, Size{30, 24}, Size{7, 11}, Size{59, 47}, Size{60, 5}}) {
        EXPECT_NEAR(mean(resize(image.view(), size, Filter::area)), mean(image), 1e-5);
    }
}

TEST(Resize, AveragesWholeBlocksByArea) {
    const Image image =
        test::make_image<std::uint8_t>({4, 2}, {SampleType::u8, 1}, {0, 10, 100, 200, 20, 30, 0, 101});
    const Image halved = resize(image.view(), {2, 1}, Filter::area);
    EXPECT_EQ(test::samples_of<std::uint8_t>(halved.view()), (std::vector<std::uint8_t>{15, 100}));
}

TEST(Resize, DoesNotShiftThePicture) {
    const Image spot = make_spot({90, 60}, 41.3, 27.8, 8);
    for (const Filter filter : both_filters) {
        for (const Size size : {Size{45, 30}, Size{31, 23}, Size{180, 120}, Size{77, 101}}) {
            const Point centre = centre_of_mass(resize(spot.view(), size, filter));
            EXPECT_NEAR(centre.x, (41.3 + 0.5) * size.width / 90 - 0.5, 0.02);
            EXPECT_NEAR(centre.y, (27.8 + 0.5) * size.height / 60 - 0.5, 0.02);
        }
    }
}

TEST(Resize, DoesNotAlias) {
    Image stripes({300, 4}, {SampleType::f32, 1});
    for (int y = 0; y < 4; ++y) {
        for (int x = 0; x < 300; ++x) {
            stripes.view().samples<float>(y)[x] = static_cast<float>(x % 2);
        }
    }
    for (const Filter filter : both_filters) {
        const std::vector<float> row =
            test::samples_of<float>(resize(stripes.view(), {70, 1}, filter).view());
        for (std::size_t i = 4; i + 4 < row.size(); ++i) {
            EXPECT_NEAR(row[i], 0.5, 0.13) << "at " << i;
        }
    }
}

TEST(Resize, WeighsColoursByTheirAlpha) {
    const Image image =
        test::make_image<float>({2, 1}, {SampleType::f32, 4}, {1, 0.5F, 0, 0.75F, 9, 9, 9, 0.25F});
    const std::vector<float> mixed =
        test::samples_of<float>(resize(image.view(), {1, 1}, Filter::area).view());
    EXPECT_NEAR(mixed[0], 3, 1e-5);
    EXPECT_NEAR(mixed[3], 0.5, 1e-6);
    // What does not show does not colour what does.
    const Image edge = test::make_image<std::uint8_t>({2, 1}, {SampleType::u8, 2}, {200, 255, 7, 0});
    const std::vector<std::uint8_t> grey =
        test::samples_of<std::uint8_t>(resize(edge.view(), {1, 1}, Filter::area).view());
    EXPECT_EQ(grey, (std::vector<std::uint8_t>{200, 128}));
}

TEST(Resize, KeepsFloatsUnbounded) {
    const Image image = test::make_image<float>({2, 2}, {SampleType::f32, 1}, {-3, -3, 8, 8});
    EXPECT_EQ(test::samples_of<float>(resize(image.view(), {1, 2}, Filter::area).view()),
              (std::vector<float>{-3, 8}));
}

TEST(Resize, ClampsIntegersWhereLanczosOvershoots) {
    Image edge({40, 1}, {SampleType::u8, 1});
    std::fill_n(edge.view().samples<std::uint8_t>(0) + 20, 20, std::uint8_t{255});
    const std::vector<std::uint8_t> row =
        test::samples_of<std::uint8_t>(resize(edge.view(), {120, 1}, Filter::lanczos).view());
    EXPECT_EQ(*std::min_element(row.begin(), row.begin() + 50), 0);
    EXPECT_EQ(row.front(), 0);
    EXPECT_EQ(row.back(), 255);
    EXPECT_LT(row[55], 64) << "no wrapped values";
}

TEST(Resize, GivesASmoothPictureBackFromTwiceItsSize) {
    const Image spot = make_spot({64, 48}, 30, 20, 9);
    const Image larger = resize(spot.view(), {128, 96}, Filter::lanczos);
    const Image back = resize(larger.view(), {64, 48}, Filter::lanczos);
    for (int y = 0; y < 48; ++y) {
        for (int x = 0; x < 64; ++x) {
            EXPECT_NEAR(back.view().samples<float>(y)[x], spot.view().samples<float>(y)[x], 0.01);
        }
    }
}

TEST(Resize, CopiesWhereTheSizeStays) {
    for (const SampleType sample : all_samples) {
        const Image image = test::make_noise({33, 21}, {sample, 4});
        EXPECT_TRUE(test::same_bytes(resize(image.view(), {33, 21}, Filter::lanczos).view(), image.view()));
    }
}

TEST(Resize, ReadsViewsWithGapsBetweenRows) {
    const Image image = test::make_noise({40, 40}, {SampleType::u8, 3});
    ImageView part = image.view();
    part.size = {20, 30};
    part.data += std::ptrdiff_t{10} * 3;
    Image packed({20, 30}, part.format);
    for (int y = 0; y < 30; ++y) {
        std::memcpy(packed.view().row(y), part.row(y), 60);
    }
    EXPECT_TRUE(test::same_bytes(resize(part, {11, 9}, Filter::area).view(),
                                 resize(packed.view(), {11, 9}, Filter::area).view()));
}

TEST(Shrink, IsAreaResizingInFloats) {
    const test::TestFolder folder;
    for (const Size from : {Size{50, 40}, Size{2500, 1400}}) { // in memory, in a scratch file
        const Image image = test::make_noise(from, {SampleType::u8, 4});
        Image precise(from, {SampleType::f32, 4});
        convert_samples(image.view(), precise.view());
        const Image wanted = resize(precise.view(), {37, 22}, Filter::area);
        const Image shrunk = shrink(test::to_raster(image), {37, 22});
        ASSERT_EQ(shrunk.format(), wanted.format());
        const auto one = test::samples_of<float>(shrunk.view());
        const auto other = test::samples_of<float>(wanted.view());
        for (std::size_t i = 0; i < one.size(); ++i) {
            EXPECT_NEAR(one[i], other[i], 1e-6);
        }
    }
}

} // namespace kontext
