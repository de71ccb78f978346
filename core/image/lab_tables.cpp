#include "core/image/lab_tables.h"

#include <opencv2/imgproc.hpp>

namespace kontext {

void make_lab_tables() {
    static const bool made = [] {
        cv::Mat pixel(1, 1, CV_32FC3, cv::Scalar::all(0));
        cv::cvtColor(pixel, pixel, cv::COLOR_RGB2Lab);
        return true;
    }();
    static_cast<void>(made);
}

} // namespace kontext
