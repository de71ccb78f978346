#include "tests/gimp/gimp2_support.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

// Pixels in every precision and profile, and the selection as mask.
namespace kontext::checks {

namespace {

constexpr Place whole{.x = 0, .y = 0, .width = 150, .height = 140};

struct Kind {
    GimpImageBaseType type;
    bool alpha;
    GimpPrecision precision;
    bool wide_gamut;
};

// Integers of 8 and 16 bits, half and float travel as they are; 32-bit integers and double by float.
double tolerance_of(GimpPrecision precision) {
    switch (precision) {
    case GIMP_PRECISION_U8_LINEAR:
    case GIMP_PRECISION_U8_GAMMA:
    case GIMP_PRECISION_U16_LINEAR:
    case GIMP_PRECISION_U16_GAMMA: return 0;
    default: return 1e-6;
    }
}

void use_wide_gamut(gint32 image) {
    GimpColorProfile* profile = gimp_color_profile_new_rgb_adobe();
    gimp_image_set_color_profile(image, profile);
    g_object_unref(profile);
}

class NullEdit : public testing::TestWithParam<Kind> {};

TEST_P(NullEdit, ChangesNoSample) {
    const Kind kind = GetParam();
    const TestImage image(150, 140, kind.type, kind.precision);
    if (kind.wide_gamut) {
        use_wide_gamut(image.id);
    }
    const gint32 source = add_layer(image.id, whole, kind.alpha);
    const Reply reply = edit(image.id, source);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    const gint32 layer = reply.layers.at(0);
    ASSERT_EQ(gimp_drawable_get_format(layer), gimp_drawable_get_format(source));
    const double tolerance = tolerance_of(kind.precision);
    if (tolerance == 0) {
        EXPECT_EQ(raw_pixels(layer), raw_pixels(source));
        return;
    }
    const auto before = float_pixels(source);
    const auto after = float_pixels(layer);
    ASSERT_EQ(before.size(), after.size());
    double difference = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(before[i]) - after[i]));
    }
    EXPECT_LE(difference, tolerance);
}

std::vector<Kind> kinds() {
    std::vector<Kind> kinds;
    for (const GimpPrecision precision :
         {GIMP_PRECISION_U8_LINEAR, GIMP_PRECISION_U8_GAMMA, GIMP_PRECISION_U16_LINEAR,
          GIMP_PRECISION_U16_GAMMA, GIMP_PRECISION_U32_GAMMA, GIMP_PRECISION_HALF_LINEAR,
          GIMP_PRECISION_FLOAT_LINEAR, GIMP_PRECISION_FLOAT_GAMMA, GIMP_PRECISION_DOUBLE_LINEAR}) {
        kinds.push_back({GIMP_RGB, false, precision, false});
        kinds.push_back({GIMP_RGB, true, precision, true});
        kinds.push_back({GIMP_GRAY, (precision / 50) % 2 == 0, precision, false});
    }
    return kinds;
}

std::string name_of(const testing::TestParamInfo<Kind>& info) {
    const Kind& kind = info.param;
    return std::string(kind.type == GIMP_GRAY ? "Grey" : "Rgb") + (kind.alpha ? "Alpha" : "") + "Precision" +
           std::to_string(kind.precision) + (kind.wide_gamut ? "WideGamut" : "");
}

INSTANTIATE_TEST_SUITE_P(Precisions, NullEdit, testing::ValuesIn(kinds()), name_of);

// The first component of a layer of one colour after the prompt.
double edit_grey(gint32 image, float value, const char* prompt) {
    const gint32 source = add_layer(image, {.x = 0, .y = 0, .width = 2, .height = 1}, false);
    fill_with(source, std::vector<float>(6, value));
    const Reply reply = edit(image, source, {.prompt = prompt});
    EXPECT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    return reply.layers.empty() ? -1 : float_pixels(reply.layers[0]).at(0);
}

TEST(Exposure, DoublesTheLightOfLinearSamples) {
    const TestImage image(10, 10, GIMP_RGB, GIMP_PRECISION_FLOAT_LINEAR);
    EXPECT_NEAR(edit_grey(image.id, 0.1F, "exposure +1"), 0.2, 1e-4);
}

TEST(Exposure, FollowsSrgbsCurve) {
    const TestImage image(10, 10, GIMP_RGB, GIMP_PRECISION_FLOAT_GAMMA);
    EXPECT_NEAR(edit_grey(image.id, 0.08F, "exposure +1"), 0.12471, 1e-3);
}

TEST(Exposure, FollowsTheProfilesCurve) { // in 2.10 formats know of no profile
    const TestImage image(10, 10, GIMP_RGB, GIMP_PRECISION_FLOAT_GAMMA);
    use_wide_gamut(image.id);
    EXPECT_NEAR(edit_grey(image.id, 0.08F, "exposure +1"), 0.08 * std::pow(2, 256.0 / 563), 1e-3);
}

TEST(Selection, BecomesTheMaskInTheLayersCoordinates) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, {.x = -20, .y = 30, .width = 120, .height = 150}, true);
    gimp_context_set_feather(TRUE);
    gimp_context_set_feather_radius(10, 10);
    gimp_image_select_ellipse(image.id, GIMP_CHANNEL_OP_REPLACE, 20, 20, 70, 70);
    gimp_context_set_feather(FALSE);
    const auto selection = mask_bytes(gimp_image_get_selection(image.id));
    ASSERT_TRUE(
        std::any_of(selection.begin(), selection.end(), [](int value) { return value > 0 && value < 255; }));

    const Reply reply = edit(image.id, source);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    const gint32 mask = gimp_layer_get_mask(reply.layers.at(0));
    const auto bytes = mask_bytes(mask);
    for (int y = 0; y < 150; ++y) {
        for (int x = 0; x < 120; ++x) {
            const int canvas_x = x - 20;
            const int canvas_y = y + 30;
            const bool inside = canvas_x >= 0 && canvas_y < 140;
            const int expected = inside ? selection[static_cast<std::size_t>(canvas_y * 150 + canvas_x)] : 0;
            ASSERT_EQ(bytes[static_cast<std::size_t>(y * 120 + x)], expected) << x << "," << y;
        }
    }
    EXPECT_EQ(mask_bytes(gimp_image_get_selection(image.id)), selection); // still there
}

TEST(Selection, IsIgnoredForTheWholeLayer) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, whole, true);
    gimp_image_select_rectangle(image.id, GIMP_CHANNEL_OP_REPLACE, 20, 20, 70, 70);
    const Reply reply = edit(image.id, source, {.options = R"({"region": "layer"})"});
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    const auto bytes = mask_bytes(gimp_layer_get_mask(reply.layers.at(0)));
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](int value) { return value == 255; }));
}

TEST(Selection, BesideTheLayerIsRefused) {
    const TestImage image(150, 140);
    const gint32 source = add_layer(image.id, {.x = 0, .y = 0, .width = 50, .height = 50}, true);
    gimp_image_select_rectangle(image.id, GIMP_CHANNEL_OP_REPLACE, 60, 60, 20, 20);
    EXPECT_NE(edit(image.id, source).message.find("selection"), std::string::npos);
    // an empty corner of its bounds
    gimp_image_select_rectangle(image.id, GIMP_CHANNEL_OP_ADD, 100, 0, 20, 20);
    gimp_image_select_rectangle(image.id, GIMP_CHANNEL_OP_ADD, 0, 100, 20, 20);
    const Reply reply = edit(image.id, source);
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("selection"), std::string::npos);
    EXPECT_EQ(layers_of(image.id).size(), 1U);
}

} // namespace

} // namespace kontext::checks
