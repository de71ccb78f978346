#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "tests/support/expect_error.h"

#include <set>

namespace kontext {

TEST(Registry, HasUniqueIdsAndEachEngineHasAModel) {
    const auto models = load_models("/no/such/file");
    std::set<std::string_view> ids;
    for (const EngineInfo* engine : engines()) {
        SCOPED_TRACE(engine->id);
        EXPECT_TRUE(ids.insert(engine->id).second);
        EXPECT_FALSE(engine->name.empty());
        EXPECT_FALSE(engine->description.empty());
        EXPECT_NE(engine->create({}), nullptr);
        EXPECT_FALSE(models_of(models, engine->id).empty());
        EXPECT_EQ(&find_engine(engine->id), engine);
    }
}

TEST(Registry, EveryModelBelongsToAnEngine) {
    for (const Model& model : load_models("/no/such/file")) {
        EXPECT_EQ(find_engine(model.engine).id, model.engine);
    }
}

TEST(Registry, TheDefaultNeedsNothingAndStaysOnThisMachine) {
    const EngineInfo& first = *engines().front();
    EXPECT_FALSE(first.needs_key);
    EXPECT_EQ(first.destination, Destination::this_machine);
}

TEST(Registry, WantsAKeyOfServicesButNotOfAServerOnThisMachine) {
    EXPECT_TRUE(requires_key(find_engine("openai"), "https://api.openai.com"));
    EXPECT_FALSE(requires_key(find_engine("openai"), "http://127.0.0.1:8080"));
    EXPECT_TRUE(requires_key(find_engine("openai"), "http://127.evil.example"));
    EXPECT_TRUE(requires_key(find_engine("eachlabs"), "http://127.0.0.1:8080"));
    EXPECT_FALSE(requires_key(find_engine("darkroom"), ""));
}

TEST(Registry, ReachesAServerWhereTheSettingsSayElseAtItsDefault) {
    const EngineInfo server{.id = "own-server", .name = "Server", .default_url = "http://127.0.0.1:1234"};
    EXPECT_EQ(base_url_of(server, {}), "http://127.0.0.1:1234");
    EXPECT_EQ(base_url_of(server, {}, {{"url", "http://localhost:99/v1/"}}), "http://localhost:99/v1");
    EXPECT_EQ(base_url_of(server, {}, {{"url", ""}}), "http://127.0.0.1:1234");
    EXPECT_EQ(base_url_of(find_engine("openai"), {}, {{"url", "https://own.example/v1"}}),
              "https://own.example/v1");
    EXPECT_EQ(base_url_of(find_engine("darkroom"), {}, {{"url", "https://own.example"}}), "");
    test::expect_error(ErrorCode::bad_settings,
                       [&] { base_url_of(server, {}, {{"url", "http://192.0.2.1:1234"}}); });
}

TEST(Registry, APictureStaysHereWhereTheServerIsOnThisMachine) {
    const EngineInfo& openai = find_engine("openai");
    EXPECT_EQ(destination_of(openai, "https://api.openai.com"), Destination::service);
    EXPECT_EQ(destination_of(openai, "http://127.0.0.1:8080/v1"), Destination::this_machine);
    EXPECT_EQ(destination_of(find_engine("darkroom"), ""), Destination::this_machine);
}

TEST(Registry, NamesTheEnginesThereAreForAnUnknownOne) {
    const std::string message =
        test::expect_error(ErrorCode::engine_not_ready, [] { find_engine("nonesuch"); });
    EXPECT_NE(message.find("nonesuch"), std::string::npos);
    EXPECT_NE(message.find("darkroom"), std::string::npos);
}

} // namespace kontext
