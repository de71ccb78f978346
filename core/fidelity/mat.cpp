#include "core/fidelity/mat.h"

#include "core/image/image.h"
#include "core/parallel.h"

#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>

namespace kontext {

namespace {

constexpr int band_rows = 64;

int mat_type(PixelFormat format) {
    switch (format.sample) {
    case SampleType::u8: return CV_8UC(format.channels);
    case SampleType::u16: return CV_16UC(format.channels);
    case SampleType::f32: return CV_32FC(format.channels);
    }
    return 0;
}

} // namespace

cv::Mat as_mat(const MutableImageView& view) {
    return {view.size.height, view.size.width, mat_type(view.format), view.data,
            static_cast<std::size_t>(view.stride)};
}

cv::Mat as_mat(const ImageView& view) {
    return {view.size.height, view.size.width, mat_type(view.format),
            const_cast<std::byte*>(view.data), // NOLINT(cppcoreguidelines-pro-type-const-cast)
            static_cast<std::size_t>(view.stride)};
}

void for_each_band(int rows, const std::function<void(int, int)>& work) {
    cv::setNumThreads(1);
    for_each_parallel((rows + band_rows - 1) / band_rows,
                      [&](int band) { work(band * band_rows, std::min(rows, (band + 1) * band_rows)); });
}

cv::Mat lengths_of(const cv::Mat& picture) {
    cv::Mat lengths(picture.size(), CV_32F);
    for (int y = 0; y < picture.rows; ++y) {
        const auto* from = picture.ptr<cv::Vec3f>(y);
        auto* to = lengths.ptr<float>(y);
        for (int x = 0; x < picture.cols; ++x) {
            to[x] = std::sqrt(from[x].dot(from[x]));
        }
    }
    return lengths;
}

} // namespace kontext
