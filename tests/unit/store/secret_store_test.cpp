#include "core/store/secret_store.h"
#include "tests/support/expect_error.h"

#include <map>
#include <string>

namespace kontext {

namespace {

constexpr const char* variable = "KONTEXT_TEST_API_KEY";

// Keys in memory; counts how often it is asked.
class MemoryStore final : public SecretStore {
public:
    std::optional<SecretText> read(std::string_view engine) override {
        ++reads;
        const auto key = keys.find(std::string(engine));
        return key == keys.end() ? std::nullopt : std::optional(SecretText(key->second));
    }
    void write(std::string_view engine, const SecretText& key) override {
        keys[std::string(engine)] = key.reveal();
    }
    void clear(std::string_view engine) override { keys.erase(std::string(engine)); }

    std::map<std::string, std::string> keys;
    int reads = 0;
};

class FindKey : public testing::Test {
protected:
    void SetUp() override { unsetenv(variable); }
    void TearDown() override { unsetenv(variable); }

    void expect(KeySource source, std::string_view key) {
        const FoundKey found = find_key("eachlabs", variable, store);
        EXPECT_EQ(found.source, source);
        EXPECT_EQ(found.key.reveal(), key);
    }

    MemoryStore store;
};

} // namespace

TEST_F(FindKey, FindsNoneWhereThereIsNone) {
    store.keys["bfl"] = "another's";
    expect(KeySource::none, "");
    find_key("eachlabs", "", store);
}

TEST_F(FindKey, PrefersTheEnvironmentAndThenAsksNobodyElse) {
    store.keys["eachlabs"] = "stored";
    setenv(variable, "from-environment", 1);
    expect(KeySource::environment, "from-environment");
    EXPECT_EQ(store.reads, 0);
}

TEST_F(FindKey, FallsBackToTheStore) {
    store.keys["eachlabs"] = "stored";
    expect(KeySource::store, "stored");
    for (const char* empty : {"", "  ", "\n"}) {
        setenv(variable, empty, 1);
        expect(KeySource::store, "stored");
    }
}

TEST_F(FindKey, DropsBlanksAroundAKey) {
    setenv(variable, " \tkey with blank\r\n", 1);
    expect(KeySource::environment, "key with blank");
    unsetenv(variable);
    store.keys["eachlabs"] = "\nstored \n";
    expect(KeySource::store, "stored");
    store.keys["eachlabs"] = " \n";
    expect(KeySource::none, "");
}

TEST_F(FindKey, RefusesControlCharactersWithoutTellingTheKey) {
    for (const std::string bad : {"abc\r\nX-Evil: 1", "abc\ndef",
                                  "abc\x7f"
                                  "def",
                                  "abc\x1b[0m"}) {
        setenv(variable, bad.c_str(), 1);
        std::string message =
            test::expect_error(ErrorCode::engine_not_ready, [&] { find_key("eachlabs", variable, store); });
        EXPECT_NE(message.find(variable), std::string::npos);
        EXPECT_EQ(message.find("abc"), std::string::npos);
        unsetenv(variable);
        store.keys["eachlabs"] = bad;
        message =
            test::expect_error(ErrorCode::engine_not_ready, [&] { find_key("eachlabs", variable, store); });
        EXPECT_NE(message.find("eachlabs"), std::string::npos);
        EXPECT_EQ(message.find("abc"), std::string::npos);
    }
    store.keys["eachlabs"] = std::string("abc\0def", 7);
    test::expect_error(ErrorCode::engine_not_ready, [&] { find_key("eachlabs", variable, store); });
}

} // namespace kontext
