#include "tests/gimp/gimp2_support.h"

#include <algorithm>

#include <gtest/gtest.h>

// Layers of every kind, and where the result goes.
namespace kontext::checks {

namespace {

constexpr Place whole{.x = 0, .y = 0, .width = 150, .height = 140}; // more than one tile each way

bool all_white(gint32 mask) {
    const auto bytes = mask_bytes(mask);
    return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](int value) { return value == 255; });
}

// What holds for every edit: one new layer directly above, of the source's size, place and kind.
void expect_null_edit(gint32 image, gint32 source) {
    const auto before = raw_pixels(source);
    const Reply reply = edit(image, source);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    ASSERT_EQ(reply.layers.size(), 1U);
    const gint32 layer = reply.layers[0];
    EXPECT_EQ(gimp_item_get_parent(layer), gimp_item_get_parent(source));
    EXPECT_EQ(gimp_image_get_item_position(image, layer) + 1, gimp_image_get_item_position(image, source));
    EXPECT_EQ(place_of(layer), place_of(source));
    EXPECT_EQ(raw_pixels(layer), before);
    EXPECT_EQ(raw_pixels(source), before);
    EXPECT_EQ(gimp_drawable_has_alpha(layer), gimp_drawable_has_alpha(source));
    EXPECT_EQ(gimp_layer_get_opacity(layer), 100);
    EXPECT_EQ(gimp_layer_get_mode(layer), GIMP_LAYER_MODE_NORMAL);
    EXPECT_EQ(gimp_image_get_active_layer(image), layer);
    EXPECT_FALSE(gimp_layer_get_edit_mask(layer));
    ASSERT_NE(gimp_layer_get_mask(layer), -1);
}

TEST(Layers, GoAboveTheSourceWithAWhiteMask) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, whole, false);
    add_layer(image.id, whole, true);
    expect_null_edit(image.id, source);
    EXPECT_EQ(layers_of(image.id).size(), 3U);
    EXPECT_TRUE(all_white(gimp_layer_get_mask(layers_of(image.id)[1])));
}

TEST(Layers, MayReachBeyondTheCanvas) {
    const TestImage image(100, 90);
    expect_null_edit(image.id, add_layer(image.id, {.x = -60, .y = 40, .width = 150, .height = 140}, true));
}

TEST(Layers, MayLieOutsideTheCanvas) {
    const TestImage image(100, 90);
    expect_null_edit(image.id, add_layer(image.id, {.x = 300, .y = -500, .width = 50, .height = 40}, false));
}

TEST(Layers, OfOnePixel) {
    const TestImage image(100, 90);
    expect_null_edit(image.id, add_layer(image.id, {.x = 5, .y = 6, .width = 1, .height = 1}, false));
}

TEST(Layers, StayInTheirGroup) {
    const TestImage image(150, 140);
    const gint32 outer = gimp_layer_group_new(image.id);
    gimp_image_insert_layer(image.id, outer, 0, 0);
    const gint32 inner = gimp_layer_group_new(image.id);
    gimp_image_insert_layer(image.id, inner, outer, 0);
    const gint32 source = add_layer(image.id, {.x = 10, .y = 20, .width = 60, .height = 50}, true, inner);
    add_layer(image.id, whole, true, inner);
    expect_null_edit(image.id, source);
}

TEST(Layers, MayBeAGroup) {
    const TestImage image(150, 140);
    const gint32 group = gimp_layer_group_new(image.id);
    gimp_image_insert_layer(image.id, group, 0, 0);
    add_layer(image.id, {.x = 10, .y = 20, .width = 60, .height = 50}, false, group);
    expect_null_edit(image.id, group);
}

TEST(Layers, MayBeText) {
    const TestImage image(150, 140);
    const gint32 text = gimp_text_fontname(image.id, -1, 10, 10, "Text", 0, TRUE, 40, GIMP_PIXELS, "Sans");
    ASSERT_NE(text, -1);
    expect_null_edit(image.id, text);
    EXPECT_TRUE(gimp_item_is_text_layer(text));
}

TEST(Layers, MayBeHiddenAndLocked) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, whole, true);
    gimp_item_set_visible(source, FALSE);
    gimp_item_set_lock_content(source, TRUE);
    gimp_item_set_lock_position(source, TRUE);
    expect_null_edit(image.id, source);
}

TEST(Layers, InALockedGroupGetTheirResultAnyway) {
    const TestImage image(150, 140);
    const gint32 group = gimp_layer_group_new(image.id);
    gimp_image_insert_layer(image.id, group, 0, 0);
    const gint32 source = add_layer(image.id, whole, true, group);
    gimp_item_set_lock_content(group, TRUE);
    gimp_item_set_lock_position(group, TRUE);
    const Reply reply = edit(image.id, source);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    EXPECT_EQ(gimp_item_get_image(reply.layers.at(0)), image.id);
    EXPECT_EQ(raw_pixels(reply.layers[0]), raw_pixels(source));
}

TEST(Layers, WhoseMaskIsActiveAreMeant) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, whole, true);
    const gint32 mask = gimp_layer_create_mask(source, GIMP_ADD_MASK_BLACK);
    gimp_layer_add_mask(source, mask);
    gimp_layer_set_edit_mask(source, TRUE);
    const Reply reply = edit(image.id, mask);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    EXPECT_EQ(raw_pixels(reply.layers.at(0)), raw_pixels(source));
    EXPECT_TRUE(all_white(gimp_layer_get_mask(reply.layers[0])));
    EXPECT_FALSE(gimp_layer_get_edit_mask(reply.layers[0]));
}

TEST(Layers, AreNotChannels) {
    const TestImage image(150, 140);
    add_layer(image.id, whole, true);
    GimpRGB red{.r = 1, .g = 0, .b = 0, .a = 1};
    const gint32 channel = gimp_channel_new(image.id, "c", 150, 140, 50, &red);
    gimp_image_insert_channel(image.id, channel, 0, 0);
    const Reply reply = edit(image.id, channel);
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("channel"), std::string::npos) << reply.message;
    EXPECT_EQ(layers_of(image.id).size(), 1U);
}

TEST(Layers, AreRefusedUnderAFloatingSelection) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, whole, true);
    gimp_image_select_rectangle(image.id, GIMP_CHANNEL_OP_REPLACE, 10, 10, 50, 50);
    const gint32 floating = gimp_selection_float(image.id, source, 5, 5);
    const Reply reply = edit(image.id, floating);
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("floating"), std::string::npos) << reply.message;
}

TEST(Layers, WithAPaletteGetTheirResultInAnRgbCopy) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, whole, true);
    add_layer(image.id, whole, false);
    ASSERT_TRUE(gimp_image_convert_indexed(image.id, GIMP_CONVERT_DITHER_NONE, GIMP_CONVERT_PALETTE_GENERATE,
                                           16, FALSE, FALSE, ""));
    const auto before = raw_pixels(source);

    const Reply reply = edit(image.id, source);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    const gint32 layer = reply.layers.at(0);
    const TestImage copy(gimp_item_get_image(layer));
    EXPECT_NE(copy.id, image.id);
    EXPECT_EQ(gimp_image_base_type(image.id), GIMP_INDEXED);
    EXPECT_EQ(layers_of(image.id).size(), 2U);
    EXPECT_EQ(raw_pixels(source), before);
    EXPECT_EQ(gimp_image_base_type(copy.id), GIMP_RGB);
    const auto layers = layers_of(copy.id);
    ASSERT_EQ(layers.size(), 3U);
    EXPECT_EQ(layers[1], layer); // above the source's copy
    EXPECT_EQ(raw_pixels(layer), raw_pixels(layers[2]));
}

TEST(Layers, OfSeveralVariationsComeInOrder) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, whole, false);
    const Reply reply = edit(image.id, source, {.prompt = "exposure +0", .seed = 7, .variations = 3});
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    ASSERT_EQ(reply.layers.size(), 3U);
    std::vector<gint32> expected = reply.layers;
    expected.push_back(source);
    EXPECT_EQ(layers_of(image.id), expected);
    EXPECT_NE(record_of(reply.layers[2]).value_or("").find("\"seed\":9"), std::string::npos);
}

} // namespace

} // namespace kontext::checks
