#pragma once

#include <cstddef>
#include <vector>

#include <opencv2/core.hpp>

namespace kontext::bench {

std::vector<unsigned char> encode_jpeg(const cv::Mat& picture, int quality);
cv::Mat decode_jpeg(const std::vector<unsigned char>& bytes); // CV_8UC3, RGB

} // namespace kontext::bench
