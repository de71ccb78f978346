#pragma once

#include "core/store/journal.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace kontext {

// The paid pictures of one result on their way to the person. Until confirm() they can be recovered, by
// another process only when this object is gone. One thread at a time.
class Delivery {
public:
    explicit Delivery(Journal journal) : journal_(std::move(journal)) {}

    Journal& journal() { return journal_; }
    void add(std::int64_t prediction) { predictions_.push_back(prediction); }
    const std::vector<std::int64_t>& predictions() const { return predictions_; }

    // The person has them: the layer is in the image, the file is written. Older replies that were delivered
    // leave the journal, see Journal::sweep(). Throws as Journal does.
    void confirm() {
        for (const std::int64_t prediction : predictions_) {
            journal_.mark_delivered(prediction);
        }
        journal_.sweep();
    }

private:
    Journal journal_;
    std::vector<std::int64_t> predictions_;
};

} // namespace kontext
