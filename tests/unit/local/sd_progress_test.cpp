#include "core/local/sd_progress.h"

#include <vector>

#include <gtest/gtest.h>

namespace kontext {

namespace {

using Phase = SdProgress::Phase;

// What the program wrote during one edit, shortened.
constexpr std::string_view whole_run =
    "[INFO ] stable-diffusion.cpp:5628 - generate_image 128x128\n"
    "\r  |##########            | 12/68 - 753.91MB/s\033[K"
    "\r  |######################| 68/68 - 912.00MB/s\033[K\n"
    "[INFO ] stable-diffusion.cpp:1 - encode_first_stage completed, taking 2.35s\n"
    "[INFO ] stable-diffusion.cpp:2 - get_learned_condition completed, taking 0.02s\n"
    "[INFO ] stable-diffusion.cpp:3 - generating image: 1/1 - seed 7\n"
    "\r  |=====>                | 1/4 - 1.26s/it\033[K"
    "\r  |==========>           | 3/4 - 1.10it/s\033[K\n"
    "[INFO ] stable-diffusion.cpp:4 - sampling completed, taking 0.69s\n"
    "[INFO ] stable-diffusion.cpp:5 - decode_first_stage completed, taking 1.81s\n"
    "[INFO ] stable-diffusion.cpp:6 - generate_image completed in 4.87s\n";

std::vector<SdProgress> read_in_pieces(std::string_view text, std::size_t size) {
    SdProgressReader reader;
    std::vector<SdProgress> all;
    for (std::size_t at = 0; at < text.size(); at += size) {
        if (const auto progress = reader.add(text.substr(at, size))) {
            all.push_back(*progress);
        }
    }
    EXPECT_TRUE(reader.is_done());
    return all;
}

} // namespace

TEST(SdProgress, IsReadFromTheProgramsWordsHoweverTheyAreCut) {
    const std::vector<SdProgress> expected{
        {Phase::loading, 12.0 / 68}, {Phase::encoding, {}},   {Phase::sampling, {}},
        {Phase::sampling, 0.25},     {Phase::sampling, 0.75}, {Phase::decoding, {}},
    };
    for (const std::size_t size : {1U, 2U, 3U, 7U}) {
        EXPECT_EQ(read_in_pieces(whole_run, size), expected) << size;
    }
}

TEST(SdProgress, OfAWholeRunAtOnceTheLastCounts) {
    EXPECT_EQ(read_in_pieces(whole_run, whole_run.size()), (std::vector<SdProgress>{{Phase::decoding, {}}}));
}

TEST(SdProgress, WeightsThatAreLoadedLaterAreNoStepBack) {
    SdProgressReader reader;
    reader.add("x - get_learned_condition completed, taking 1s\n");
    EXPECT_EQ(reader.add("\r  |###    | 12/68 - 753.91MB/s\033[K"), std::nullopt);
}

TEST(SdProgress, WhatIsNoProgressIsPassedOver) {
    SdProgressReader reader;
    for (const char* line : {"a | b | c\n", "| 1/0 - 2s/it\n", "  |==> | x/4 - 1s/it\n", "\n\r\n", "| |\n"}) {
        EXPECT_EQ(reader.add(line), std::nullopt) << line;
    }
    EXPECT_FALSE(reader.is_done());
}

} // namespace kontext
