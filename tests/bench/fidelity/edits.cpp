#include "tests/bench/fidelity/edits.h"

#include "tests/bench/fidelity/shapes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace kontext::bench {

namespace {

// All that an edit is made from.
struct Scene {
    const cv::Mat& photo;
    const cv::Mat& donor;
    double model_scale;
    Random& random;

    double softness() const { return random.uniform(0.3, 0.9) * model_scale; }
    std::vector<cv::Point2d> outline(double area_low, double area_high) const {
        return draw_outline(random, photo.size(), random.uniform(area_low, area_high));
    }
};

// A piece of the donor of that size, at a scale that suits the photo.
cv::Mat take_from_donor(const Scene& scene, cv::Size size) {
    const double fit = static_cast<double>(scene.donor.cols) / scene.photo.cols;
    const double scale =
        std::min({fit * scene.random.uniform(0.7, 1.5), static_cast<double>(scene.donor.cols) / size.width,
                  static_cast<double>(scene.donor.rows) / size.height});
    const cv::Size piece(std::max(1, static_cast<int>(size.width * scale)),
                         std::max(1, static_cast<int>(size.height * scale)));
    const cv::Point corner(scene.random.below(scene.donor.cols - piece.width + 1),
                           scene.random.below(scene.donor.rows - piece.height + 1));
    cv::Mat content;
    cv::resize(scene.donor({corner, piece}), content, size, 0, 0,
               scale > 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    if (scene.random.chance(0.5)) {
        cv::flip(content, content, 1);
    }
    return content;
}

void paste(cv::Mat& picture, const Region& region, const cv::Mat& content) {
    blend(picture(region.box), content, region.mask);
}

void paste_donor(cv::Mat& picture, const Scene& scene, double area_low, double area_high) {
    const Region region = fill(scene.outline(area_low, area_high), picture.size(), scene.softness());
    paste(picture, region, take_from_donor(scene, region.box.size()));
}

// Another place of the photo where a box of that size lies, at least a third of its size away.
cv::Point pick_elsewhere(const Scene& scene, const cv::Rect& box) {
    cv::Point best;
    double best_distance = -1;
    for (int attempt = 0; attempt < 8; ++attempt) {
        const cv::Point corner(scene.random.below(scene.photo.cols - box.width + 1),
                               scene.random.below(scene.photo.rows - box.height + 1));
        const double distance = cv::norm(corner - box.tl());
        if (distance > std::max(box.width, box.height) / 3.0) {
            return corner;
        }
        if (distance > best_distance) {
            best = corner;
            best_distance = distance;
        }
    }
    return best;
}

void paste_same_photo(cv::Mat& picture, const Scene& scene) {
    const Region region = fill(scene.outline(0.10, 0.30), picture.size(), scene.softness());
    cv::Mat content = scene.photo({pick_elsewhere(scene, region.box), region.box.size()}).clone();
    if (scene.random.chance(0.5)) {
        cv::flip(content, content, 1);
    }
    paste(picture, region, content);
}

// Spreads `values` (CV_32FC3) from where `known` (CV_32F) is 1 smoothly over the rest.
cv::Mat spread(const cv::Mat& values, const cv::Mat& known) {
    if (std::min(values.cols, values.rows) <= 2) {
        return cv::Mat(values.size(), CV_32FC3, cv::sum(values) / std::max(1e-6, cv::sum(known)[0]));
    }
    cv::Mat coarse_values;
    cv::Mat coarse_known;
    const cv::Size half((values.cols + 1) / 2, (values.rows + 1) / 2);
    cv::resize(values, coarse_values, half, 0, 0, cv::INTER_AREA);
    cv::resize(known, coarse_known, half, 0, 0, cv::INTER_AREA);
    cv::Mat weight;
    cv::Mat partly = cv::min(coarse_known * 4, 1.0);
    cv::Mat scale = partly / cv::max(coarse_known, 1e-6);
    cv::merge(std::vector<cv::Mat>{scale, scale, scale}, weight);
    cv::Mat below = spread(coarse_values.mul(weight), partly);
    cv::resize(below, below, values.size(), 0, 0, cv::INTER_LINEAR);
    cv::Mat missing;
    cv::Mat rest = 1 - known;
    cv::merge(std::vector<cv::Mat>{rest, rest, rest}, missing);
    return values + below.mul(missing);
}

// The photo's content at `box` made from that at `corner`, its brightness bent so that it meets the
// surroundings of the mask without a seam.
cv::Mat heal(const cv::Mat& photo, const Region& region, cv::Point corner) {
    const double shrink = std::min(1.0, 256.0 / std::max(region.box.width, region.box.height));
    const cv::Size small(std::max(4, static_cast<int>(region.box.width * shrink)),
                         std::max(4, static_cast<int>(region.box.height * shrink)));
    cv::Mat here;
    cv::Mat there;
    cv::Mat mask;
    cv::resize(photo(region.box), here, small, 0, 0, cv::INTER_AREA);
    cv::resize(photo({corner, region.box.size()}), there, small, 0, 0, cv::INTER_AREA);
    cv::resize(region.mask, mask, small, 0, 0, cv::INTER_AREA);
    here.convertTo(here, CV_32FC3);
    there.convertTo(there, CV_32FC3);
    cv::Mat known = (mask == 0) / 255;
    known.convertTo(known, CV_32F);
    cv::Mat known3;
    cv::merge(std::vector<cv::Mat>{known, known, known}, known3);
    cv::Mat difference = spread((here - there).mul(known3), known);
    cv::resize(difference, difference, region.box.size(), 0, 0, cv::INTER_CUBIC);
    cv::Mat content;
    photo({corner, region.box.size()}).convertTo(content, CV_32FC3);
    content += difference;
    content.convertTo(content, CV_8UC3);
    return content;
}

// How badly the content at `corner` goes with the surroundings of the region.
double misfit(const cv::Mat& small_photo, double shrink, const Region& region, cv::Point corner) {
    const cv::Size size(std::max(2, static_cast<int>(region.box.width * shrink)),
                        std::max(2, static_cast<int>(region.box.height * shrink)));
    const auto place = [&](cv::Point at) {
        const cv::Point scaled(static_cast<int>(at.x * shrink), static_cast<int>(at.y * shrink));
        return cv::Rect({std::min(scaled.x, small_photo.cols - size.width),
                         std::min(scaled.y, small_photo.rows - size.height)},
                        size);
    };
    cv::Mat mask;
    cv::resize(region.mask, mask, size, 0, 0, cv::INTER_AREA);
    cv::Mat difference = small_photo(place(region.box.tl())) - small_photo(place(corner));
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(difference, mean, deviation, mask == 0);
    return deviation[0] + deviation[1] + deviation[2] + cv::norm(mean) / 4;
}

void remove(cv::Mat& picture, const Scene& scene, const Region& region) {
    const double shrink = 1 / (8 * scene.model_scale);
    cv::Mat small;
    cv::resize(scene.photo, small, {}, shrink, shrink, cv::INTER_AREA);
    small.convertTo(small, CV_32FC3);
    cv::Point best;
    double least = std::numeric_limits<double>::max();
    for (int attempt = 0; attempt < 96; ++attempt) {
        const cv::Point corner = pick_elsewhere(scene, region.box);
        const double cost = misfit(small, shrink, region, corner);
        if (cost < least) {
            least = cost;
            best = corner;
        }
    }
    paste(picture, region, heal(scene.photo, region, best));
}

// A region with some of what is around it, so that there is something to continue.
Region removal_region(const Scene& scene, const std::vector<cv::Point2d>& outline) {
    Region region = fill(outline, scene.photo.size(), 1.2 * scene.model_scale);
    const int margin = static_cast<int>(12 * scene.model_scale);
    const cv::Rect wider = cv::Rect(region.box.x - margin, region.box.y - margin,
                                    region.box.width + 2 * margin, region.box.height + 2 * margin) &
                           cv::Rect({}, scene.photo.size());
    cv::Mat mask = cv::Mat::zeros(wider.size(), CV_8U);
    region.mask.copyTo(mask(region.box - wider.tl()));
    return {.box = wider, .mask = mask};
}

void recolour(cv::Mat& picture, const Scene& scene) {
    const Region region = fill(scene.outline(0.08, 0.30), picture.size(), scene.softness());
    cv::Mat lab;
    picture(region.box).convertTo(lab, CV_32FC3, 1 / 255.0);
    cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
    const double turn = scene.random.uniform(0.6, 5.6);
    const double direction = scene.random.uniform(0, 6.283);
    const double reach = scene.random.uniform(18, 40);
    const auto a_shift = static_cast<float>(reach * std::cos(direction));
    const auto b_shift = static_cast<float>(reach * std::sin(direction));
    const auto cosine = static_cast<float>(std::cos(turn));
    const auto sine = static_cast<float>(std::sin(turn));
    const auto gain = static_cast<float>(scene.random.uniform(0.9, 1.1));
    lab.forEach<cv::Vec3f>([&](cv::Vec3f& pixel, const int*) {
        // Deep shadows and highlights take less colour, as paint does.
        const float strength = std::min(1.0F, std::min(pixel[0], 105 - pixel[0]) / 25);
        pixel = {pixel[0] * gain, cosine * pixel[1] - sine * pixel[2] + a_shift * strength,
                 sine * pixel[1] + cosine * pixel[2] + b_shift * strength};
    });
    cv::cvtColor(lab, lab, cv::COLOR_Lab2RGB);
    cv::Mat content;
    lab.convertTo(content, CV_8UC3, 255);
    paste(picture, region, content);
}

// Multiplies the picture by 1 + strength * field, channel by channel; the field is CV_32F of the box's size.
void illuminate(cv::Mat& picture, const cv::Rect& box, const cv::Mat& field, const cv::Vec3d& strength) {
    cv::Mat part = picture(box);
    cv::parallel_for_({0, part.rows}, [&](const cv::Range& rows) {
        for (int y = rows.start; y < rows.end; ++y) {
            auto* row = part.ptr<cv::Vec3b>(y);
            const float* light = field.ptr<float>(y);
            for (int x = 0; x < part.cols; ++x) {
                for (int c = 0; c < 3; ++c) {
                    row[x][c] = cv::saturate_cast<std::uint8_t>(row[x][c] * (1 + strength[c] * light[x]));
                }
            }
        }
    });
}

void add_lamp(cv::Mat& picture, const Scene& scene) {
    const double side = std::sqrt(static_cast<double>(picture.cols) * picture.rows);
    const double sigma = side * scene.random.uniform(0.09, 0.18);
    const cv::Point2d centre(picture.cols * scene.random.uniform(0.15, 0.85),
                             picture.rows * scene.random.uniform(0.15, 0.85));
    const int reach = static_cast<int>(3.4 * sigma);
    const cv::Rect box = cv::Rect(static_cast<int>(centre.x) - reach, static_cast<int>(centre.y) - reach,
                                  2 * reach, 2 * reach) &
                         cv::Rect({}, picture.size());
    cv::Mat field(box.size(), CV_32F);
    field.forEach<float>([&](float& value, const int* at) {
        const double dx = at[1] + box.x - centre.x;
        const double dy = at[0] + box.y - centre.y;
        value = static_cast<float>(std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)));
    });
    const double strength = scene.random.uniform(0.45, 0.9);
    illuminate(picture, box, field, {strength, 0.85 * strength, 0.55 * strength});
}

void paste_with_shadow(cv::Mat& picture, const Scene& scene) {
    const auto outline = scene.outline(0.03, 0.07);
    const cv::Rect2d box = box_of(outline);
    const cv::Point2d offset(box.width * scene.random.around_zero(0.35),
                             box.height * scene.random.uniform(0.1, 0.3));
    const Region shadow = fill(moved(outline, offset), picture.size(), box.height * 0.06);
    cv::Mat field;
    shadow.mask.convertTo(field, CV_32F, 1 / 255.0);
    const double strength = -scene.random.uniform(0.3, 0.55);
    illuminate(picture, shadow.box, field, {strength, strength, strength});
    const Region object = fill(outline, picture.size(), scene.softness());
    paste(picture, object, take_from_donor(scene, object.box.size()));
}

void move_object(cv::Mat& picture, const Scene& scene) {
    const auto outline = scene.outline(0.03, 0.08);
    remove(picture, scene, removal_region(scene, outline));
    const Region object = fill(outline, picture.size(), scene.softness());
    Region target = object;
    const cv::Point corner = pick_elsewhere(scene, object.box);
    target.box = {corner, object.box.size()};
    paste(picture, target, scene.photo(object.box));
}

void change_background(cv::Mat& picture, const Scene& scene) {
    const Region kept = fill(scene.outline(0.25, 0.45), picture.size(), scene.softness());
    cv::Mat mask(picture.size(), CV_8U, cv::Scalar(255));
    cv::Mat part = mask(kept.box);
    cv::subtract(part, kept.mask, part);
    blend(picture, take_from_donor(scene, picture.size()), mask);
}

void change_sky(cv::Mat& picture, const Scene& scene) {
    const double horizon = picture.rows * scene.random.uniform(0.25, 0.42);
    const double phase = scene.random.uniform(0, 6.283);
    std::vector<cv::Point2d> outline{{-100, -100}};
    for (int i = 0; i <= 200; ++i) {
        const double x = (picture.cols + 200) * i / 200.0 - 100;
        outline.emplace_back(x, horizon + picture.rows * (0.03 * std::sin(phase + i * 0.05) +
                                                          0.012 * std::sin(2 * phase + i * 0.31)));
    }
    outline.emplace_back(picture.cols + 100, -100);
    const Region region = fill(outline, picture.size(), scene.softness());
    const std::array<std::array<cv::Vec3d, 2>, 4> palettes = {{{{{52, 96, 168}, {176, 204, 230}}}, // clear
                                                               {{{60, 50, 92}, {250, 150, 70}}},   // sunset
                                                               {{{92, 98, 108}, {178, 182, 186}}}, // overcast
                                                               {{{18, 28, 60}, {96, 110, 150}}}}}; // dusk
    const auto& palette = palettes[static_cast<std::size_t>(scene.random.below(4))];
    const cv::Mat large = smooth_noise(scene.random, region.box.size(), picture.cols / 4.0);
    const cv::Mat small = smooth_noise(scene.random, region.box.size(), picture.cols / 24.0);
    cv::Mat content(region.box.size(), CV_8UC3);
    content.forEach<cv::Vec3b>([&](cv::Vec3b& pixel, const int* at) {
        const double height = std::clamp(at[0] / horizon, 0.0, 1.0);
        const double cloud = 9 * large.at<float>(at[0], at[1]) + 4 * small.at<float>(at[0], at[1]);
        for (int c = 0; c < 3; ++c) {
            pixel[c] = cv::saturate_cast<std::uint8_t>(palette[0][c] * (1 - height) + palette[1][c] * height +
                                                       cloud);
        }
    });
    paste(picture, region, content);
}

void apply_curves(cv::Mat& picture, const cv::Vec3d& gain, const cv::Vec3d& gamma) {
    cv::Mat table(1, 256, CV_8UC3);
    for (int value = 0; value < 256; ++value) {
        for (int c = 0; c < 3; ++c) {
            table.at<cv::Vec3b>(value)[c] =
                cv::saturate_cast<std::uint8_t>(255 * gain[c] * std::pow(value / 255.0, gamma[c]));
        }
    }
    cv::LUT(picture, table, picture);
}

void relight(cv::Mat& picture, const Scene& scene) {
    struct Mood {
        cv::Vec3d gain;
        double gamma;
    };
    constexpr double spread = 0.06;
    const std::array<Mood, 4> moods = {{{{1.08, 0.86, 0.62}, 1.15},   // sunset
                                        {{0.52, 0.62, 0.88}, 1.30},   // night
                                        {{1.10, 1.02, 0.88}, 0.82},   // noon
                                        {{0.86, 0.95, 1.06}, 1.20}}}; // cold morning
    Mood mood = moods[static_cast<std::size_t>(scene.random.below(4))];
    for (int c = 0; c < 3; ++c) {
        mood.gain[c] *= 1 + scene.random.around_zero(spread);
    }
    apply_curves(picture, mood.gain, {mood.gamma, mood.gamma, mood.gamma});
    const double angle = scene.random.uniform(0, 6.283);
    cv::Mat field(picture.size(), CV_32F);
    field.forEach<float>([&](float& value, const int* at) {
        const double x = static_cast<double>(at[1]) / picture.cols - 0.5;
        const double y = static_cast<double>(at[0]) / picture.rows - 0.5;
        value = static_cast<float>(std::sin(2 * (x * std::cos(angle) + y * std::sin(angle))));
    });
    const double strength = scene.random.uniform(0.12, 0.3);
    illuminate(picture, {{}, picture.size()}, field, {strength, strength, 0.9 * strength});
}

void make_black_and_white(cv::Mat& picture, const Scene& scene) {
    cv::Mat grey;
    const double red = scene.random.uniform(0.2, 0.45);
    const double blue = scene.random.uniform(0.05, 0.15);
    cv::transform(picture, grey, cv::Matx13d(red, 1 - red - blue, blue));
    const double contrast = scene.random.uniform(1.0, 1.3);
    grey.convertTo(grey, CV_8U, contrast, 128 * (1 - contrast));
    cv::merge(std::vector<cv::Mat>{grey, grey, grey}, picture);
}

void stylise(cv::Mat& picture, const Scene& scene) {
    const double scale = scene.model_scale;
    cv::Mat flat;
    cv::GaussianBlur(picture, flat, {}, 1.5 * scale);
    const int levels = 5 + scene.random.below(3);
    cv::Mat table(1, 256, CV_8U);
    for (int value = 0; value < 256; ++value) {
        table.at<std::uint8_t>(value) =
            cv::saturate_cast<std::uint8_t>(std::round(value / 255.0 * (levels - 1)) * 255.0 / (levels - 1));
    }
    cv::Mat grey;
    cv::cvtColor(flat, grey, cv::COLOR_RGB2GRAY);
    cv::LUT(flat, table, flat);
    cv::Mat wide;
    cv::GaussianBlur(grey, wide, {}, 3 * scale);
    const cv::Mat ink = (wide - grey) > 7;
    flat.setTo(cv::Scalar(25, 22, 30), ink);
    cv::Mat map_x = smooth_noise(scene.random, flat.size(), 90 * scale) * (1.5 * scale);
    cv::Mat map_y = smooth_noise(scene.random, flat.size(), 90 * scale) * (1.5 * scale);
    map_x.forEach<float>([](float& value, const int* at) { value += static_cast<float>(at[1]); });
    map_y.forEach<float>([](float& value, const int* at) { value += static_cast<float>(at[0]); });
    cv::remap(flat, picture, map_x, map_y, cv::INTER_LINEAR, cv::BORDER_REFLECT_101);
}

} // namespace

std::string_view name_of(EditKind kind) {
    switch (kind) {
    case EditKind::none: return "none";
    case EditKind::paste_small: return "paste 1-3 %";
    case EditKind::paste_medium: return "paste 5-15 %";
    case EditKind::paste_large: return "paste 20-40 %";
    case EditKind::same_photo: return "same photo";
    case EditKind::removal: return "removal";
    case EditKind::recolour: return "recolour";
    case EditKind::lamp: return "lamp";
    case EditKind::paste_shadow: return "paste + shadow";
    case EditKind::move: return "move";
    case EditKind::background: return "background";
    case EditKind::sky: return "sky";
    case EditKind::relight: return "relight";
    case EditKind::black_white: return "black and white";
    case EditKind::style: return "style";
    }
    return {};
}

cv::Mat make_edit(EditKind kind, const cv::Mat& photo, const cv::Mat& donor, double model_scale,
                  Random& random) {
    cv::Mat picture = photo.clone();
    const Scene scene{.photo = photo, .donor = donor, .model_scale = model_scale, .random = random};
    switch (kind) {
    case EditKind::none: break;
    case EditKind::paste_small: paste_donor(picture, scene, 0.01, 0.03); break;
    case EditKind::paste_medium: paste_donor(picture, scene, 0.05, 0.15); break;
    case EditKind::paste_large: paste_donor(picture, scene, 0.20, 0.40); break;
    case EditKind::same_photo: paste_same_photo(picture, scene); break;
    case EditKind::removal: remove(picture, scene, removal_region(scene, scene.outline(0.05, 0.15))); break;
    case EditKind::recolour: recolour(picture, scene); break;
    case EditKind::lamp: add_lamp(picture, scene); break;
    case EditKind::paste_shadow: paste_with_shadow(picture, scene); break;
    case EditKind::move: move_object(picture, scene); break;
    case EditKind::background: change_background(picture, scene); break;
    case EditKind::sky: change_sky(picture, scene); break;
    case EditKind::relight: relight(picture, scene); break;
    case EditKind::black_white: make_black_and_white(picture, scene); break;
    case EditKind::style: stylise(picture, scene); break;
    }
    return picture;
}

} // namespace kontext::bench
