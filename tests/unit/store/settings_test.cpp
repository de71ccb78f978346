#include "core/paths.h"
#include "core/store/settings.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <fstream>
#include <sstream>

namespace kontext {

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

} // namespace

TEST(Settings, HaveDefaultsWithoutAFile) {
    const test::TestFolder folder;
    EXPECT_TRUE(load_settings().keep_prompt_in_image);
    EXPECT_FALSE(load_settings().keys_in_file);
    EXPECT_TRUE(load_settings().engine_options.empty());
}

TEST(Settings, ComeBackAndKeepMembersOfOtherVersions) {
    const test::TestFolder folder;
    std::ofstream(config_dir() / "settings.json") << R"({"of_tomorrow": {"shade": 5}, "keys": {"more": 1}})";
    const std::map<std::string, std::map<std::string, std::string>> options{
        {"darkroom", {{"on-unknown", "apply"}}}};
    save_settings({.default_engine = "darkroom",
                   .keep_prompt_in_image = false,
                   .add_grain = true,
                   .keys_in_file = true,
                   .engine_options = options,
                   .engine_settings = {{"comfyui", {{"url", "http://127.0.0.1:8188"}}}}});
    const Settings settings = load_settings();
    EXPECT_EQ(settings.default_engine, "darkroom");
    EXPECT_FALSE(settings.keep_prompt_in_image);
    EXPECT_TRUE(settings.add_grain);
    EXPECT_TRUE(settings.keys_in_file);
    EXPECT_EQ(settings.engine_options, options);
    EXPECT_EQ(settings.engine_settings.at("comfyui").at("url"), "http://127.0.0.1:8188");
    EXPECT_NE(read(config_dir() / "settings.json").find("of_tomorrow"), std::string::npos);
}

TEST(Settings, HaveACeilingForTheMonthOrNone) {
    const test::TestFolder folder;
    EXPECT_EQ(load_settings().monthly_usd, std::nullopt);
    save_settings({.monthly_usd = 12.5});
    EXPECT_EQ(load_settings().monthly_usd, 12.5);
    save_settings({});
    EXPECT_EQ(load_settings().monthly_usd, std::nullopt);
}

TEST(Settings, SayWhatAnUnknownPriceCountsAs) {
    const test::TestFolder folder;
    EXPECT_EQ(load_settings().unknown_usd, std::nullopt);
    save_settings({.unknown_usd = 0.25});
    EXPECT_EQ(load_settings().unknown_usd, 0.25);
}

TEST(Settings, TakeNothingButAnAmountForACeiling) {
    const test::TestFolder folder;
    for (const char* budget : {R"({"monthly_usd": -1})", R"({"monthly_usd": "ten"})", R"("ten")", "[]",
                               R"({"unknown_usd": 0})", R"({"unknown_usd": "ten"})"}) {
        std::ofstream(config_dir() / "settings.json") << R"({"budget": )" << budget << "}";
        test::expect_error(ErrorCode::bad_settings, [] { load_settings(); });
    }
}

TEST(Settings, NameTheFileThatCannotBeRead) {
    const test::TestFolder folder;
    for (const char* text : {"{", "[]", R"({"keep_prompt_in_image": "yes"})", R"({"keys": true})"}) {
        std::ofstream(config_dir() / "settings.json") << text;
        const std::string message = test::expect_error(ErrorCode::bad_settings, [] { load_settings(); });
        EXPECT_NE(message.find("settings.json"), std::string::npos);
    }
}

TEST(Settings, AreNotOverwrittenWhileTheyCannotBeRead) {
    const test::TestFolder folder;
    std::ofstream(config_dir() / "settings.json") << "{ half";
    test::expect_error(ErrorCode::bad_settings, [] { save_settings({}); });
    EXPECT_EQ(read(config_dir() / "settings.json"), "{ half");
    std::ofstream(config_dir() / "settings.json") << R"({"keys": true})";
    test::expect_error(ErrorCode::bad_settings, [] { save_settings({}); });
}

TEST(LastEdit, ComesBack) {
    const test::TestFolder folder;
    const EditRequest request{.prompt = "warmer", .engine = "darkroom", .seed = 7};
    save_last_edit(request);
    EXPECT_EQ(load_last_edit(), request);
    EXPECT_EQ(fs::status(state_dir() / "last_edit.json").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST(LastEdit, IsADefaultWhereTheRecordIsMissingOrDamaged) {
    const test::TestFolder folder;
    EXPECT_EQ(load_last_edit(), EditRequest{});
    std::ofstream(state_dir() / "last_edit.json") << "{ half";
    EXPECT_EQ(load_last_edit(), EditRequest{});
}

TEST(WriteFileAtomically, LeavesNothingBesideTheFile) {
    const test::TestFolder folder;
    write_file_atomically(folder / "a.txt", "one");
    write_file_atomically(folder / "a.txt", "two");
    EXPECT_EQ(read(folder / "a.txt"), "two");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteFileAtomically, KeepsTheOldFileWhenItFails) {
    const test::TestFolder folder;
    fs::create_directory(folder / "taken");
    test::expect_error(ErrorCode::cannot_write, [&] { write_file_atomically(folder / "taken", "text"); });
    test::expect_error(ErrorCode::cannot_write, [&] { write_file_atomically(folder / "no/such", "text"); });
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

} // namespace kontext
