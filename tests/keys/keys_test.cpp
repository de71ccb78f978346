#include "core/paths.h"
#include "core/store/settings.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"
#include "ui/keys/key_file.h"
#include "ui/keys/open_secret_store.h"

#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/stat.h>

// tests/keys/with_key_store makes what the suites are named for.
namespace kontext::ui {

namespace fs = std::filesystem;

using test::expect_error;
using testing::HasSubstr;
using testing::Not;

namespace {

fs::path key_file() {
    return config_dir() / "keys.json";
}

std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

void allow_file() {
    save_settings({.keys_in_file = true});
}

void write_key_file(const std::string& text, mode_t mode = 0600) {
    std::ofstream(key_file()) << text;
    ::chmod(key_file().c_str(), mode);
}

std::string key_of(SecretStore& store, std::string_view engine) {
    const std::optional<SecretText> key = store.read(engine);
    return key ? std::string(key->reveal()) : "none";
}

std::string key_in_file(std::string_view engine) {
    const std::optional<SecretText> key = read_key_from_file(engine);
    return key ? std::string(key->reveal()) : "none";
}

// A folder, a store, and no key of the engine that the case uses.
class Keys : public testing::Test {
protected:
    const test::TestFolder folder_;
    const std::unique_ptr<SecretStore> store_ = open_secret_store();
};

class With_service : public Keys {
protected:
    void SetUp() override {
        for (const char* engine : {"eachlabs", "bfl"}) {
            store_->clear(engine);
        }
    }
};
class With_bus : public Keys {};
class With_nothing : public Keys {};
class KeyFile : public Keys {};

} // namespace

TEST_F(With_service, KeysComeBackEachToItsEngine) {
    EXPECT_EQ(key_of(*store_, "eachlabs"), "none");
    const std::string key = "key, with \"quotes\" and blanks";
    store_->write("eachlabs", SecretText(key));
    store_->write("bfl", SecretText("another"));
    EXPECT_EQ(key_of(*store_, "eachlabs"), key);
    EXPECT_EQ(key_of(*open_secret_store(), "bfl"), "another");
    EXPECT_EQ(locate_key("eachlabs").place, KeyPlace::key_store);
    EXPECT_EQ(locate_key("eachlabs").missing_store, "");
    EXPECT_EQ(locate_key("fal").place, KeyPlace::none);
}

TEST_F(With_service, KeysAreReplacedAndCleared) {
    store_->write("eachlabs", SecretText("old"));
    store_->write("eachlabs", SecretText("new"));
    store_->write("bfl", SecretText("another"));
    EXPECT_EQ(key_of(*store_, "eachlabs"), "new");
    store_->clear("eachlabs");
    EXPECT_EQ(key_of(*store_, "eachlabs"), "none");
    EXPECT_EQ(key_of(*store_, "bfl"), "another");
    store_->clear("eachlabs");
}

TEST_F(With_service, KeysMayBeAskedForOnAnyThread) {
    store_->write("eachlabs", SecretText("key"));
    std::jthread([this] { EXPECT_EQ(key_of(*store_, "eachlabs"), "key"); }).join();
}

TEST_F(With_service, NothingIsWrittenBesideIt) {
    allow_file();
    store_->write("eachlabs", SecretText("very-secret"));
    EXPECT_FALSE(fs::exists(key_file()));
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
        EXPECT_THAT(entry.is_regular_file() ? read(entry.path()) : "", Not(HasSubstr("very-secret")));
    }
}

TEST_F(With_service, AKeyInTheFileStaysGoodUntilItIsReplacedOrCleared) {
    allow_file();
    write_key_to_file("eachlabs", SecretText("in-file"));
    write_key_to_file("bfl", SecretText("in-file"));
    EXPECT_EQ(key_of(*store_, "eachlabs"), "in-file");
    EXPECT_EQ(locate_key("eachlabs").place, KeyPlace::file);
    store_->write("eachlabs", SecretText("in-store"));
    EXPECT_EQ(key_of(*store_, "eachlabs"), "in-store");
    EXPECT_EQ(read_key_from_file("eachlabs"), std::nullopt);
    store_->clear("bfl");
    EXPECT_EQ(key_of(*store_, "bfl"), "none");
}

TEST_F(With_bus, NothingIsStoredWithoutConsent) {
    EXPECT_THAT(
        expect_error(ErrorCode::cannot_write, [&] { store_->write("eachlabs", SecretText("very-secret")); }),
        Not(HasSubstr("very-secret")));
    expect_error(ErrorCode::engine_not_ready, [&] { store_->read("eachlabs"); });
    expect_error(ErrorCode::engine_not_ready, [&] { store_->clear("eachlabs"); });
    EXPECT_FALSE(fs::exists(key_file()));
    EXPECT_EQ(locate_key("eachlabs").place, KeyPlace::none);
    EXPECT_NE(locate_key("eachlabs").missing_store, "");
}

TEST_F(With_bus, TheFileIsUsedWithConsent) {
    allow_file();
    EXPECT_EQ(key_of(*store_, "eachlabs"), "none");
    store_->write("eachlabs", SecretText("in-file"));
    EXPECT_EQ(key_of(*store_, "eachlabs"), "in-file");
    EXPECT_EQ(locate_key("eachlabs").place, KeyPlace::file);
    store_->clear("eachlabs");
    EXPECT_EQ(key_of(*store_, "eachlabs"), "none");
    store_->clear("eachlabs");
}

TEST_F(With_bus, AFileIsNotReadWithoutConsent) {
    write_key_to_file("eachlabs", SecretText("in-file"));
    expect_error(ErrorCode::engine_not_ready, [&] { store_->read("eachlabs"); });
    EXPECT_EQ(locate_key("eachlabs").place, KeyPlace::none);
    store_->clear("eachlabs"); // but what is there can be removed
    EXPECT_EQ(read_key_from_file("eachlabs"), std::nullopt);
}

TEST_F(With_nothing, NothingIsStoredWithoutConsent) {
    expect_error(ErrorCode::cannot_write, [&] { store_->write("eachlabs", SecretText("very-secret")); });
    expect_error(ErrorCode::engine_not_ready, [&] { store_->read("eachlabs"); });
    EXPECT_FALSE(fs::exists(key_file()));
}

TEST_F(With_nothing, TheFileIsUsedWithConsent) {
    allow_file();
    store_->write("eachlabs", SecretText("in-file"));
    EXPECT_EQ(key_of(*store_, "eachlabs"), "in-file");
}

TEST_F(KeyFile, IsForThePersonsEyesAlone) {
    const mode_t usual = ::umask(0);
    write_key_to_file("eachlabs", SecretText("one"));
    ::umask(usual);
    EXPECT_EQ(fs::status(key_file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    write_key_to_file("bfl", SecretText("two"));
    EXPECT_EQ(key_in_file("eachlabs"), "one");
    EXPECT_EQ(key_in_file("bfl"), "two");
    EXPECT_TRUE(clear_key_in_file("eachlabs"));
    EXPECT_FALSE(clear_key_in_file("eachlabs"));
    EXPECT_EQ(read_key_from_file("eachlabs"), std::nullopt);
    EXPECT_THAT(read(key_file()), Not(HasSubstr("one")));
    EXPECT_EQ(std::distance(fs::directory_iterator(config_dir()), {}), 1);
}

TEST_F(KeyFile, IsRefusedWhereOthersCanReadIt) {
    for (const mode_t mode : {0644U, 0640U, 0604U, 0620U, 0601U}) {
        write_key_file(R"({"eachlabs": "very-secret"})", mode);
        const std::string message =
            expect_error(ErrorCode::bad_settings, [] { read_key_from_file("eachlabs"); });
        EXPECT_THAT(message, HasSubstr("chmod 600 '" + key_file().string() + "'"));
        EXPECT_THAT(message, Not(HasSubstr("very-secret")));
        expect_error(ErrorCode::bad_settings, [] { write_key_to_file("eachlabs", SecretText("new")); });
        expect_error(ErrorCode::bad_settings, [] { clear_key_in_file("eachlabs"); });
    }
    write_key_file(R"({"eachlabs": "very-secret"})", 0400);
    EXPECT_EQ(key_in_file("eachlabs"), "very-secret");
}

TEST_F(KeyFile, IsRefusedWhereItIsNoFileOfKeysWithoutBeingQuoted) {
    for (const char* text : {"", "{", "[\"very-secret\"]", "very-secret",
                             R"({"eachlabs": {"key": "very-secret"}})", R"({"eachlabs": "very-secret)"}) {
        write_key_file(text);
        const std::string message =
            expect_error(ErrorCode::bad_settings, [] { read_key_from_file("eachlabs"); });
        EXPECT_THAT(message, HasSubstr("keys.json"));
        EXPECT_THAT(message, Not(HasSubstr("very-secret")));
    }
    fs::remove(key_file());
    write_key_to_file("eachlabs", SecretText("key"));
    fs::rename(key_file(), folder_ / "elsewhere");
    fs::create_symlink(folder_ / "elsewhere", key_file());
    expect_error(ErrorCode::bad_settings, [] { read_key_from_file("eachlabs"); });
    fs::remove(key_file());
    ASSERT_EQ(::mkfifo(key_file().c_str(), 0600), 0);
    expect_error(ErrorCode::bad_settings, [] { read_key_from_file("eachlabs"); }); // and does not wait
}

TEST_F(KeyFile, LosesNoKeyWhenSeveralWriteAtTheSameTime) {
    config_dir();
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([i] { write_key_to_file("engine-" + std::to_string(i), SecretText("key")); });
    }
    threads.clear();
    for (int i = 0; i < 8; ++i) {
        EXPECT_TRUE(read_key_from_file("engine-" + std::to_string(i))) << i;
    }
}

} // namespace kontext::ui
