#include "core/fidelity/change_map.h"

#include "core/fidelity/mat.h"
#include "core/fidelity/soft_change.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr int classes = 12; // of activity
constexpr int bins = 400;   // of distances, a tenth of a ΔE each
constexpr float bins_per_unit = 10;

constexpr float faintest = 2.0F;         // ΔE below which nothing counts, however quiet the place
constexpr float bluntest = 8.0F;         // ΔE above which everything is at least a part of a change
constexpr float spreads_to_part = 4.0F;  // spreads over the quartile from which it may be a part of a change
constexpr float clear_ratio = 1.8F;      // of the threshold for parts: from here it is a change of its own
constexpr float clear_share = 0.08F;     // of a component's pixels that have to be clear, …
constexpr float sure_ratio = 3;          // … and from here it is more than badly matched colours explain,
constexpr float sure_share = 0.08F;      // … as so many of them have to be,
constexpr float same_structure = 0.97F;  // … unless they show another structure than before
constexpr float redrawn_share = 0.5F;    // … in so many places,
constexpr float loud_share = 0.6F;       // … or all have another colour
constexpr int thin = 11;                 // pixels: a line, which is drawn softer and elsewhere anyway, …
constexpr float thin_sure_share = 0.25F; // … has to have so many that are sure
constexpr int evidence_reach = 40;       // pixels around what is sure where the merely likely belongs to it
constexpr float loud = 6;             // ΔE from which a broad, soft difference is a change, not uneven light
constexpr float edged = 1.2F;         // ΔE against the surroundings from which it has an outline
constexpr float border_share = 0.25F; // of the strongest difference nearby: where a blurred outline really is
constexpr double least_area = 0.00035;
constexpr double hole_of_frame = 0.0008;
constexpr double hole_of_mask = 0.04;

using Histogram = std::array<int, bins>;

int quantile_bin(const Histogram& histogram, double share) {
    std::int64_t total = 0;
    for (const int count : histogram) {
        total += count;
    }
    auto left = static_cast<std::int64_t>(share * static_cast<double>(total));
    for (int bin = 0; bin < bins; ++bin) {
        left -= histogram[static_cast<std::size_t>(bin)];
        if (left < 0) {
            return bin;
        }
    }
    return bins - 1;
}

float quantile(const Histogram& histogram, double share) {
    return (static_cast<float>(quantile_bin(histogram, share)) + 0.5F) / bins_per_unit;
}

// Activity rises over orders of magnitude; a class is a factor of 1.6.
int class_of(float activity) {
    const float place = std::log(std::max(activity, 0.05F) / 0.05F) / std::log(1.6F);
    return std::min(classes - 1, static_cast<int>(place));
}

// What a place of each class may differ by without having changed.
struct Noise {
    std::array<float, classes> threshold{};
    float floor = 0;
};

Noise measure_noise(const Difference& difference, const ImageView& covered, double sensitivity) {
    std::array<Histogram, classes> histograms{};
    Histogram all{};
    const Size size = covered.size;
    for (int y = 0; y < size.height; y += 2) {
        const auto* distance = difference.distance.view().samples<float>(y);
        const auto* activity = difference.activity.view().samples<float>(y);
        const auto* known = covered.samples<std::uint8_t>(y);
        for (int x = 0; x < size.width; x += 2) {
            if (known[x] != 0) {
                const auto bin = static_cast<std::size_t>(
                    std::min(bins - 1, static_cast<int>(distance[x] * bins_per_unit)));
                ++histograms[static_cast<std::size_t>(class_of(activity[x]))][bin];
                ++all[bin];
            }
        }
    }
    const auto limit = [&](const Histogram& histogram) {
        const float low = quantile(histogram, 0.10);
        const float quartile = quantile(histogram, 0.25);
        const float spread = std::max(0.25F, 1.6F * (quartile - low));
        return quartile + spreads_to_part * spread;
    };
    Noise noise;
    noise.floor = quantile(all, 0.10);
    const float common = limit(all);
    for (int index = 0; index < classes; ++index) {
        const auto i = static_cast<std::size_t>(index);
        float count = 0;
        for (const int found : histograms[i]) {
            count += static_cast<float>(found);
        }
        // Few samples tell little: lean on what holds for all.
        const float own = count / (count + 300);
        const float threshold = own * limit(histograms[i]) + (1 - own) * common;
        noise.threshold[i] = std::clamp(threshold, faintest, bluntest) / static_cast<float>(sensitivity);
    }
    return noise;
}

// How sure it is that a pixel changed, by how its difference compares with what its place may differ by.
enum Certainty : std::uint8_t { unchanged, likely, clear, sure };

// How much the colours differ from their wide surroundings, at the full size, ΔE.
cv::Mat find_outline(const Image& shift, Size size) {
    const cv::Mat picture = as_mat(shift.view());
    cv::Mat around;
    const double wide = std::max(2.0, std::max(shift.size().width, shift.size().height) / 32.0);
    cv::GaussianBlur(picture, around, {}, wide, wide, cv::BORDER_REFLECT_101);
    cv::Mat outline;
    cv::resize(lengths_of(picture - around), outline, {size.width, size.height}, 0, 0, cv::INTER_LINEAR);
    return outline;
}

// A Certainty for each pixel.
cv::Mat classify(const Difference& difference, const Noise& noise, Size size, double sensitivity) {
    const cv::Mat distances = as_mat(difference.distance.view());
    const cv::Mat outline_of = find_outline(difference.shift, size);
    cv::Mat certainties(size.height, size.width, CV_8U);
    const float loud_here = loud / static_cast<float>(sensitivity);
    for_each_band(size.height, [&](int first, int last) {
        cv::Mat strongest;
        cv::dilate(distances.rowRange(first, last), strongest, cv::Mat::ones(7, 7, CV_8U));
        for (int y = first; y < last; ++y) {
            const auto* distance = distances.ptr<float>(y);
            const auto* most = strongest.ptr<float>(y - first);
            const auto* outline = outline_of.ptr<float>(y);
            const auto* activity = difference.activity.view().samples<float>(y);
            auto* certainty = certainties.ptr<std::uint8_t>(y);
            for (int x = 0; x < size.width; ++x) {
                const float ratio =
                    distance[x] / noise.threshold[static_cast<std::size_t>(class_of(activity[x]))];
                if (ratio <= 1 || distance[x] <= border_share * most[x]) {
                    certainty[x] = unchanged;
                } else if (ratio <= clear_ratio || (distance[x] <= loud_here && outline[x] <= edged)) {
                    certainty[x] = likely;
                } else {
                    certainty[x] = ratio > sure_ratio ? sure : clear;
                }
            }
        }
    });
    return certainties;
}

// What tells a change of the picture from colours that were matched badly, which differ a little all over an
// object or along a line, and show what was there before. Counts of pixels.
struct Component {
    int area = 0;
    int clear = 0;
    int sure = 0;
    int redrawn = 0; // with another structure than before
    int loud = 0;    // of another colour, however dark
    bool is_thin = true;
};

bool is_change(const Component& component, double least) {
    const auto share = [&](int pixels) {
        return static_cast<float>(pixels) / static_cast<float>(component.area);
    };
    if (component.area < least || share(component.clear) <= clear_share) {
        return false;
    }
    if (component.is_thin) {
        return share(component.sure) > thin_sure_share;
    }
    return share(component.redrawn) > redrawn_share || share(component.sure) > sure_share ||
           share(component.loud) > loud_share;
}

// What Difference tells of a pixel at a part of the size.
class Clues {
public:
    Clues(const Difference& difference, double sensitivity)
        : similarity_(as_mat(difference.similarity.view())),
          shift_(lengths_of(as_mat(difference.shift.view()))),
          loud_here_(loud / static_cast<float>(sensitivity)) {}

    bool is_redrawn(int y, int x) const { return at(similarity_, y / 2, x / 2) < same_structure; }
    bool is_loud(int y, int x) const { return at(shift_, y / 4, x / 4) > loud_here_; }

private:
    static float at(const cv::Mat& plane, int y, int x) {
        return plane.at<float>(std::min(y, plane.rows - 1), std::min(x, plane.cols - 1));
    }

    cv::Mat similarity_;
    cv::Mat shift_;
    float loud_here_;
};

std::vector<Component> describe_components(const cv::Mat& labels, int count, const cv::Mat& certainties,
                                           const Clues& clues) {
    cv::Mat inner;
    cv::erode(certainties != unchanged, inner, cv::Mat::ones(thin, thin, CV_8U));
    std::vector<Component> components(static_cast<std::size_t>(count));
    for (int y = 0; y < labels.rows; ++y) {
        const auto* label = labels.ptr<int>(y);
        const auto* certainty = certainties.ptr<std::uint8_t>(y);
        const auto* is_inner = inner.ptr<std::uint8_t>(y);
        for (int x = 0; x < labels.cols; ++x) {
            if (label[x] == 0) {
                continue;
            }
            Component& component = components[static_cast<std::size_t>(label[x])];
            ++component.area;
            component.clear += certainty[x] >= clear ? 1 : 0;
            component.sure += certainty[x] >= sure ? 1 : 0;
            component.redrawn += clues.is_redrawn(y, x) ? 1 : 0;
            component.loud += clues.is_loud(y, x) ? 1 : 0;
            component.is_thin = component.is_thin && is_inner[x] == 0;
        }
    }
    return components;
}

// 255 where what is merely likely has something sure nearby.
cv::Mat find_evident(const cv::Mat& certainties, const Clues& clues) {
    cv::Mat evident(certainties.size(), CV_8U);
    for (int y = 0; y < certainties.rows; ++y) {
        const auto* certainty = certainties.ptr<std::uint8_t>(y);
        auto* row = evident.ptr<std::uint8_t>(y);
        for (int x = 0; x < certainties.cols; ++x) {
            const bool is_evident = certainty[x] >= sure || (certainty[x] >= likely &&
                                                             (clues.is_redrawn(y, x) || clues.is_loud(y, x)));
            row[x] = is_evident ? 255 : 0;
        }
    }
    constexpr int side = 2 * evidence_reach + 1;
    cv::dilate(evident, evident, cv::Mat::ones(side, side, CV_8U));
    return evident;
}

// Keeps the components that are changes.
cv::Mat keep_changes(const cv::Mat& certainties, const Difference& difference, double sensitivity) {
    cv::Mat labels;
    const int count = cv::connectedComponents(certainties, labels, 8, CV_32S);
    const Clues clues(difference, sensitivity);
    const std::vector<Component> components = describe_components(labels, count, certainties, clues);
    const double least = std::max(9.0, least_area * static_cast<double>(labels.total()));
    std::vector<std::uint8_t> keep;
    for (const Component& component : components) {
        keep.push_back(component.area > 0 && is_change(component, least) ? 255 : 0);
    }
    cv::Mat mask = find_evident(certainties, clues);
    for (int y = 0; y < labels.rows; ++y) {
        const auto* label = labels.ptr<int>(y);
        auto* row = mask.ptr<std::uint8_t>(y);
        for (int x = 0; x < labels.cols; ++x) {
            row[x] &= keep[static_cast<std::size_t>(label[x])];
        }
    }
    return mask;
}

void fill_holes(cv::Mat& mask) {
    const cv::Mat outside = mask == 0;
    cv::Mat labels;
    cv::Mat stats;
    cv::Mat centroids;
    const int count = cv::connectedComponentsWithStats(outside, labels, stats, centroids, 4, CV_32S);
    const double largest =
        std::max(hole_of_frame * static_cast<double>(mask.total()), hole_of_mask * cv::countNonZero(mask));
    std::vector<std::uint8_t> fill(static_cast<std::size_t>(count));
    for (int i = 1; i < count; ++i) {
        const int* stat = stats.ptr<int>(i);
        const bool at_border = stat[cv::CC_STAT_LEFT] == 0 || stat[cv::CC_STAT_TOP] == 0 ||
                               stat[cv::CC_STAT_LEFT] + stat[cv::CC_STAT_WIDTH] == mask.cols ||
                               stat[cv::CC_STAT_TOP] + stat[cv::CC_STAT_HEIGHT] == mask.rows;
        fill[static_cast<std::size_t>(i)] = !at_border && stat[cv::CC_STAT_AREA] < largest ? 255 : 0;
    }
    for (int y = 0; y < mask.rows; ++y) {
        const auto* label = labels.ptr<int>(y);
        auto* row = mask.ptr<std::uint8_t>(y);
        for (int x = 0; x < mask.cols; ++x) {
            row[x] |= fill[static_cast<std::size_t>(label[x])];
        }
    }
}

// Pixels that the reply does not reach go with the nearest that it does: a new sky reaches the border of the
// picture.
void continue_beyond(const ImageView& covered, cv::Mat& mask) {
    const cv::Mat known = as_mat(covered);
    if (cv::countNonZero(known) == static_cast<int>(known.total())) {
        return;
    }
    cv::Mat distance;
    cv::Mat nearest; // the number of a known pixel
    cv::distanceTransform(known == 0, distance, nearest, cv::DIST_L2, 5, cv::DIST_LABEL_PIXEL);
    const auto number = [&](int y, int x) { return static_cast<std::size_t>(nearest.at<int>(y, x)); };
    std::vector<std::uint8_t> values(mask.total() + 1);
    for (int y = 0; y < mask.rows; ++y) {
        for (int x = 0; x < mask.cols; ++x) {
            if (known.at<std::uint8_t>(y, x) != 0) {
                values[number(y, x)] = mask.at<std::uint8_t>(y, x);
            }
        }
    }
    for (int y = 0; y < mask.rows; ++y) {
        for (int x = 0; x < mask.cols; ++x) {
            mask.at<std::uint8_t>(y, x) = values[number(y, x)];
        }
    }
}

cv::Mat disc(int radius) {
    return cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
}

// Parts that lie within 12 pixels of each other are one change to a person.
std::vector<ChangedRegion> list_regions(const cv::Mat& mask, const cv::Mat& distance) {
    cv::Mat joined;
    cv::morphologyEx(mask, joined, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, {25, 25}));
    cv::Mat labels;
    const int count = cv::connectedComponents(joined, labels, 8, CV_32S);
    struct Sums {
        int left = 1 << 30, top = 1 << 30, right = -1, bottom = -1, area = 0;
        double distance = 0;
    };
    std::vector<Sums> sums(static_cast<std::size_t>(count));
    for (int y = 0; y < mask.rows; ++y) {
        const auto* inside = mask.ptr<std::uint8_t>(y);
        for (int x = 0; x < mask.cols; ++x) {
            if (inside[x] != 0) {
                Sums& sum = sums[static_cast<std::size_t>(labels.at<int>(y, x))];
                sum.left = std::min(sum.left, x);
                sum.right = std::max(sum.right, x);
                sum.top = std::min(sum.top, y);
                sum.bottom = std::max(sum.bottom, y);
                ++sum.area;
                sum.distance += distance.at<float>(y, x);
            }
        }
    }
    std::vector<ChangedRegion> regions;
    for (const Sums& sum : sums) {
        if (sum.area > 0) {
            regions.push_back({.x = sum.left,
                               .y = sum.top,
                               .width = sum.right - sum.left + 1,
                               .height = sum.bottom - sum.top + 1,
                               .area = sum.area,
                               .strength = static_cast<float>(sum.distance / sum.area)});
        }
    }
    std::ranges::stable_sort(regions, std::greater{}, &ChangedRegion::area);
    return regions;
}

} // namespace

ChangeMap find_changes(const Difference& difference, const ImageView& covered, const ChangeSearch& search) {
    const double sensitivity = search.sensitivity;
    const Noise noise = measure_noise(difference, covered, sensitivity);
    ChangeMap changes{.mask = Image(covered.size, {SampleType::u8, 1}), .regions = {}, .noise = noise.floor};
    cv::setNumThreads(1);
    cv::Mat mask =
        keep_changes(classify(difference, noise, covered.size, sensitivity), difference, sensitivity);
    if (search.follows_fading) {
        mask.copyTo(as_mat(changes.mask.view()));
        const Image soft = find_soft_changes(difference.shift.view(), covered, changes.mask.view(),
                                             search.spread, sensitivity);
        cv::Mat places = as_mat(soft.view());
        if (search.looked_at.data != nullptr) {
            places.setTo(0, as_mat(search.looked_at));
        }
        mask |= places;
    }
    if (search.known.data != nullptr) {
        mask |= as_mat(search.known);
    }
    if (cv::countNonZero(mask) > 0) {
        cv::morphologyEx(mask, mask, cv::MORPH_CLOSE, disc(3));
        fill_holes(mask);
        continue_beyond(covered, mask);
        changes.regions = list_regions(mask, as_mat(difference.distance.view()));
    }
    mask.copyTo(as_mat(changes.mask.view()));
    return changes;
}

} // namespace kontext
