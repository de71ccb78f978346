#include "core/engine/engines/darkroom/develop.h"

#include "core/engine/engines/darkroom/chain.h"
#include "core/engine/engines/darkroom/coding.h"
#include "core/error.h"
#include "core/parallel.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <opencv2/core.hpp>

namespace kontext::darkroom {
namespace {

constexpr int tile_width = 512;                   // fixed: where tiles meet must not depend on anything
constexpr std::int64_t bytes_at_once = 1 << 17;   // of rows that a table goes over: they stay in the cache
constexpr std::int64_t bytes_per_chunk = 1 << 21; // of rows that a thread takes at once
constexpr int rows_at_once = 64;                  // of tiles without a neighbourhood

// Rows of a picture in work, not zero-filled first.
struct Rows {
    std::unique_ptr<std::byte[]> bytes;
    MutableImageView view;
};

Rows make_rows(const Raster& picture, int count) {
    const int row_bytes = picture.size().width * picture.format().bytes_per_pixel();
    Rows rows;
    rows.bytes = std::make_unique_for_overwrite<std::byte[]>(static_cast<std::size_t>(row_bytes) *
                                                             static_cast<std::size_t>(count));
    rows.view = {rows.bytes.get(), {picture.size().width, count}, picture.format(), row_bytes};
    return rows;
}

// Calls work(first row, rows) for every band, in parallel; reports from the calling thread alone.
template <typename Work>
void for_each_band(int height, int band_rows, const ProgressSink& progress, const std::stop_token& stop,
                   const Work& work) {
    const int bands = (height + band_rows - 1) / band_rows;
    std::atomic<int> done = 0;
    const auto caller = std::this_thread::get_id();
    for_each_parallel(
        bands,
        [&](int band) {
            const int first = band * band_rows;
            work(first, std::min(band_rows, height - first));
            const int finished = ++done;
            if (progress && std::this_thread::get_id() == caller) {
                progress({Stage::generating, static_cast<double>(finished) / bands});
            }
        },
        stop);
    if (progress) { // of all, which others may have finished
        progress({Stage::generating, 1.0});
    }
}

template <typename Sample>
using Tables = std::array<std::vector<Sample>, 3>;

template <typename Sample>
Tables<Sample> tables_of(const Coding& coding, int channels) {
    Tables<Sample> tables;
    for (int channel = 0; channel < channels; ++channel) {
        const std::vector<std::uint16_t> wide = coding.table(channel);
        tables[static_cast<std::size_t>(channel)].assign(wide.begin(), wide.end());
    }
    return tables;
}

// Spelled out by channels: this is what a tone curve on a large layer spends its time on.
template <int Channels, typename Sample>
void look_up_pixels(Sample* samples, std::ptrdiff_t pixels, const Tables<Sample>& tables) {
    const Sample* r = tables[0].data();
    const Sample* g = tables[1].data();
    const Sample* b = tables[2].data();
    for (std::ptrdiff_t i = 0; i < pixels; ++i, samples += Channels) {
        samples[0] = r[samples[0]];
        if constexpr (Channels >= 3) {
            samples[1] = g[samples[1]];
            samples[2] = b[samples[2]];
        }
    }
}

template <typename Sample>
void look_up(const MutableImageView& rows, const Tables<Sample>& tables) {
    const auto pixels = static_cast<std::ptrdiff_t>(rows.size.pixels());
    auto* samples = rows.samples<Sample>(0);
    switch (rows.format.channels) {
    case 1: look_up_pixels<1>(samples, pixels, tables); break;
    case 2: look_up_pixels<2>(samples, pixels, tables); break;
    case 3: look_up_pixels<3>(samples, pixels, tables); break;
    case 4: look_up_pixels<4>(samples, pixels, tables); break;
    default: break;
    }
}

// Reads, changes and writes a band in pieces that stay in the cache.
template <typename Change>
void stream_band(const Raster& from, Raster& to, int first, int count, const Change& change) {
    const int step = std::min(count, rows_per_band(from.size(), from.format(), bytes_at_once));
    const Rows rows = make_rows(from, step);
    for (int y = first; y < first + count; y += step) {
        const MutableImageView part = rows_of(rows.view, 0, std::min(step, first + count - y));
        from.read_rows(y, part);
        change(part);
        to.write_rows(y, part);
    }
}

struct Job {
    const Raster& picture;
    Raster& result;
    const ProgressSink& progress;
    const std::stop_token& stop;
    int band_rows; // 0: choose
};

template <typename Change>
void stream(const Job& job, const Change& change) {
    const int rows = job.band_rows > 0
                         ? job.band_rows
                         : rows_per_band(job.picture.size(), job.picture.format(), bytes_per_chunk);
    for_each_band(job.picture.size().height, rows, job.progress, job.stop,
                  [&](int first, int count) { stream_band(job.picture, job.result, first, count, change); });
}

void run_tables(const Job& job, const Coding& coding) {
    const int channels = job.picture.format().color_channels();
    if (job.picture.format().sample == SampleType::u8) {
        const auto tables = tables_of<std::uint8_t>(coding, channels);
        stream(job, [&](const MutableImageView& rows) { look_up(rows, tables); });
    } else {
        const auto tables = tables_of<std::uint16_t>(coding, channels);
        stream(job, [&](const MutableImageView& rows) { look_up(rows, tables); });
    }
}

// One band with the rows around it that its neighbourhoods need.
class TileBand {
public:
    TileBand(const Job& job, const Coding& coding, std::span<const Step> steps)
        : job_(job), coding_(coding), steps_(steps) {
        for (const Step& step : steps) {
            margin_ += step.reach;
            with_alpha_ |= step.kind == Step::Kind::area;
            dithers_ |= step.dithers;
        }
    }

    int rows() const {
        return job_.band_rows > 0 ? job_.band_rows : std::max(rows_at_once, 2 * margin_ + 16);
    }

    void develop(int first, int count) const {
        const Size size = job_.picture.size();
        int lowest = first;
        int highest = first + count - 1;
        for (int y = first - margin_; y < first + count + margin_; ++y) {
            lowest = std::min(lowest, reflected(y, size.height));
            highest = std::max(highest, reflected(y, size.height));
        }
        const Rows source = make_rows(job_.picture, highest - lowest + 1);
        job_.picture.read_rows(lowest, source.view);
        const Rows target = make_rows(job_.picture, count);
        job_.picture.read_rows(first, target.view); // for its alpha
        for (int x = 0; x < size.width; x += tile_width) {
            if (job_.stop.stop_requested()) {
                throw Cancelled();
            }
            const Area wanted{x, first, std::min(tile_width, size.width - x), count};
            const Area around{x - margin_, first - margin_, wanted.width + 2 * margin_, count + 2 * margin_};
            Tile tile = coding_.load(source.view, lowest, size, around, with_alpha_);
            for (const Step& step : steps_) {
                step.apply(tile);
            }
            coding_.store(tile, wanted, target.view, first, dithers_);
        }
        job_.result.write_rows(first, target.view);
    }

private:
    const Job& job_;
    const Coding& coding_;
    std::span<const Step> steps_;
    int margin_ = 0;
    bool with_alpha_ = false;
    bool dithers_ = false;
};

} // namespace

Raster develop(const Raster& picture, const ColorEncoding& color, const Adjustments& adjustments,
               std::uint64_t seed, const ProgressSink& progress, const std::stop_token& stop, int band_rows) {
    cv::setNumThreads(1); // the threads are ours
    Chain chain(picture, color, seed);
    for (const Adjustment& adjustment : adjustments) {
        if (stop.stop_requested()) {
            throw Cancelled();
        }
        add_operation(chain, adjustment);
    }
    Raster result(picture.size(), picture.format());
    const Job job{picture, result, progress, stop, band_rows};
    std::span<const Step> steps = chain.steps();
    if (steps.empty()) {
        stream(job, [](const MutableImageView&) {});
        return result;
    }
    Coding coding(picture.format(), color.transfer);
    if (picture.format().sample != SampleType::f32) {
        const auto curves = static_cast<std::size_t>(
            std::ranges::find_if(steps, [](const Step& step) { return step.kind != Step::Kind::curve; }) -
            steps.begin());
        coding.fold(steps.first(curves));
        steps = steps.subspan(curves);
        if (steps.empty()) {
            run_tables(job, coding);
            return result;
        }
    }
    const TileBand band(job, coding, steps);
    for_each_band(picture.size().height, band.rows(), progress, stop,
                  [&](int first, int count) { band.develop(first, count); });
    return result;
}

} // namespace kontext::darkroom
