#include "core/memory.h"
#include "tests/bench/fidelity/jpeg.h"
#include "tests/bench/fidelity/methods.h"
#include "tests/bench/fidelity/results.h"
#include "tests/bench/fidelity/tables.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <opencv2/imgproc.hpp>

namespace kontext::bench {

namespace {

struct Options {
    std::filesystem::path photos;
    std::filesystem::path cache;
    std::string method = "core";
    std::vector<std::size_t> photo_numbers;
    std::vector<int> edits;
    std::uint64_t seed = 20260101;
    bool only_even = false;
    bool only_cc0 = false;
    bool full_resolution = false;
    std::filesystem::path pictures; // empty: none are written
    std::filesystem::path showcase; // empty: none
    int negatives = 0;
    std::string report; // "tables", "medians" or a file of stored medians
    std::vector<std::filesystem::path> results;
};

std::vector<Case> cases_of(const Options& options) {
    std::vector<Case> cases;
    for (std::size_t photo = 0; photo < photos().size(); ++photo) {
        const bool is_named = options.photo_numbers.empty() ||
                              std::ranges::find(options.photo_numbers, photo) != options.photo_numbers.end();
        if (!is_named || (options.only_even && photo % 2 != 0) ||
            (options.only_cc0 && !photos()[photo].cc0)) {
            continue;
        }
        for (const EditKind edit : all_edits) {
            if (options.edits.empty() ||
                std::ranges::find(options.edits, static_cast<int>(edit)) != options.edits.end()) {
                cases.push_back({.photo = photo, .edit = edit, .seed_base = options.seed});
            }
        }
    }
    return cases;
}

void measure_at_model_scale(Row& row, const Case& which, const RoundTrip& trip, const Finding& finding) {
    const cv::Mat unchanged = unchanged_pixels(trip);
    const double changed = share(trip.changed);
    row.set("registration_px", registration_error(trip, finding.map, which.edit));
    row.set("area", changed);
    row.set("iou", overlap(finding.change, trip.changed));
    row.set("found", share(finding.change));
    row.set("lost", changed > 0 ? share((finding.alpha < 128) & trip.changed) / changed : 0);
    row.set("colour", mean_where(colour_distance(trip.sent, finding.restored, 2), unchanged));
    row.set("confidence", finding.confidence);
    row.set("tone_shift", finding.tone_shift);
    row.set("plan_s", finding.seconds);
}

void measure_at_full_resolution(Row& row, const RoundTrip& trip, const cv::Mat& photo, const cv::Mat& truth,
                                const Placed& placed) {
    const PixelCounts pixels = compare_pixels(photo, truth, placed.picture);
    row.set("exact", pixels.untouched_exact);
    row.set("untouched_psnr", pixels.untouched_psnr);
    row.set("changed_psnr", pixels.changed_psnr);
    cv::Mat where;
    cv::resize(trip.changed, where, photo.size(), 0, 0, cv::INTER_NEAREST);
    row.set("changed_ssim", structural_similarity(truth, placed.picture, where));
    row.set("apply_s", placed.seconds);
}

// What a removal uncovered is the photo's own in truth, with its noise: the share of that which is there.
void measure_noise(Row& row, const RoundTrip& trip, const Finding& finding, const cv::Mat& photo,
                   const cv::Mat& truth, const Placed& placed) {
    cv::Mat within;
    cv::erode(trip.changed & (finding.alpha == 255), within, cv::Mat(), {-1, -1}, 3);
    cv::resize(within, within, photo.size(), 0, 0, cv::INTER_NEAREST);
    const std::optional<double> wanted = noise_of(truth, within);
    if (wanted && *wanted > 0) {
        const Placed grainy = place_with_core(trip, finding, photo, AddGrain::yes);
        row.set("noise", noise_of(placed.picture, within).value_or(0) / *wanted);
        row.set("grain", noise_of(grainy.picture, within).value_or(0) / *wanted);
    }
}

void write_jpeg(const std::filesystem::path& file, const cv::Mat& picture) {
    const auto bytes = encode_jpeg(picture, 95);
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// To look at: sent, reply, reply restored, true change (red) over the change that was found (green).
void write_pictures(const std::filesystem::path& stem, const RoundTrip& trip, const Finding& finding) {
    std::filesystem::create_directories(stem.parent_path());
    cv::Mat masks;
    const cv::Mat change = finding.change.empty() ? cv::Mat::zeros(trip.sent.size(), CV_8U) : finding.change;
    cv::merge(std::vector<cv::Mat>{trip.changed, change, finding.alpha / 2}, masks);
    write_jpeg(stem.string() + "-sent.jpg", trip.sent);
    write_jpeg(stem.string() + "-reply.jpg", trip.reply);
    write_jpeg(stem.string() + "-restored.jpg", finding.restored);
    write_jpeg(stem.string() + "-masks.jpg", masks);
}

Finding find(const std::string& method, const RoundTrip& trip) {
    if (method == "core") {
        return find_with_core(trip);
    }
    if (method == "naive") {
        return find_naively(trip);
    }
    return find_with_opencv(method == "ecc"        ? Ready::ecc
                            : method == "features" ? Ready::features
                                                   : Ready::flow,
                            trip);
}

void run(const Options& options) {
    Simulator simulator(options.photos, options.cache);
    const bool is_core = options.method == "core";
    std::puts(Row::header().c_str());
    for (const Case& which : cases_of(options)) {
        const RoundTrip trip = simulator.simulate(which);
        const Finding finding = find(options.method, trip);
        Row row(which, options.method, finding.decision);
        measure_at_model_scale(row, which, trip, finding);
        std::string fingerprint = std::to_string(finding.fingerprint);
        if (options.full_resolution) {
            const cv::Mat& photo = simulator.photo(which.photo);
            const Placed placed =
                is_core ? place_with_core(trip, finding, photo) : place_naively(trip, photo);
            const cv::Mat truth = simulator.truth(which);
            measure_at_full_resolution(row, trip, photo, truth, placed);
            if (is_core && which.edit == EditKind::removal) {
                measure_noise(row, trip, finding, photo, truth, placed);
            }
            const std::size_t bytes = placed.picture.total() * placed.picture.elemSize();
            fingerprint += '-' + std::to_string(fingerprint_of(placed.picture.data, bytes));
        }
        row.set_fingerprint(fingerprint);
        if (!options.pictures.empty()) {
            write_pictures(options.pictures / std::to_string(which.seed()), trip, finding);
        }
        std::puts(row.text().c_str());
        std::fflush(stdout);
    }
}

// Replies that have nothing to do with what was sent: every photo on every other's canvas, then mirrored
// ones.
int count_accepted(const Options& options) {
    Simulator simulator(options.photos, options.cache);
    std::vector<std::size_t> numbers;
    for (std::size_t number = 0; number < photos().size(); ++number) {
        if (!options.only_cc0 || photos()[number].cc0) {
            numbers.push_back(number);
        }
    }
    const std::size_t count = numbers.size();
    int accepted = 0;
    int tried = 0;
    for (const bool mirrored : {false, true}) {
        for (std::size_t pair = 0; pair < count * count && tried < options.negatives; ++pair) {
            const std::size_t one =
                pair % count; // neighbours in the list are often of one package: spread them
            const std::size_t other = (one + 1 + pair / count) % count;
            if (one == other) {
                continue;
            }
            const cv::Mat& photo = simulator.photo(numbers[one]);
            const Framing framing = choose_framing({photo.cols, photo.rows}, model_sizes());
            cv::Mat reply;
            cv::resize(simulator.photo(numbers[other]), reply, {framing.canvas.width, framing.canvas.height},
                       0, 0, cv::INTER_AREA);
            if (mirrored) {
                cv::flip(reply, reply, 1);
            }
            accepted += is_accepted_by_core(send(photo, framing), reply) ? 1 : 0;
            ++tried;
        }
    }
    std::printf("unrelated pictures accepted: %d of %d\n", accepted, tried);
    return accepted;
}

// The same part of the original, of the naive insert and of ours, side by side at 100 %: at the change's
// border.
void write_showcase(const Options& options) {
    Simulator simulator(options.photos, options.cache);
    const Case which = cases_of(options).at(0);
    const RoundTrip trip = simulator.simulate(which);
    const cv::Mat& photo = simulator.photo(which.photo);
    const cv::Mat ours = place_with_core(trip, find_with_core(trip), photo).picture;
    const cv::Mat naive = place_naively(trip, photo).picture;
    const cv::Rect change = cv::boundingRect(trip.changed);
    const PixelPoint corner =
        to_layer(trip.framing, {double(change.x), double(change.y + change.height / 2)});
    const cv::Size size(480, 480);
    const cv::Point at(std::clamp(cvRound(corner.x) - size.width / 2, 0, photo.cols - size.width),
                       std::clamp(cvRound(corner.y) - size.height / 2, 0, photo.rows - size.height));
    constexpr int gap = 12;
    cv::Mat page(size.height, 3 * size.width + 2 * gap, CV_8UC3, cv::Scalar(255, 255, 255));
    int left = 0;
    for (const cv::Mat& picture : {photo, naive, ours}) {
        picture({at, size}).copyTo(page({cv::Point(left, 0), size}));
        left += size.width + gap;
    }
    write_jpeg(options.showcase, page);
}

// Prints tables, or what got worse; 0 if all is well.
int report(const Options& options) {
    std::vector<Record> results;
    for (const auto& file : options.results) {
        const std::vector<Record> more = read_results(file);
        results.insert(results.end(), more.begin(), more.end());
    }
    if (options.report == "tables") {
        std::fputs(make_tables(results).c_str(), stdout);
    } else if (options.report == "medians") {
        std::fputs(make_medians(results).c_str(), stdout);
    } else {
        const std::string worse = find_regressions(results, options.report);
        std::fputs(worse.c_str(), stdout);
        return worse.empty() ? 0 : 1;
    }
    return 0;
}

} // namespace

} // namespace kontext::bench

int main(int argument_count, char** arguments) {
    kontext::keep_freed_memory(); // as every program of ours does
    kontext::bench::Options options;
    const char* home = std::getenv("HOME");
    const std::filesystem::path cache = std::filesystem::path(home ? home : "/tmp") / ".cache/gimp-kontext";
    options.photos = cache / "photos";
    options.cache = cache / "fidelity-cases";
    CLI::App app("Simulated round trips through a model, and how well they are undone. Prints CSV.");
    app.add_option("--photos", options.photos, "the folder that get-photos printed");
    app.add_option("--cache", options.cache, "where simulated round trips are kept");
    app.add_option("--method", options.method)
        ->check(CLI::IsMember({"core", "naive", "ecc", "features", "flow"}));
    app.add_option("--photo", options.photo_numbers, "only these photos (0..21)");
    app.add_option("--edit", options.edits, "only these edits (0..14)");
    app.add_option("--seed", options.seed, "base of the seeds");
    app.add_flag("--even", options.only_even, "only photos for tuning");
    app.add_flag("--cc0", options.only_cc0, "only CC0 photos");
    app.add_option("--pictures", options.pictures, "a folder to write pictures of each case to");
    app.add_flag("--full", options.full_resolution, "also measure at full resolution");
    app.add_option("--showcase", options.showcase,
                   "only write the first case's pictures side by side to this JPEG");
    app.add_option("--negatives", options.negatives,
                   "only count how many of so many unrelated replies are accepted");
    app.add_option("--report", options.report,
                   "only report on --results: tables, medians, or a file of medians to "
                   "compare with");
    app.add_option("--results", options.results, "files that this program wrote");
    CLI11_PARSE(app, argument_count, arguments);
    if (!options.report.empty()) {
        return kontext::bench::report(options);
    }
    if (!options.showcase.empty()) {
        kontext::bench::write_showcase(options);
        return 0;
    }
    if (options.negatives > 0) {
        return kontext::bench::count_accepted(options) == 0 ? 0 : 1;
    }
    kontext::bench::run(options);
    return 0;
}
