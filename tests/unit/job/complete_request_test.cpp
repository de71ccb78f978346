#include "core/engine/registry.h"
#include "core/job/complete_request.h"

#include <gtest/gtest.h>

namespace kontext {

TEST(CompleteRequest, TakesTheFirstEngineWithoutSettings) {
    EXPECT_EQ(complete_request({}, {}).engine, engines().front()->id);
}

TEST(CompleteRequest, TakesTheSettingsEngineUnlessTheRequestHasOne) {
    const Settings settings{.default_engine = "mine"};
    EXPECT_EQ(complete_request({}, settings).engine, "mine");
    EXPECT_EQ(complete_request({.engine = "other"}, settings).engine, "other");
}

TEST(CompleteRequest, AddsTheEnginesOptionsAndKeepsTheRequestsOwn) {
    const Settings settings{
        .engine_options = {{"darkroom", {{"on-unknown", "apply"}, {"more", "1"}}}, {"x", {{"y", "z"}}}}};
    const EditRequest request{.engine = "darkroom", .options = {{"on-unknown", "stop"}}};
    const std::map<std::string, std::string> expected{{"on-unknown", "stop"}, {"more", "1"}};
    EXPECT_EQ(complete_request(request, settings).options, expected);
}

TEST(CompleteRequest, TakesWhatLayersAreLikeFromTheSettings) {
    const EditRequest request = complete_request({}, {.crop_to_changes = true, .add_grain = true});
    EXPECT_TRUE(request.crop_to_changes);
    EXPECT_TRUE(request.add_grain);
    EXPECT_FALSE(complete_request({}, {}).add_grain);
}

} // namespace kontext
