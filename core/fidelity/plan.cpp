#include "core/fidelity/plan.h"

#include "core/error.h"
#include "core/fidelity/aligned.h"
#include "core/fidelity/alpha.h"
#include "core/fidelity/change_map.h"
#include "core/fidelity/color_drift.h"
#include "core/fidelity/decide.h"
#include "core/fidelity/difference.h"
#include "core/fidelity/follow_light.h"
#include "core/fidelity/grid.h"
#include "core/fidelity/light_change.h"
#include "core/fidelity/mat.h"
#include "core/fidelity/match_colors.h"
#include "core/fidelity/pyramid.h"
#include "core/fidelity/register.h"
#include "core/fidelity/sharpness.h"
#include "core/fidelity/tone.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <opencv2/imgproc.hpp>

namespace kontext {

namespace {

constexpr PixelFormat rgb_bytes{SampleType::u8, 3};
constexpr PixelFormat one_byte{SampleType::u8, 1};
constexpr std::int64_t most_pixels = 16'000'000;

constexpr double trusted = 0.25; // confidence from which a registration counts
constexpr double blur = 1.6;     // of the low pass that changes are looked for in, canvas pixels
constexpr int tone_reduction = 4;
constexpr double same_drawing = 0.75; // similarity of structure where only colours changed
constexpr int near_change = 6;        // canvas pixels around a change that are not to be relied on, …
constexpr int near_fading = 25;       // … not by a table of colours, which would learn how a change fades, …
constexpr int near_faded = 28;        // … around what is fainter than was found of light, …
constexpr int near_light = 50;        // … and around changed light, which goes on unseen

constexpr double far_reach = 1 / 10.0; // canvas widths, over which light of the whole is uneven

void check_view(const ImageView& view, PixelFormat format, const char* name) {
    if (view.data == nullptr || view.size.width < 1 || view.size.height < 1 || view.format != format) {
        throw Error(ErrorCode::invalid_argument,
                    std::string("A fit needs 8-bit pixels of the ") + name + ".");
    }
    if (view.size.pixels() > most_pixels) {
        throw Error(ErrorCode::invalid_argument,
                    std::string("The ") + name + " is too large for a fit: 16 megapixels at most.");
    }
}

void check_input(const FitInput& input) {
    check_view(input.canvas, rgb_bytes, "picture that was sent");
    check_view(input.reply, rgb_bytes, "picture that came back");
    for (const ImageView* mask : {&input.selection, &input.protection}) {
        if (mask->data != nullptr && (mask->size != input.canvas.size || mask->format != one_byte)) {
            throw Error(ErrorCode::invalid_argument,
                        "A mask must have the size of the picture that was sent.");
        }
    }
}

Image to_floats(const ImageView& picture) {
    return reduce(picture, 1);
}

// 255 where both are not 0 and `near` pixels around `changed` neither.
Image unchanged_places(const ImageView& covered, const ImageView& changed, int near) {
    Image use(covered.size, one_byte);
    cv::Mat grown;
    cv::setNumThreads(1);
    cv::dilate(as_mat(changed), grown,
               cv::getStructuringElement(cv::MORPH_RECT, {2 * near + 1, 2 * near + 1}));
    cv::Mat result = as_mat(use.view());
    cv::bitwise_and(as_mat(covered), grown == 0, result);
    return use;
}

ToneFit fit_tone_to(const Image& canvas_small, const AlignedReply& aligned, const ImageView& use) {
    const Image reply_small = reduce(aligned.picture.view(), tone_reduction);
    Image weights = reduce(use, tone_reduction);
    cv::Mat mat = as_mat(weights.view());
    mat.setTo(0, mat < 0.999);
    return fit_tone(canvas_small.view(), reply_small.view(), weights.view());
}

cv::Mat to_lab(const Image& picture) {
    cv::Mat lab;
    cv::setNumThreads(1);
    cv::cvtColor(as_mat(picture.view()), lab, cv::COLOR_RGB2Lab);
    return lab;
}

// Mean ΔE of what a tone map does.
double measure_tone_shift(const Image& reply_small, const ToneMap& tone) {
    const cv::Mat before = to_lab(reply_small);
    const cv::Mat after = to_lab(match_colors(reply_small.view(), {.tone = tone}));
    double sum = 0;
    for (int y = 0; y < before.rows; ++y) {
        for (int x = 0; x < before.cols; ++x) {
            sum += cv::norm(before.at<cv::Vec3f>(y, x) - after.at<cv::Vec3f>(y, x));
        }
    }
    return sum / static_cast<double>(before.total());
}

// How widely the colours of a picture differ in hue and saturation: 1 where there are hardly any to begin
// with.
double measure_color_kept(const Image& canvas_small, const Image& reply_small) {
    const auto spread = [](const Image& picture) {
        cv::Scalar mean;
        cv::Scalar deviation;
        cv::meanStdDev(to_lab(picture), mean, deviation);
        return std::hypot(deviation[1], deviation[2]);
    };
    constexpr double hardly_any = 3;
    const double before = spread(canvas_small);
    return before > hardly_any ? spread(reply_small) / before : 1;
}

// Everything that is known while a fit is made.
struct Work {
    const FitInput& input;
    Size size;
    Image reply;        // at the canvas's size
    Image canvas_small; // for tone
    std::vector<FeatureLevel> pyramid;
    Registration registration;
    AlignedReply aligned;
    ToneFit tone;
    ColorMatch colors; // of the tone, and what that leaves
    Image changed;     // 8 bits
    Image faded;       // what of it is light and ends softly, 8 bits; empty: nothing
    bool light_changed = false;
    Image similarity; // of structure, at the first look, small
};

// Both pictures at half the size, for a first look.
struct Halves {
    Image canvas; // floats
    Image aligned;
    Image covered; // 8 bits

    Size size() const { return canvas.size(); }
};

// A mask of 8 bits at another size.
Image resize_mask(const ImageView& mask, Size size) {
    Image result(size, one_byte);
    cv::Mat target = as_mat(result.view());
    cv::setNumThreads(1);
    cv::resize(as_mat(mask), target, target.size(), 0, 0, cv::INTER_NEAREST);
    return result;
}

Halves halve(const Work& work) {
    Halves halves{.canvas = reduce(work.input.canvas, 2),
                  .aligned = reduce(work.aligned.picture.view(), 2),
                  .covered = {}};
    halves.covered = resize_mask(work.aligned.covered.view(), halves.size());
    return halves;
}

// What still differs where the reply's colours were matched as in `matched`.
Difference compare(const Halves& halves, Image matched) {
    forgive_clipping(halves.canvas.view(), halves.aligned.view(), matched.view());
    return measure_difference(halves.canvas.view(), matched.view(), halves.covered.view(), blur / 2);
}

// A first look: where it changed, roughly, and what speaks for an edit of the whole.
Evidence look_roughly(Work& work, const Halves& halves) {
    work.tone = fit_tone_to(work.canvas_small, work.aligned, work.aligned.covered.view());
    Difference first = compare(halves, match_colors(halves.aligned.view(), {.tone = work.tone.map}));
    const ChangeMap rough =
        find_changes(first, halves.covered.view(), {.sensitivity = work.input.sensitivity});
    work.changed = resize_mask(rough.mask.view(), work.size);
    Evidence evidence{.similarity = typical_similarity(first, halves.covered.view())};
    work.similarity = std::move(first.similarity);
    evidence.agreement = work.tone.agreement;
    const Image reply_small = reduce(work.aligned.picture.view(), tone_reduction);
    evidence.tone_shift = measure_tone_shift(reply_small, work.tone.map);
    evidence.color_kept = measure_color_kept(work.canvas_small, reply_small);
    const cv::Mat changed = as_mat(work.changed.view());
    evidence.changed = static_cast<double>(cv::countNonZero(changed)) / static_cast<double>(changed.total());
    return evidence;
}

// By how much the light of what is left varies over wide distances.
double measure_unevenness(const Residuals& residuals) {
    const double reach = far_reach * residuals.canvas.width;
    const Grid field = smooth_residuals(residuals, reach, reach);
    std::vector<double> light;
    for (std::size_t i = 0; i + 2 < field.values.size(); i += 3) {
        light.push_back((field.values[i] + field.values[i + 1] + field.values[i + 2]) / 3);
    }
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(light, mean, deviation);
    return deviation[0];
}

bool is_empty(const Image& mask) {
    return cv::countNonZero(as_mat(mask.view())) == 0;
}

// What is found at half the size once uneven light is matched, too.
struct HalfLook {
    ChangeMap changes;
    Image lights; // of the changes, 8 bits
};

// What `matched` is still off by where `use` (8 bits, the full size) is not 0.
Residuals sum_residuals(const Halves& halves, const Image& matched, const ImageView& use) {
    return sum_residuals(halves.canvas.view(), matched.view(), resize_mask(use, halves.size()).view());
}

// Colours that are not matched by tone alone, from where `use` (8 bits) is not 0.
void fit_colors(Work& work, const ImageView& use) {
    const Image reply_small = reduce(work.aligned.picture.view(), tone_reduction);
    const Image matched = match_colors(reply_small.view(), {.tone = work.tone.map});
    const Image weights = reduce(use, tone_reduction);
    work.colors = {.tone = work.tone.map,
                   .table = fit_color_table(work.canvas_small.view(), matched.view(), weights.view())};
}

// Places `near` pixels away from what changed, as far as is known by now.
Image unchanged_places(const Work& work, int near) {
    return unchanged_places(work.aligned.covered.view(), work.changed.view(), near);
}

// `use` (8 bits, the full size) tells where light is measured; `known` (half the size) where it changed.
HalfLook look_evenly(const Work& work, const Halves& halves, const ImageView& use, const ImageView& known) {
    Image matched = match_colors(halves.aligned.view(), work.colors);
    const Residuals drift = sum_residuals(halves, matched, use);
    const DriftSpread spread = measure_spread(drift);
    add_field(fit_drift(drift, spread), matched.view());
    const Difference difference = compare(halves, std::move(matched));
    HalfLook look{.changes = find_changes(difference, halves.covered.view(),
                                          {.sensitivity = work.input.sensitivity,
                                           .follows_fading = true,
                                           .spread = spread,
                                           .known = known}),
                  .lights = {}};
    look.lights = find_light_changes(look.changes.mask.view(), difference);
    return look;
}

// A second look at the same, its colours matched by what did not change at the first: uneven light is no
// change any more, and a change is followed to where it fades, so that geometry and tone can be measured
// elsewhere. Where light changed, a third one whose idea of uneven light keeps away from that. Gives how
// uneven the light is.
double look_again(Work& work, const Halves& halves) {
    const Image use = unchanged_places(work, near_change);
    work.tone = fit_tone_to(work.canvas_small, work.aligned, use.view());
    const Image toned = match_colors(halves.aligned.view(), {.tone = work.tone.map});
    const double unevenness = measure_unevenness(sum_residuals(halves, toned, use.view()));
    fit_colors(work, unchanged_places(work, near_fading).view());
    HalfLook look = look_evenly(work, halves, use.view(), {});
    work.light_changed = !is_empty(look.lights);
    if (work.light_changed) {
        const Image lights = resize_mask(look.lights.view(), work.size);
        const Image apart = unchanged_places(use.view(), lights.view(), near_light);
        fit_colors(work, apart.view());
        look.changes = look_evenly(work, halves, apart.view(), look.lights.view()).changes;
    }
    work.changed = resize_mask(look.changes.mask.view(), work.size);
    return unevenness;
}

Evidence look_at_halves(Work& work) {
    work.aligned = align_reply(work.reply.view(), work.registration.alignment);
    const Halves halves = halve(work);
    Evidence evidence = look_roughly(work, halves);
    evidence.unevenness = look_again(work, halves);
    return evidence;
}

// Where geometry is measured: where nothing changed, or colours alone did, as under a lamp or in an edit of
// the whole.
Image comparable_places(const Work& work) {
    cv::Mat similarity;
    cv::setNumThreads(1);
    const cv::Mat changed = as_mat(work.changed.view());
    cv::resize(as_mat(work.similarity.view()), similarity, changed.size(), 0, 0, cv::INTER_LINEAR);
    Image redrawn(work.size, one_byte);
    cv::Mat target = as_mat(redrawn.view());
    cv::bitwise_and(changed, similarity < same_drawing, target);
    return unchanged_places(work.aligned.covered.view(), redrawn.view(), near_change);
}

// Geometry and tone from where nothing changed.
void refine(Work& work) {
    const Image unchanged = comparable_places(work);
    const Alignment& start = work.registration.alignment;
    work.pyramid = build_pyramid_of_same(
        split_color(work.input.canvas), align_color(split_color(work.reply.view()), start), unchanged.view());
    work.registration.alignment = refine_alignment(work.pyramid, work.size, start);
    work.pyramid.clear();
    work.aligned = align_reply(work.reply.view(), work.registration.alignment);
    work.tone = fit_tone_to(work.canvas_small, work.aligned, unchanged_places(work, near_change).view());
}

// What of the changes is light, which ends softly; empty for nothing.
Image find_fading(const ImageView& changes, const Difference& difference) {
    Image lights = find_light_changes(changes, difference);
    cv::Mat mat = as_mat(lights.view());
    cv::bitwise_and(mat, as_mat(changes), mat); // without what is beyond
    return is_empty(lights) ? Image() : std::move(lights);
}

// What is left of the drift in colour, and how soft the reply is, by what did not change.
void fit_rest(const Work& work, const ImageView& canvas, FitPlan& plan) {
    Image matched = match_colors(work.aligned.picture.view(), work.colors);
    Image unchanged = unchanged_places(work, 2);
    if (!work.faded.empty()) { // what is fainter than what was found of light would be taken for drift
        unchanged = unchanged_places(unchanged.view(), work.faded.view(), near_faded);
    }
    const Residuals rest = sum_residuals(canvas, matched.view(), unchanged.view());
    plan.seam = smooth_residuals(rest, 14, far_reach * work.size.width);
    add_field(plan.seam, matched.view());
    plan.sharpening = fit_sharpening(canvas, matched.view(), unchanged.view());
}

// The same at full size.
void look_closely(Work& work, FitPlan& plan) {
    const Image canvas = to_floats(work.input.canvas);
    const ImageView covered = work.aligned.covered.view();
    Image use = unchanged_places(work, near_change);
    fit_colors(work, unchanged_places(work, near_fading).view());
    Image lights;
    if (work.light_changed) {
        lights = resize_mask(look_evenly(work, halve(work), use.view(), {}).lights.view(), work.size);
        use = unchanged_places(use.view(), lights.view(), near_light);
        fit_colors(work, use.view());
        // How bright a colour is may be the light's doing, however faint it is there.
        work.colors.table = without_lightness(std::move(work.colors.table));
    }
    {
        Image matched = match_colors(work.aligned.picture.view(), work.colors);
        const Residuals drift = sum_residuals(canvas.view(), matched.view(), use.view());
        const DriftSpread spread = measure_spread(drift);
        add_field(fit_drift(drift, spread), matched.view());
        FollowedLight light;
        if (work.light_changed) {
            light = follow_light({.canvas = canvas.view(),
                                  .canvas_small = work.canvas_small.view(),
                                  .matched_small = reduce(matched.view(), tone_reduction).view(),
                                  .covered = covered,
                                  .lights = lights.view(),
                                  .spread = spread});
        }
        forgive_clipping(canvas.view(), to_floats(work.aligned.picture.view()).view(), matched.view());
        const Difference difference = measure_difference(canvas.view(), matched.view(), covered, blur);
        ChangeMap changes = find_changes(difference, covered,
                                         {.sensitivity = work.input.sensitivity,
                                          .follows_fading = true,
                                          .spread = spread,
                                          .known = light.mask.view(),
                                          .looked_at = light.looked_at.view()});
        plan.regions = std::move(changes.regions);
        work.faded = find_fading(changes.mask.view(), difference);
        work.changed = std::move(changes.mask);
    }
    fit_rest(work, canvas.view(), plan);
}

// Reply pixels are the reply's own, whatever size it was looked at.
void write_geometry(const Work& work, FitPlan& plan) {
    const Alignment& alignment = work.registration.alignment;
    const double half = std::max(work.size.width, work.size.height) / 2.0;
    const double scale_x = static_cast<double>(plan.reply.width) / work.size.width;
    const double scale_y = static_cast<double>(plan.reply.height) / work.size.height;
    const auto& p = alignment.affine;
    const double center_x = work.size.width / 2.0 - 0.5;
    const double center_y = work.size.height / 2.0 - 0.5;
    // x' = scale (x + half (p0 + p1 u + p2 v) + 0.5) - 0.5 with u = (x - center) / half
    plan.transform = {scale_x * (1 + p[1]),
                      scale_x * p[2],
                      scale_x * (half * p[0] - p[1] * center_x - p[2] * center_y + 0.5) - 0.5,
                      scale_y * p[4],
                      scale_y * (1 + p[5]),
                      scale_y * (half * p[3] - p[4] * center_x - p[5] * center_y + 0.5) - 0.5,
                      0,
                      0,
                      1};
    plan.displacement = alignment.displacement;
    std::vector<double> lengths;
    for (std::size_t i = 0; i + 1 < plan.displacement.values.size(); i += 2) {
        float* value = plan.displacement.values.data() + i;
        lengths.push_back(std::hypot(value[0], value[1]));
        value[0] *= static_cast<float>(scale_x);
        value[1] *= static_cast<float>(scale_y);
    }
    const auto high = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() * 95 / 100);
    std::nth_element(lengths.begin(), high, lengths.end());
    plan.warp_px = *high;
    plan.shift_px = half * std::hypot(p[0], p[3]);
    plan.scale = 1 + (p[1] + p[5]) / 2;
}

double share_over_half(const std::vector<std::uint8_t>& alpha) {
    if (alpha.empty()) {
        return 0;
    }
    const auto count = std::ranges::count_if(alpha, [](std::uint8_t value) { return value > 127; });
    return static_cast<double>(count) / static_cast<double>(alpha.size());
}

void throw_if_stopped(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Cancelled();
    }
}

void summarise(const Work& work, FitPlan& plan) {
    const cv::Mat covered = as_mat(work.aligned.covered.view());
    plan.uncovered_fraction =
        1 - static_cast<double>(cv::countNonZero(covered)) / static_cast<double>(covered.total());
    plan.changed_fraction = plan.mode == FidelityMode::keep ? share_over_half(plan.mask) : 1;
}

} // namespace

FitPlan plan_fit(const FitInput& input, const std::stop_token& stop) {
    check_input(input);
    FitPlan plan;
    plan.canvas = input.canvas.size;
    plan.reply = input.reply.size;
    plan.selection = alpha_of_selection(input.selection, input.protection);
    plan.changed_fraction = 1;
    plan.transform[0] = static_cast<double>(plan.reply.width) / plan.canvas.width;
    plan.transform[2] = (plan.transform[0] - 1) / 2;
    plan.transform[4] = static_cast<double>(plan.reply.height) / plan.canvas.height;
    plan.transform[5] = (plan.transform[4] - 1) / 2;

    Work work{.input = input, .size = input.canvas.size};
    work.reply = fit_size(input.reply, work.size);
    work.canvas_small = reduce(input.canvas, tone_reduction);
    work.pyramid = build_pyramid(make_luma(input.canvas).view(), make_luma(work.reply.view()).view());
    work.registration = register_pictures(work.pyramid, work.size);
    plan.confidence = work.registration.confidence;
    throw_if_stopped(stop);
    if (plan.confidence < trusted) {
        plan.mode = choose_mode(input.mode, Decision::unregistered);
        return plan;
    }
    const Evidence evidence = look_at_halves(work);
    throw_if_stopped(stop);
    refine(work);
    throw_if_stopped(stop);
    look_closely(work, plan);
    throw_if_stopped(stop);
    plan.tone = work.tone.map;
    plan.colors = std::move(work.colors.table);
    plan.tone_shift = evidence.tone_shift;
    write_geometry(work, plan);
    plan.decision = decide(evidence, !plan.regions.empty(), input.prompt);
    plan.mode = choose_mode(input.mode, plan.decision);
    if (!plan.regions.empty()) {
        plan.mask = alpha_of_change(work.changed.view(), work.faded.view());
    }
    summarise(work, plan);
    return plan;
}

} // namespace kontext
