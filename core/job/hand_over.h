#pragma once

#include "core/store/journal.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace kontext {

// The files of one paid picture on their way to the person, so that they arrive once, wherever the process is
// killed: each is made whole under a name beside its place, all are written down in the journal, and then
// they are moved. Before they are written down nothing was handed over; from then on finish_hand_over() can
// do what is left. What was not moved is removed with this object.
class HandOver {
public:
    HandOver() = default;
    HandOver(const HandOver&) = delete;
    HandOver& operator=(const HandOver&) = delete;
    ~HandOver();

    // Where to write the file that is to appear at `place`. Throws Error(cannot_write) where there is
    // something that is no file.
    std::filesystem::path draft_of(const std::filesystem::path& place);

    // After all drafts are written. Throws as Journal::attach() does, and Error(cannot_write).
    void write_down(Journal& journal, std::int64_t prediction);
    // Replaces what is there. Throws Error(cannot_write); the drafts that were not moved stay for
    // finish_hand_over() if they were written down.
    void move();

private:
    struct File {
        std::filesystem::path place;
        std::filesystem::path draft;
    };

    std::vector<File> files_;
    bool is_written_down_ = false;
};

// What a process that is gone had begun to hand over: moves what is left to be moved, unless something else
// is there by now. The places, when all files are there as they were made; else none, and no draft is left.
std::vector<std::filesystem::path> finish_hand_over(Journal& journal, std::int64_t prediction);

} // namespace kontext
