#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kontext {

// What stable-diffusion.cpp is doing with one picture.
struct SdProgress {
    enum class Phase { loading, encoding, sampling, decoding };
    Phase phase = Phase::loading;
    std::optional<double> fraction; // of this phase, 0..1

    bool operator==(const SdProgress&) const = default;
};

// Reads it from what the program says, which is made for people: words are looked for, and what is not
// understood is passed over. A phase never comes again; one reader for each picture.
class SdProgressReader {
public:
    // Takes the next piece of the output, cut anywhere. None: nothing new.
    std::optional<SdProgress> add(std::string_view output);

    // It says that the picture is ready.
    bool is_done() const { return is_done_; }

private:
    void read(std::string_view line);
    void enter(SdProgress::Phase phase);

    std::string line_;
    SdProgress now_;
    bool is_done_ = false;
};

} // namespace kontext
