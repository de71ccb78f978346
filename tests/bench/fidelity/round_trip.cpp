#include "tests/bench/fidelity/round_trip.h"

#include "core/framing/frame_picture.h"
#include "tests/bench/fidelity/measure.h"
#include "tests/bench/fidelity/views.h"

#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

namespace kontext::bench {

namespace {

// A change of the simulation is a change of this number: kept round trips are then made anew.
constexpr int simulation_version = 3;

cv::Size size_of(Size size) {
    return {size.width, size.height};
}

Framing frame(const cv::Mat& photo) {
    return choose_framing({photo.cols, photo.rows}, model_sizes());
}

// The edit and the drift have seeds of their own, so that the drift is known without making the edit.
Random edit_random(const Case& which) {
    return Random(which.seed() * 2);
}

Drift drift_of(const Case& which, cv::Size size) {
    Random random(which.seed() * 2 + 1);
    return draw_drift(random, size, which.drifts_lightly() ? DriftStrength::light : DriftStrength::full,
                      which.edit == EditKind::sky);
}

// Another photo, out of those that everybody has: a few photos give the same cases as all of them.
std::size_t draw_donor(std::size_t photo, Random& random) {
    std::vector<std::size_t> donors;
    for (std::size_t number = 0; number < photos().size(); ++number) {
        if (photos()[number].cc0 && number != photo) {
            donors.push_back(number);
        }
    }
    return donors[static_cast<std::size_t>(random.below(static_cast<int>(donors.size())))];
}

} // namespace

const CanvasSizes& model_sizes() {
    static const CanvasSizes sizes{.listed = {{672, 1568},
                                              {688, 1504},
                                              {720, 1456},
                                              {752, 1392},
                                              {800, 1328},
                                              {832, 1248},
                                              {880, 1184},
                                              {944, 1104},
                                              {1024, 1024},
                                              {1104, 944},
                                              {1184, 880},
                                              {1248, 832},
                                              {1328, 800},
                                              {1392, 752},
                                              {1456, 720},
                                              {1504, 688},
                                              {1568, 672}}};
    return sizes;
}

cv::Mat send(const cv::Mat& photo, const Framing& framing) {
    Raster layer({photo.cols, photo.rows}, {SampleType::u8, 3});
    layer.write_rows(0, view_of(photo));
    const Image canvas = frame_picture(layer, {}, framing);
    cv::Mat sent(size_of(canvas.size()), CV_8UC3);
    std::memcpy(sent.data, canvas.view().data, sent.total() * sent.elemSize());
    return sent;
}

Simulator::Simulator(std::filesystem::path photo_folder, std::filesystem::path cache)
    : shelf_(std::move(photo_folder)), cache_(std::move(cache)) {
    if (!cache_.empty()) {
        std::filesystem::create_directories(cache_);
    }
}

cv::Mat Simulator::truth(const Case& which) {
    Random random = edit_random(which);
    const cv::Mat& photo = shelf_.photo(which.photo);
    const std::size_t donor = draw_donor(which.photo, random);
    const double scale = 1 / scale_of(frame(photo));
    // Only some edits put something in: another photo is read for those alone.
    const bool takes = which.edit == EditKind::paste_small || which.edit == EditKind::paste_medium ||
                       which.edit == EditKind::paste_large || which.edit == EditKind::paste_shadow ||
                       which.edit == EditKind::background;
    return make_edit(which.edit, photo, takes ? shelf_.photo(donor) : photo, scale, random);
}

RoundTrip Simulator::simulate(const Case& which) {
    const auto file = cache_ / (std::to_string(simulation_version) + "-" + std::to_string(which.seed()));
    if (!cache_.empty()) {
        if (auto kept = load(file, which)) {
            return std::move(*kept);
        }
    }
    const cv::Mat& photo = shelf_.photo(which.photo);
    RoundTrip trip;
    trip.framing = frame(photo);
    const cv::Size size = size_of(trip.framing.canvas);
    trip.sent = send(photo, trip.framing);
    trip.drift = drift_of(which, size);
    const cv::Mat edited = which.edit == EditKind::none ? trip.sent : send(truth(which), trip.framing);
    trip.changed = colour_distance(trip.sent, edited) > visible_distance;
    trip.reply = apply(trip.drift, edited);
    if (!cache_.empty()) {
        std::ofstream stream(file, std::ios::binary);
        for (const int side : {size.width, size.height}) {
            stream.write(reinterpret_cast<const char*>(&side), sizeof side);
        }
        for (const cv::Mat* picture : {&trip.sent, &trip.reply, &trip.changed}) {
            stream.write(reinterpret_cast<const char*>(picture->data),
                         static_cast<std::streamsize>(picture->total() * picture->elemSize()));
        }
    }
    return trip;
}

std::optional<RoundTrip> Simulator::load(const std::filesystem::path& file, const Case& which) {
    std::ifstream stream(file, std::ios::binary);
    cv::Size size;
    for (int* side : {&size.width, &size.height}) {
        stream.read(reinterpret_cast<char*>(side), sizeof *side);
    }
    if (!stream) {
        return std::nullopt;
    }
    RoundTrip trip{.framing = frame(shelf_.photo(which.photo)),
                   .sent = cv::Mat(size, CV_8UC3),
                   .reply = cv::Mat(size, CV_8UC3),
                   .changed = cv::Mat(size, CV_8U),
                   .drift = drift_of(which, size)};
    for (cv::Mat* picture : {&trip.sent, &trip.reply, &trip.changed}) {
        stream.read(reinterpret_cast<char*>(picture->data),
                    static_cast<std::streamsize>(picture->total() * picture->elemSize()));
    }
    return stream ? std::optional(std::move(trip)) : std::nullopt;
}

} // namespace kontext::bench
