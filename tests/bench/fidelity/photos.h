#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <opencv2/core.hpp>

namespace kontext::bench {

struct Photo {
    std::string_view package;
    std::string_view file; // below the package's usr/share/backgrounds
    bool cc0 = false;
};

// The 22 photos of the benchmark, in the order that gives them their numbers. Even ones may be looked at
// while the algorithm is worked on, odd ones are only for reporting.
std::span<const Photo> photos();

// Decodes photos on first use and keeps them.
class PhotoShelf {
public:
    // `folder` is what get-photos printed.
    explicit PhotoShelf(std::filesystem::path folder) : folder_(std::move(folder)) {}

    const cv::Mat& photo(std::size_t index); // CV_8UC3, RGB

private:
    std::filesystem::path folder_;
    std::map<std::size_t, cv::Mat> decoded_;
};

std::string name_of(const Photo& photo); // "lake-sherburne"

} // namespace kontext::bench
