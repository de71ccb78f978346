#include "core/local/model_files.h"
#include "tests/support/test_folder.h"

#include <fstream>

#include <gmock/gmock.h>

namespace kontext {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ModelFilesTest : public ::testing::Test {
protected:
    void add(const std::string& name, int size = 1) {
        std::filesystem::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << std::string(static_cast<std::size_t>(size), 'x');
    }
    std::string find(const FileRole& role) {
        const std::vector<FileRole> roles{role};
        const ModelFiles files = find_model_files(folder.path(), roles);
        return files.found.empty() ? "" : files.found[0].file.filename().string();
    }

    test::TestFolder folder;
    FileRole encoder{.name = "text encoder",
                     .flag = "--llm",
                     .patterns = {"qwen3-4b*"},
                     .except = {"*mmproj*"},
                     .source = "https://example.org/q"};
};

} // namespace

TEST(PatternsOfModelFiles, TakeCaseAndSignsForTheSame) {
    EXPECT_TRUE(matches_pattern("FLUX.2_Klein 4B-Q4_0", "flux-2-klein-4b*"));
    EXPECT_TRUE(matches_pattern("ae", "ae"));
    EXPECT_TRUE(matches_pattern("abcabd", "*ab?"));
    EXPECT_FALSE(matches_pattern("taesd", "ae"));
    EXPECT_FALSE(matches_pattern("flux-2-klein-base-4b", "flux-2-klein-4b*"));
    EXPECT_FALSE(matches_pattern("", "?"));
}

TEST_F(ModelFilesTest, AreFoundInFoldersBelow) {
    add("encoders/deep/Qwen3_4B-Q4_0.GGUF");
    EXPECT_EQ(find(encoder), "Qwen3_4B-Q4_0.GGUF");
}

TEST_F(ModelFilesTest, OthersOfTheNameAreNotTaken) {
    add("qwen3-4b.txt");
    add("qwen3-4b.gguf.part");
    add("qwen3-4b-mmproj-f16.gguf");
    EXPECT_EQ(find(encoder), "");
}

TEST_F(ModelFilesTest, TheLargestOfTheBestKindIsTaken) {
    add("qwen3-4b-bf16.safetensors", 9);
    add("qwen3-4b-q4.gguf", 4);
    add("qwen3-4b-q8.gguf", 8);
    EXPECT_EQ(find(encoder), "qwen3-4b-q8.gguf");
}

TEST_F(ModelFilesTest, AnEarlierPatternGoesFirst) {
    add("other.gguf", 9);
    add("qwen3-4b.gguf", 1);
    encoder.patterns = {"qwen3-4b*", "other"};
    EXPECT_EQ(find(encoder), "qwen3-4b.gguf");
}

TEST_F(ModelFilesTest, AlternativesStandInForEachOther) {
    add("taef1.safetensors");
    const std::vector<FileRole> roles{{.name = "VAE", .flag = "--vae", .patterns = {"ae"}},
                                      {.name = "VAE", .flag = "--tae", .patterns = {"tae*"}}};
    const ModelFiles files = find_model_files(folder.path(), roles);
    ASSERT_THAT(files.found, SizeIs(1));
    EXPECT_EQ(files.found[0].role->flag, "--tae");
    EXPECT_THAT(files.missing, IsEmpty());
}

TEST_F(ModelFilesTest, WhatIsMissingIsDescribedAndWhatIsOptionalIsNotMissed) {
    FileRole optional = encoder;
    optional.name = "eye";
    optional.is_optional = true;
    const std::vector<FileRole> roles{encoder, optional};
    const ModelFiles files = find_model_files(folder / "no such folder", roles);
    ASSERT_THAT(files.missing, SizeIs(1));
    const std::string text = describe_missing(*files.missing[0].role);
    EXPECT_THAT(text, HasSubstr("text encoder (qwen3-4b*"));
    EXPECT_THAT(text, HasSubstr("https://example.org/q"));
}

} // namespace kontext
