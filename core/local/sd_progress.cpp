#include "core/local/sd_progress.h"

#include <algorithm>
#include <charconv>

namespace kontext {

namespace {

using Phase = SdProgress::Phase;

constexpr std::size_t line_max = 4096;

// The share in "  |=====>    | 3/4 - 1.26s/it"; none where it is no such bar.
std::optional<double> share_of_bar(std::string_view line) {
    const auto end = line.rfind("| ");
    if (end == std::string_view::npos || line.find('|') == end) {
        return std::nullopt;
    }
    const char* text = line.data() + end + 2;
    const char* stop = line.data() + line.size();
    double done = 0;
    double all = 0;
    const auto first = std::from_chars(text, stop, done);
    if (first.ec != std::errc() || first.ptr == stop || *first.ptr != '/') {
        return std::nullopt;
    }
    const auto second = std::from_chars(first.ptr + 1, stop, all);
    if (second.ec != std::errc() || !(all > 0) || !(done >= 0)) {
        return std::nullopt;
    }
    return std::min(done / all, 1.0);
}

bool has(std::string_view line, std::string_view words) {
    return line.find(words) != std::string_view::npos;
}

} // namespace

std::optional<SdProgress> SdProgressReader::add(std::string_view output) {
    const SdProgress before = now_;
    for (const char c : output) {
        if (c != '\r' && c != '\n' && c != '\x1b') { // the last begins the sign after a bar
            if (line_.size() < line_max) {
                line_ += c;
            }
            continue;
        }
        read(line_);
        line_.clear();
    }
    // A bar is written without its end, and the next one starts by going back.
    if (share_of_bar(line_) && (has(line_, "s/it") || has(line_, "it/s") || has(line_, "B/s"))) {
        read(line_);
    }
    return now_ == before ? std::nullopt : std::optional(now_);
}

void SdProgressReader::enter(Phase phase) {
    if (phase > now_.phase) {
        now_ = {.phase = phase, .fraction = {}};
    }
}

void SdProgressReader::read(std::string_view line) {
    if (const std::optional<double> share = share_of_bar(line)) {
        const bool loads = has(line, "B/s"); // of weights, which some models do between the other phases
        if (loads == (now_.phase == Phase::loading)) {
            now_.fraction = loads || !now_.fraction ? share : std::max(*share, *now_.fraction);
        }
        if (loads && *share >= 1) {
            enter(Phase::encoding); // which says nothing until it is over, and may take minutes
        }
        return;
    }
    if (has(line, "generate_image completed")) {
        is_done_ = true;
    } else if (has(line, "sampling completed")) {
        enter(Phase::decoding);
    } else if (has(line, "generating image") || has(line, "generating latent")) {
        enter(Phase::sampling);
    } else if (has(line, "encode_first_stage completed") || has(line, "get_learned_condition completed")) {
        enter(Phase::encoding);
    }
}

} // namespace kontext
