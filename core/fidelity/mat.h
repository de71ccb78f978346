#pragma once

#include <functional>

namespace cv {
class Mat;
}

namespace kontext {

struct ImageView;
struct MutableImageView;

// The same pixels as OpenCV sees them, without a copy.
cv::Mat as_mat(const MutableImageView& view);
// For reading only: OpenCV has no constant matrix.
cv::Mat as_mat(const ImageView& view);

// Lengths of the pixels of a picture of three floats.
cv::Mat lengths_of(const cv::Mat& picture);

// Calls work(first, last) for bands of rows, in parallel. The bands are the same on any number of threads, so
// that filters with running sums round alike. OpenCV itself is kept to the calling thread: ours are the
// threads.
void for_each_band(int rows, const std::function<void(int first, int last)>& work);

} // namespace kontext
