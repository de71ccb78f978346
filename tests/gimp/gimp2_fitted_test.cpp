#include "tests/gimp/gimp2_support.h"
#include "tests/unit/fidelity/scene.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

// Edits whose engine returns a picture of a model's size (tests/support/drift_engine.h), as GIMP shows them.
namespace kontext::checks {

namespace {

constexpr Place whole{.x = 0, .y = 0, .width = 420, .height = 280};
constexpr const char* ellipse = "ellipse 0.4 0.5 0.1 0.15"; // in shares of what was sent

gint32 add_photo(gint32 image, Place place, bool alpha, gint32 parent = 0) {
    const gint32 layer = add_layer(image, place, alpha, parent);
    const bool grey = gimp_drawable_is_gray(layer) != FALSE;
    std::vector<float> samples;
    for (int y = 0; y < place.height; ++y) {
        for (int x = 0; x < place.width; ++x) {
            const test::Color color = test::scene_at({x + 0.0, y + 0.0});
            for (std::size_t c = 0; c < (grey ? 1 : 3); ++c) {
                samples.push_back(static_cast<float>(color[c]));
            }
            if (alpha) {
                samples.push_back(x < place.width / 2 ? 1 : static_cast<float>(x % 16 + 1) / 16);
            }
        }
    }
    fill_with(layer, samples);
    return layer;
}

// What the person sees of the image's canvas.
struct View {
    std::vector<float> samples;
    int width = 0;
    std::size_t channels = 0;
    float tolerance = 0; // of floats on a tone curve: GIMP lays its layers over one another in linear light
};

View view_of(gint32 image) {
    const gint32 seen = gimp_layer_new_from_visible(image, image, "seen");
    gimp_image_insert_layer(image, seen, 0, 0);
    View view{.samples = float_pixels(seen), .width = gimp_image_width(image)};
    const auto pixels = static_cast<std::size_t>(gimp_drawable_width(seen)) *
                        static_cast<std::size_t>(gimp_drawable_height(seen));
    view.channels = view.samples.size() / pixels;
    view.tolerance = gimp_image_get_precision(image) == GIMP_PRECISION_FLOAT_GAMMA ? 1e-6F : 0;
    gimp_image_remove_layer(image, seen);
    return view;
}

class Fitted : public testing::Test {
protected:
    static void SetUpTestSuite() {
        const std::filesystem::path folder =
            std::filesystem::path(std::getenv("XDG_CONFIG_HOME")) / "gimp-kontext";
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "models.json")
            << R"({"version": 1, "models": [{"engine": "drift", "id": "drift", "name": "Drift",
                "pixels": 120000, "aspect_ratios": ["match", "2:1"], "seed_max": 99, "variations_max": 4,
                "price_usd": 0.04}]})";
    }
    void TearDown() override { write_settings("{}"); }
};

std::vector<gint32> drift(gint32 image, gint32 source, Request request = {.prompt = ellipse}) {
    request.engine = "drift";
    const Reply reply = edit(image, source, request);
    EXPECT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    return reply.layers;
}

nlohmann::json record_json(gint32 layer) {
    return nlohmann::json::parse(record_of(layer).value_or("null"));
}

struct Seen {
    int changed = 0;    // pixels where the mask shows something
    int differing = 0;  // pixels that look different
    int outside = 0;    // of these, where the mask is 0
    int left = 1 << 20; // box around what looks different
    int right = 0;
    int top = 1 << 20;
    int bottom = 0;
};

// Compares what is seen with what was seen before.
Seen compare(const View& before, const View& after, gint32 layer) {
    const Place place = place_of(layer);
    const auto mask = float_pixels(gimp_layer_get_mask(layer));
    Seen seen;
    for (std::size_t i = 0; i * before.channels < before.samples.size(); ++i) {
        const int x = static_cast<int>(i) % before.width;
        const int y = static_cast<int>(i) / before.width;
        const int column = x - place.x;
        const int row = y - place.y;
        const bool shows = column >= 0 && row >= 0 && column < place.width && row < place.height &&
                           mask[static_cast<std::size_t>(row * place.width + column)] > 0;
        bool differs = false;
        for (std::size_t c = i * before.channels; c < (i + 1) * before.channels; ++c) {
            differs = differs || std::abs(before.samples[c] - after.samples[c]) > before.tolerance;
        }
        seen.changed += shows ? 1 : 0;
        if (differs) {
            ++seen.differing;
            seen.outside += shows ? 0 : 1;
            seen.left = std::min(seen.left, x);
            seen.right = std::max(seen.right, x + 1);
            seen.top = std::min(seen.top, y);
            seen.bottom = std::max(seen.bottom, y + 1);
        }
    }
    return seen;
}

void expect_magenta(const View& view, int x, int y) {
    const float* pixel = view.samples.data() + static_cast<std::size_t>(y * view.width + x) * view.channels;
    EXPECT_GT(pixel[0] - pixel[1], 0.3F);
    EXPECT_GT(pixel[2] - pixel[1], 0.2F);
}

// Whatever the layer: the ellipse is where it belongs, and no other sample of the picture has changed.
void expect_ellipse(gint32 image, gint32 source) {
    const auto pixels = raw_pixels(source);
    const Place place = place_of(source);
    const View before = view_of(image);
    const auto layers = drift(image, source);
    ASSERT_EQ(layers.size(), 1U);
    EXPECT_EQ(place_of(layers[0]), place);
    EXPECT_EQ(gimp_item_get_parent(layers[0]), gimp_item_get_parent(source));
    EXPECT_EQ(raw_pixels(source), pixels);
    EXPECT_EQ(gimp_drawable_has_alpha(layers[0]), gimp_drawable_has_alpha(source));
    const View after = view_of(image);
    const Seen seen = compare(before, after, layers[0]);
    EXPECT_EQ(seen.outside, 0);
    const double x = place.x + 0.4 * place.width;
    const double y = place.y + 0.5 * place.height;
    EXPECT_NEAR(seen.left, x - 0.1 * place.width, 14);
    EXPECT_NEAR(seen.right, x + 0.1 * place.width, 14);
    EXPECT_NEAR(seen.top, y - 0.15 * place.height, 14);
    EXPECT_NEAR(seen.bottom, y + 0.15 * place.height, 14);
    if (gimp_drawable_is_rgb(source) != FALSE) {
        expect_magenta(after, static_cast<int>(x), static_cast<int>(y));
    }
}

} // namespace

TEST_F(Fitted, ChangesNothingOutsideTheMaskWhateverThePrecision) {
    for (const GimpPrecision precision : {GIMP_PRECISION_U8_GAMMA, GIMP_PRECISION_U16_GAMMA,
                                          GIMP_PRECISION_FLOAT_GAMMA, GIMP_PRECISION_FLOAT_LINEAR}) {
        for (const bool alpha : {false, true}) {
            SCOPED_TRACE(testing::Message() << precision << (alpha ? " with alpha" : ""));
            const TestImage image(whole.width, whole.height, GIMP_RGB, precision);
            expect_ellipse(image.id, add_photo(image.id, whole, alpha));
        }
    }
}

TEST_F(Fitted, ChangesNothingOutsideTheMaskOfAGreyPhoto) {
    const TestImage image(whole.width, whole.height, GIMP_GRAY, GIMP_PRECISION_U16_GAMMA);
    expect_ellipse(image.id, add_photo(image.id, whole, false));
}

TEST_F(Fitted, LiesOverALayerThatIsSomewhereElse) {
    const TestImage image(600, 500);
    add_layer(image.id, {.x = 0, .y = 0, .width = 600, .height = 500}, false);
    expect_ellipse(image.id, add_photo(image.id, {.x = 90, .y = 120, .width = 420, .height = 280}, false));
}

TEST_F(Fitted, StaysInItsGroup) {
    const TestImage image(600, 500);
    const gint32 group = gimp_layer_group_new(image.id);
    gimp_image_insert_layer(image.id, group, 0, 0);
    expect_ellipse(image.id,
                   add_photo(image.id, {.x = 90, .y = 120, .width = 420, .height = 280}, true, group));
}

TEST_F(Fitted, CoversTheSelectionsSurroundingsAndShowsInTheSelection) {
    const TestImage image(900, 700);
    const gint32 source = add_photo(image.id, {.x = 10, .y = 20, .width = 880, .height = 660}, false);
    gimp_image_select_rectangle(image.id, GIMP_CHANNEL_OP_REPLACE, 500, 300, 120, 100);
    const View before = view_of(image.id);
    const auto layers = drift(image.id, source, {.prompt = "ellipse 0.5 0.5 0.3 0.3"});
    const Place place = place_of(layers.at(0));
    EXPECT_LT(place.width, 880);
    EXPECT_GE(place.x, 10);
    EXPECT_LE(place.x, 500);
    EXPECT_GE(place.x + place.width, 620);
    const View after = view_of(image.id);
    const Seen seen = compare(before, after, layers[0]);
    EXPECT_EQ(seen.outside, 0);
    EXPECT_GE(seen.left, 500);
    EXPECT_GE(seen.top, 300);
    EXPECT_LE(seen.right, 620);
    EXPECT_LE(seen.bottom, 400);
    expect_magenta(after, 560, 350);
}

TEST_F(Fitted, ShowsAllOfTheSelectionOnRequest) {
    const TestImage image(whole.width, whole.height);
    const gint32 source = add_photo(image.id, whole, false);
    gimp_image_select_rectangle(image.id, GIMP_CHANNEL_OP_REPLACE, 100, 80, 160, 120);
    const auto layers = drift(image.id, source, {.prompt = "drift", .options = R"({"extent": "selection"})"});
    const Place place = place_of(layers.at(0));
    const auto mask = mask_bytes(gimp_layer_get_mask(layers[0]));
    EXPECT_EQ(mask.at(static_cast<std::size_t>((140 - place.y) * place.width + 180 - place.x)), 255);
}

TEST_F(Fitted, IsNoLargerThanWhatChangedIfThatIsSet) {
    const TestImage image(whole.width, whole.height);
    const gint32 source = add_photo(image.id, whole, false);
    const View before = view_of(image.id);
    write_settings(R"({"crop_to_changes": true})");
    const auto layers = drift(image.id, source);
    const Place place = place_of(layers.at(0));
    EXPECT_NEAR(place.x, 126, 14);
    EXPECT_NEAR(place.width, 84, 28);
    EXPECT_NEAR(place.y, 98, 14);
    EXPECT_NEAR(place.height, 84, 28);
    const View after = view_of(image.id);
    EXPECT_EQ(compare(before, after, layers[0]).outside, 0);
    expect_magenta(after, 168, 140);
}

TEST_F(Fitted, ReachesBeyondTheImageWhereItGrows) {
    const TestImage image(whole.width, whole.height);
    const gint32 source = add_photo(image.id, whole, false);
    const View before = view_of(image.id);
    const auto layers = drift(image.id, source, {.prompt = "grow", .aspect_ratio = "2:1"});
    EXPECT_EQ(place_of(layers.at(0)), (Place{.x = -70, .y = 0, .width = 560, .height = 280}));
    EXPECT_EQ(gimp_image_width(image.id), whole.width);
    EXPECT_EQ(gimp_image_height(image.id), whole.height);
    EXPECT_EQ(compare(before, view_of(image.id), layers[0]).outside, 0);
    const auto mask = mask_bytes(gimp_layer_get_mask(layers[0]));
    EXPECT_EQ(mask.at(140 * 560 + 20), 255);
    EXPECT_EQ(mask.at(140 * 560 + 540), 255);
    EXPECT_EQ(mask.at(140 * 560 + 280), 0);
}

TEST_F(Fitted, RecordsHowItWasMade) {
    const TestImage image(whole.width, whole.height);
    const auto layers = drift(image.id, add_photo(image.id, whole, false), {.prompt = ellipse, .seed = 7});
    const nlohmann::json record = record_json(layers.at(0));
    EXPECT_EQ(record.at("request").at("engine"), "drift");
    EXPECT_EQ(record.at("seed"), 7);
    EXPECT_EQ(record.at("request_id"), "drift-7");
    EXPECT_EQ(record.at("framing").at("layer"), (nlohmann::json{420, 280}));
    EXPECT_EQ(record.at("fit").at("decision"), "local");
    EXPECT_EQ(record.at("fit").at("mode"), "keep");
    EXPECT_GT(record.at("fit").at("confidence"), 0.5);
    EXPECT_NEAR(record.at("fit").at("scale").get<double>(), 1.008, 0.003);
    EXPECT_EQ(record.at("plan").at("version"), 1);
    EXPECT_TRUE(record.at("plan").at("mask").is_string());
}

TEST_F(Fitted, HasAnEmptyMaskWhereNothingChanged) {
    const TestImage image(whole.width, whole.height);
    const gint32 source = add_photo(image.id, whole, false);
    const View before = view_of(image.id);
    const auto layers = drift(image.id, source, {.prompt = "drift"});
    EXPECT_EQ(compare(before, view_of(image.id), layers.at(0)).changed, 0);
    EXPECT_EQ(record_json(layers[0]).at("fit").at("decision"), "none");
}

TEST_F(Fitted, HasALayerForEachVariation) {
    const TestImage image(whole.width, whole.height);
    const gint32 source = add_photo(image.id, whole, false);
    const auto layers = drift(image.id, source, {.prompt = ellipse, .seed = 3, .variations = 2});
    ASSERT_EQ(layers.size(), 2U);
    EXPECT_EQ(record_json(layers[1]).at("seed"), 4);
    EXPECT_TRUE(record_json(layers[1]).contains("plan"));
}

TEST_F(Fitted, RefusesAReplyThatIsNoPicture) {
    const TestImage image(whole.width, whole.height);
    const gint32 source = add_photo(image.id, whole, false);
    const Reply reply = edit(image.id, source, {.prompt = "garbage", .engine = "drift"});
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("no picture"), std::string::npos) << reply.message;
    EXPECT_EQ(layers_of(image.id).size(), 1U);
}

} // namespace kontext::checks
