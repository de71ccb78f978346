#include "tests/gimp/gimp2_meddler.h"
#include "tests/gimp/gimp2_support.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

// What happens to image, layer and plug-in while an edit runs. The layers are large enough to take a while.
namespace kontext::checks {

namespace {

constexpr Place large{.x = 7, .y = 8, .width = 3000, .height = 2000};

class Meanwhile : public testing::Test {
protected:
    Meanwhile()
        : image(3000, 2000),
          source(gimp_layer_new(image.id, "photo", 3000, 2000, GIMP_RGB_IMAGE, 100, GIMP_LAYER_MODE_NORMAL)) {
        gimp_layer_set_offsets(source, large.x, large.y);
        gimp_image_insert_layer(image.id, source, 0, 0);
        gimp_drawable_fill(source, GIMP_FILL_WHITE);
    }

    Reply edit_while(std::function<void(pid_t)> act, GimpRunMode mode = GIMP_RUN_NONINTERACTIVE) {
        const DuringDevelopment during(std::move(act));
        return edit(image.id, source, {.prompt = "oil painting"}, mode);
    }

    TestImage image;
    gint32 source;
};

std::size_t count_files(const char* base) {
    std::error_code none;
    return static_cast<std::size_t>(
        std::ranges::count_if(std::filesystem::recursive_directory_iterator(std::getenv(base), none),
                              [](const auto& entry) { return entry.is_regular_file(); }));
}

TEST_F(Meanwhile, TheLayerIsDeletedTheResultGoesToTheTop) {
    add_layer(image.id, {.x = 0, .y = 0, .width = 10, .height = 10}, false);
    const Reply reply = edit_while([this](pid_t) { meddle("delete-layer " + std::to_string(source)); });
    EXPECT_FALSE(gimp_item_is_valid(source));
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    EXPECT_EQ(layers_of(image.id).at(0), reply.layers.at(0));
    EXPECT_EQ(layers_of(image.id).size(), 2U);
    EXPECT_EQ(place_of(reply.layers[0]), large);
}

TEST_F(Meanwhile, TheImageIsClosedAScriptIsTold) {
    const Reply reply = edit_while([this](pid_t) { meddle("close-image " + std::to_string(image.id)); });
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("closed"), std::string::npos) << reply.message;
}

TEST_F(Meanwhile, TheImageIsClosedAPersonGetsANewOne) {
    write_last_edit(R"({"prompt": "oil painting", "engine": "darkroom"})");
    const Reply reply = edit_while([this](pid_t) { meddle("close-image " + std::to_string(image.id)); },
                                   GIMP_RUN_WITH_LAST_VALS);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    const TestImage fresh(gimp_item_get_image(reply.layers.at(0)));
    EXPECT_EQ(place_of(reply.layers[0]), (Place{.x = 0, .y = 0, .width = 3000, .height = 2000}));
    EXPECT_EQ(gimp_image_width(fresh.id), 3000);
    EXPECT_TRUE(record_of(reply.layers[0]));
}

// GIMP's own Cancel button kills the plug-in.
TEST_F(Meanwhile, ThePluginIsKilledNothingIsLeftBehind) {
    const std::size_t cached = count_files("XDG_CACHE_HOME");
    const Reply reply = edit_while([](pid_t plugin) { kill(plugin, SIGKILL); });
    EXPECT_NE(reply.status, GIMP_PDB_SUCCESS);
    EXPECT_EQ(count_files("XDG_CACHE_HOME"), cached);
    EXPECT_EQ(layers_of(image.id), std::vector<gint32>{source});
    EXPECT_EQ(edit(image.id, source).status, GIMP_PDB_SUCCESS);
}

} // namespace

} // namespace kontext::checks
