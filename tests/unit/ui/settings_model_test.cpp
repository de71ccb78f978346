#include "ui/settings_model.h"

#include <gtest/gtest.h>

namespace kontext::ui {
namespace {

constexpr ServiceHost hosts[] = {{"all", "Anywhere", "https://a.example"},
                                 {"eu", "Europe", "https://b.example"}};
constexpr EngineInfo local{.id = "local", .name = "Local"};
constexpr EngineInfo hosted{.id = "hosted",
                            .name = "Hosted",
                            .destination = Destination::service,
                            .needs_key = true,
                            .hosts = hosts,
                            .key_variable = "HOSTED_KEY"};
constexpr const EngineInfo* both[] = {&local, &hosted};

TEST(SettingsModel, ListsServicesOnly) {
    const SettingsModel model({}, both);
    ASSERT_EQ(model.services().size(), 1U);
    EXPECT_EQ(model.services()[0], &hosted);
}

TEST(SettingsModel, ReadsAmountsAsPeopleWriteThem) {
    EXPECT_EQ(SettingsModel::amount_from_text("10"), 10);
    EXPECT_EQ(SettingsModel::amount_from_text(" $12.50 "), 12.5);
    EXPECT_EQ(SettingsModel::amount_from_text("12,5"), 12.5);
    EXPECT_EQ(SettingsModel::amount_from_text("0"), 0);
    for (const char* text : {"", "-1", "ten", "1e9", "1.000,50", "nan", "99999999"}) {
        EXPECT_EQ(SettingsModel::amount_from_text(text), std::nullopt) << text;
    }
}

TEST(SettingsModel, SaysWhereAKeyIs) {
    SettingsModel model({}, both);
    EXPECT_EQ(model.key_badge(hosted), "Looking…");
    model.set_key(hosted, {.state = KeyState::missing});
    EXPECT_EQ(model.key_description(hosted), "No key is set.");
    model.set_key(hosted, {.state = KeyState::there, .source = KeySource::environment});
    EXPECT_NE(model.key_description(hosted).find("HOSTED_KEY"), std::string::npos);
    EXPECT_FALSE(model.can_remove_key(hosted));
    model.set_key(hosted, {.state = KeyState::there, .source = KeySource::store, .place = KeyPlace::file});
    EXPECT_NE(model.key_description(hosted).find("file"), std::string::npos);
    EXPECT_TRUE(model.can_remove_key(hosted));
}

TEST(SettingsModel, AsksForConsentWhereThereIsNoKeyStore) {
    SettingsModel model({}, both);
    EXPECT_TRUE(model.why_key_cannot_be_saved().empty());
    model.set_key(hosted, {.state = KeyState::missing, .no_key_store = true});
    EXPECT_FALSE(model.why_key_cannot_be_saved().empty());
    model.allow_file(true);
    EXPECT_TRUE(model.why_key_cannot_be_saved().empty());
}

TEST(SettingsModel, ChoosesAHost) {
    SettingsModel model({}, both);
    EXPECT_EQ(model.host_choices(hosted).chosen, 0U);
    model.choose_host(hosted, 1);
    EXPECT_EQ(model.host_choices(hosted).chosen, 1U);
    EXPECT_EQ(model.settings().engine_options.at("hosted").at("host"), "eu");
}

TEST(SettingsModel, KeepsWhereAnEngineOfThePersonsOwnIs) {
    static const EngineInfo own{.id = "own", .name = "Own", .default_url = "http://127.0.0.1:1"};
    SettingsModel model({}, both);
    EXPECT_EQ(model.engine_setting(own, "url"), "");
    EXPECT_FALSE(model.set_engine_setting(own, "url", "  "));
    EXPECT_TRUE(model.set_engine_setting(own, "url", " http://127.0.0.1:2\n"));
    EXPECT_FALSE(model.set_engine_setting(own, "url", "http://127.0.0.1:2"));
    EXPECT_EQ(model.settings().engine_settings.at("own").at("url"), "http://127.0.0.1:2");
    EXPECT_TRUE(model.set_engine_setting(own, "url", ""));
    EXPECT_TRUE(model.settings().engine_settings.at("own").empty());
}

TEST(SettingsModel, TakesMoreThanNothingForWhatAnUnknownPriceCountsAs) {
    EXPECT_EQ(SettingsModel::price_from_text("0,3"), 0.3);
    EXPECT_EQ(SettingsModel::price_from_text("0"), std::nullopt);
    SettingsModel model({}, both);
    EXPECT_FALSE(model.has_unknown_price());
    model.set_unknown_price(0.015);
    EXPECT_EQ(model.settings().unknown_usd, 0.015);
    EXPECT_EQ(model.unknown_price_text(), "0.015");
}

TEST(SettingsModel, LeavesTheCeilingToTheEnvironmentWhereThatSetsIt) {
    EXPECT_TRUE(SettingsModel({}, both).why_ceiling_is_fixed().empty());
    EXPECT_NE(SettingsModel({}, both, "5").why_ceiling_is_fixed().find("KONTEXT_MONTHLY_USD"),
              std::string::npos);
}

} // namespace
} // namespace kontext::ui
