#pragma once

#include "core/image/image.h"

#include <opencv2/core.hpp>

namespace kontext::bench {

// OpenCV's pictures as the core's, of 8 bits and any number of channels, without a copy.
inline MutableImageView view_of(cv::Mat& picture) {
    return {reinterpret_cast<std::byte*>(picture.data),
            {picture.cols, picture.rows},
            {SampleType::u8, picture.channels()},
            static_cast<std::ptrdiff_t>(picture.step)};
}

inline ImageView view_of(const cv::Mat& picture) {
    return {reinterpret_cast<const std::byte*>(picture.data),
            {picture.cols, picture.rows},
            {SampleType::u8, picture.channels()},
            static_cast<std::ptrdiff_t>(picture.step)};
}

} // namespace kontext::bench
