#include "core/engine/registry.h"
#include "ui/text/text.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace kontext::ui {
namespace {

constexpr ErrorCode every_code[] = {
    ErrorCode::invalid_argument, ErrorCode::refused,
    ErrorCode::bad_input,        ErrorCode::engine_not_ready,
    ErrorCode::bad_settings,     ErrorCode::over_budget,
    ErrorCode::price_unknown,    ErrorCode::outcome_untraceable,
    ErrorCode::layer_gone,       ErrorCode::out_of_space,
    ErrorCode::cannot_write,     ErrorCode::internal,
};

TEST(ErrorText, SaysForEveryCodeWhatHappenedAndWhatToDo) {
    std::set<std::string> titles;
    for (const ErrorCode code : every_code) {
        const ErrorText text = describe_error(Error(code, "The sentence."));
        EXPECT_EQ(text.detail, "The sentence.");
        EXPECT_FALSE(text.title.empty());
        EXPECT_EQ(text.next_step.back(), '.');
        titles.insert(text.title);
    }
    EXPECT_EQ(titles.size(), std::size(every_code));
}

TEST(ExitCode, IsTheDocumentedOne) {
    EXPECT_EQ(exit_code(ErrorCode::invalid_argument), 2);
    EXPECT_EQ(exit_code(ErrorCode::bad_settings), 2);
    EXPECT_EQ(exit_code(ErrorCode::refused), 3);
    EXPECT_EQ(exit_code(ErrorCode::bad_input), 7);
    EXPECT_EQ(exit_code(ErrorCode::over_budget), 8);
    EXPECT_EQ(exit_code(ErrorCode::price_unknown), 8);
    EXPECT_EQ(exit_code(ErrorCode::outcome_untraceable), 6);
    EXPECT_EQ(exit_code(ErrorCode::engine_not_ready), 9);
    EXPECT_EQ(exit_code(ErrorCode::cannot_write), 1);
}

TEST(FillIn, PutsValuesWhereTheTranslatorWantsThem) {
    EXPECT_EQ(fill_in("{1} keeps {2}", {"Darkroom", "it"}), "Darkroom keeps it");
    EXPECT_EQ(fill_in("{2} by {1}, {1}", {"a", "b"}), "b by a, a");
}

TEST(FillIn, LeavesAloneWhatIsNoPlaceholder) {
    EXPECT_EQ(fill_in("{3} {} {1", {"a", "b"}), "{3} {} {1");
    EXPECT_EQ(fill_in("{1}", {"{2}"}), "{2}") << "a value is not a pattern";
}

TEST(Price, IsForAllVariationsTogether) {
    Model model;
    EXPECT_EQ(describe_price(model, 1), "Price not known");
    model.price_usd = 0;
    EXPECT_EQ(describe_price(model, 4), "Free");
    model.price_usd = 0.04;
    EXPECT_EQ(describe_price(model, 1), "About $0.04");
    EXPECT_EQ(describe_price(model, 3), "About $0.12");
    model.price_usd = 0.0025;
    EXPECT_EQ(describe_price(model, 1), "About $0.0025");
    model.price_usd = 0.015;
    EXPECT_EQ(describe_price(model, 1), "About $0.015");
    EXPECT_EQ(describe_price(model, 3), "About $0.045");
    EXPECT_EQ(describe_price(model, 4), "About $0.06");
}

TEST(Destination, NamesTheServiceThatThePictureGoesTo) {
    EngineInfo engine{.id = "x", .name = "Cloud Nine", .description = "", .create = nullptr};
    EXPECT_EQ(describe_destination(engine), "The picture stays on this machine.");
    engine.destination = Destination::service;
    EXPECT_EQ(describe_destination(engine), "The picture and the prompt are sent to Cloud Nine.");
}

TEST(Engines, HaveTheirTextsInTheTranslationTemplate) {
    std::ifstream file(KONTEXT_TEMPLATE);
    std::stringstream content;
    content << file.rdbuf();
    for (const EngineInfo* engine : engines()) {
        for (const std::string_view text : {engine->name, engine->description}) {
            EXPECT_NE(content.str().find("msgid \"" + std::string(text) + "\"\n"), std::string::npos) << text;
        }
        EXPECT_EQ(describe_engine(*engine), engine->description) << "without a catalogue";
    }
}

TEST(Stages, AreSentencesThatGoOn) {
    for (const Stage stage : {Stage::preparing, Stage::loading, Stage::uploading, Stage::queued,
                              Stage::generating, Stage::downloading, Stage::fitting}) {
        EXPECT_TRUE(describe_stage(stage).ends_with("…"));
    }
}

TEST(Translate, LeavesTheEmptyTextEmpty) {
    EXPECT_STREQ(translate(""), "");
}

} // namespace
} // namespace kontext::ui
