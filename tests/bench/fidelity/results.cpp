#include "tests/bench/fidelity/results.h"

#include <array>
#include <cassert>
#include <cstdio>

namespace kontext::bench {

namespace {

constexpr auto measures = std::to_array<std::string_view>(
    {"registration_px", "area", "iou", "found", "lost", "colour", "confidence", "tone_shift", "plan_s",
     "exact", "untouched_psnr", "changed_psnr", "changed_ssim", "apply_s", "noise", "grain"});

} // namespace

std::string Row::header() {
    std::string line = "method,photo,odd_photo,edit,seed,decision,fingerprint";
    for (const std::string_view measure : measures) {
        line += ',';
        line += measure;
    }
    return line;
}

void Row::set(std::string_view measure, double value) {
    values_.insert_or_assign(std::string(measure), value);
}

std::string Row::text() const {
    std::string line = method_ + ',' + name_of(photos()[which_.photo]) +
                       (which_.photo % 2 == 0 ? ",0," : ",1,") + std::string(name_of(which_.edit)) + ',' +
                       std::to_string(which_.seed()) + ',' + decision_ + ',' + fingerprint_;
    for (const std::string_view measure : measures) {
        const auto found = values_.find(measure);
        std::array<char, 32> number{};
        if (found != values_.end()) {
            std::snprintf(number.data(), number.size(), "%.6g", found->second);
        }
        line += ',';
        line += number.data();
    }
    return line;
}

} // namespace kontext::bench
