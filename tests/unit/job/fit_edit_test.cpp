#include "core/error.h"
#include "core/fidelity/apply.h"
#include "core/image/samples.h"
#include "core/job/coverage.h"
#include "core/job/run_edit.h"
#include "tests/support/drift_engine.h"
#include "tests/support/expect_error.h"
#include "tests/unit/fidelity/scene.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

// run_edit() with an engine that returns pictures of a model's size.
namespace kontext {

namespace {

constexpr Size photo_size{720, 480};
const std::string ellipse = "ellipse 0.3 0.4 0.08 0.1";

LayerSource make_source(PixelFormat format = {SampleType::u8, 3}, Size size = photo_size) {
    const Image scene = test::draw_scene(size);
    Image floats(size, {SampleType::f32, 3});
    convert_samples(scene.view(), floats.view());
    Image pixels(size, {SampleType::f32, format.channels});
    for (int y = 0; y < size.height; ++y) {
        const float* from = floats.view().samples<float>(y);
        float* to = pixels.view().samples<float>(y);
        for (int x = 0; x < size.width; ++x, from += 3) {
            to = std::copy_n(from, format.color_channels(), to);
            if (format.has_alpha()) {
                *to++ = x < 200 ? 1 : static_cast<float>(x % 256) / 255;
            }
        }
    }
    Image converted(size, format);
    convert_samples(pixels.view(), converted.view());
    LayerSource source;
    source.pixels = Raster(std::move(converted));
    return source;
}

std::shared_ptr<const Raster> box_mask(const PixelBox& box) {
    return std::make_shared<const Raster>(test::one_channel(photo_size, [&](int x, int y) {
        return x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
    }));
}

EditRequest request_for(const std::string& prompt) {
    EditRequest request;
    request.prompt = prompt;
    request.seed = 5;
    return request;
}

EditResult run(const EditRequest& request, const LayerSource& source) {
    return run_edit(request, source, test::drift_engine, test::drift_model(), [](const Progress&) {}, {});
}

EditedLayer run_one(const EditRequest& request, const LayerSource& source) {
    EditResult result = run(request, source);
    return std::move(result.layers.at(0));
}

Image read(const Raster& raster) {
    Image image(raster.size(), raster.format());
    raster.read_rows(0, image.view());
    return image;
}

// A mask's or a picture's first samples as shares, at a pixel of the source.
std::vector<float> at(const EditedLayer& layer, const Raster& raster, int x, int y) {
    const Image image = read(raster);
    Image floats(image.size(), {SampleType::f32, image.format().channels});
    convert_samples(image.view(), floats.view());
    const float* pixel = floats.view().samples<float>(y - layer.y) +
                         static_cast<std::ptrdiff_t>(x - layer.x) * image.format().channels;
    return {pixel, pixel + image.format().channels};
}

float mask_at(const EditedLayer& layer, int x, int y) {
    return at(layer, *layer.mask, x, y)[0];
}

// Of what shows, in the source's pixels.
PixelBox box_of_mask(const EditedLayer& layer) {
    PixelBox box = covered_box(*layer.mask).value_or(PixelBox{});
    box.x += layer.x;
    box.y += layer.y;
    return box;
}

} // namespace

class FitEdit : public testing::TestWithParam<PixelFormat> {};

TEST_P(FitEdit, ShowsWhatTheEnginePaintedAndNothingElse) {
    const LayerSource source = make_source(GetParam());
    const EditedLayer layer = run_one(request_for(ellipse), source);
    EXPECT_EQ(layer.pixels.size(), photo_size);
    EXPECT_EQ(layer.pixels.format(), GetParam());
    ASSERT_TRUE(layer.fit);
    EXPECT_EQ(layer.fit->plan.decision, Decision::local);
    // 216, 192 with radii of 57.6 and 48
    EXPECT_GT(mask_at(layer, 216, 192), 0.99F);
    const PixelBox shown = box_of_mask(layer);
    EXPECT_NEAR(shown.x, 216 - 58, 16);
    EXPECT_NEAR(shown.y, 192 - 48, 16);
    EXPECT_NEAR(shown.x + shown.width, 216 + 58, 16);
    EXPECT_NEAR(shown.y + shown.height, 192 + 48, 16);
    const auto color = at(layer, layer.pixels, 216, 192);
    if (GetParam().color_channels() == 3) {
        EXPECT_GT(color[0] - color[1], 0.4F);
        EXPECT_GT(color[2] - color[1], 0.3F);
    }
}

TEST_P(FitEdit, PutsAlphaBackExactly) {
    const LayerSource source = make_source(GetParam());
    const Image before = read(source.pixels);
    const Image after = read(run_one(request_for(ellipse), source).pixels);
    const PixelFormat format = GetParam();
    if (!format.has_alpha()) {
        return;
    }
    const auto bytes = static_cast<std::ptrdiff_t>(bytes_per_sample(format.sample));
    for (std::ptrdiff_t i = 0; i < photo_size.pixels(); ++i) {
        const std::ptrdiff_t alpha = i * format.bytes_per_pixel() + (format.channels - 1) * bytes;
        ASSERT_TRUE(std::equal(before.view().data + alpha, before.view().data + alpha + bytes,
                               after.view().data + alpha));
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, FitEdit,
                         testing::Values(PixelFormat{SampleType::u8, 3}, PixelFormat{SampleType::u8, 4},
                                         PixelFormat{SampleType::u16, 3}, PixelFormat{SampleType::f32, 4},
                                         PixelFormat{SampleType::u16, 1}));

TEST(FittedEdit, FillsTheLayerAlsoWhereNothingShows) {
    const LayerSource source = make_source();
    const EditedLayer layer = run_one(request_for(ellipse), source);
    const auto before = at(layer, source.pixels, 600, 400);
    const auto after = at(layer, layer.pixels, 600, 400);
    EXPECT_EQ(mask_at(layer, 600, 400), 0);
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(after[c], before[c], 0.08);
    }
}

TEST(FittedEdit, SendsASelectionWithItsSurroundingsAndChangesNothingOutside) {
    LayerSource source = make_source({SampleType::u8, 3}, photo_size);
    source.selection = box_mask({380, 220, 120, 100});
    // of the canvas, which shows the selection in its middle: larger than the selection
    const EditedLayer layer = run_one(request_for("ellipse 0.5 0.5 0.4 0.4"), source);
    ASSERT_TRUE(layer.fit);
    const PixelBox region = layer.fit->framing.region;
    EXPECT_EQ(box_of(layer), region);
    EXPECT_LT(static_cast<std::int64_t>(region.width) * region.height, photo_size.pixels());
    const PixelBox shown = box_of_mask(layer);
    EXPECT_GE(shown.x, 380);
    EXPECT_GE(shown.y, 220);
    EXPECT_LE(shown.x + shown.width, 500);
    EXPECT_LE(shown.y + shown.height, 320);
    EXPECT_GT(mask_at(layer, 440, 270), 0.99F);
}

TEST(FittedEdit, IgnoresTheSelectionForTheWholeLayer) {
    LayerSource source = make_source();
    source.selection = box_mask({380, 220, 120, 100});
    EditRequest request = request_for(ellipse);
    request.region = Region::layer;
    const EditedLayer layer = run_one(request, source);
    EXPECT_EQ(layer.pixels.size(), photo_size);
    EXPECT_GT(mask_at(layer, 216, 192), 0.99F);
}

TEST(FittedEdit, ShowsAllOfTheSelectionWhereThatIsWanted) {
    LayerSource source = make_source();
    source.selection = box_mask({380, 220, 200, 160});
    EditRequest request = request_for("exact");
    request.extent = Extent::selection;
    const EditedLayer layer = run_one(request, source);
    EXPECT_GT(mask_at(layer, 480, 300), 0.99F);
    EXPECT_EQ(mask_at(layer, 375, 300), 0);
}

TEST(FittedEdit, NeverShowsWhereThePhotoIsProtected) {
    LayerSource source = make_source();
    source.protection = box_mask({200, 0, 30, 480});
    const EditedLayer layer = run_one(request_for(ellipse), source);
    for (int y = 0; y < photo_size.height; y += 16) {
        EXPECT_EQ(mask_at(layer, 200, y), 0);
        EXPECT_EQ(mask_at(layer, 229, y), 0);
    }
    EXPECT_GT(mask_at(layer, 175, 192), 0.5F);
    EXPECT_GT(mask_at(layer, 255, 192), 0.5F);
}

TEST(FittedEdit, CropsToWhatChanged) {
    const LayerSource source = make_source();
    const PixelBox shown = box_of_mask(run_one(request_for(ellipse), source));
    EditRequest request = request_for(ellipse);
    request.crop_to_changes = true;
    const EditedLayer layer = run_one(request, source);
    EXPECT_EQ(box_of(layer), shown);
    EXPECT_EQ(layer.mask->size(), layer.pixels.size());
    EXPECT_GT(mask_at(layer, 216, 192), 0.99F);
}

// The layer's first channel where the engine painted, in steps of 8 bits.
double deviation_of_painted(const EditedLayer& layer) {
    const Image pixels = read(layer.pixels);
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (int y = 177; y < 207; ++y) {
        for (int x = 201; x < 231; ++x) {
            const double value = pixels.view().samples<std::uint8_t>(y)[3 * x];
            sum += value;
            squares += value * value;
            ++count;
        }
    }
    return std::sqrt(squares / count - sum / count * sum / count);
}

TEST(FittedEdit, GivesWhatIsNewThePhotosGrainOnRequest) {
    const Image noisy = test::draw(photo_size, [](test::Point at) {
        test::Color color = test::scene_at({at.x / 4, at.y / 4});
        for (std::size_t c = 0; c < 3; ++c) {
            color[c] += 0.08 * (test::noise_at(std::lround(at.x), std::lround(at.y), 70 + c) - 0.5);
        }
        return color;
    });
    Image copy(photo_size, noisy.format());
    convert_samples(noisy.view(), copy.view());
    LayerSource source;
    source.pixels = Raster(std::move(copy));
    EditRequest request = request_for(ellipse);
    const EditedLayer smooth = run_one(request, source);
    request.add_grain = true;
    const EditedLayer grainy = run_one(request, source);
    EXPECT_LT(deviation_of_painted(smooth), 2);
    const double noise = 255 * 0.08 / std::sqrt(12); // of even distribution
    EXPECT_NEAR(deviation_of_painted(grainy), noise, 0.3 * noise);
}

TEST(FittedEdit, LeavesALayerWholeThatShowsNothing) {
    EditRequest request = request_for("drift");
    request.crop_to_changes = true;
    EXPECT_EQ(run_one(request, make_source()).pixels.size(), photo_size);
}

TEST(FittedEdit, GrowsThePictureToAnotherRatio) {
    const LayerSource source = make_source({SampleType::u16, 3});
    EditRequest request = request_for("grow");
    request.aspect_ratio = {2, 1};
    const EditedLayer layer = run_one(request, source);
    EXPECT_EQ(layer.pixels.size(), (Size{960, 480}));
    EXPECT_EQ(layer.x, -120);
    EXPECT_EQ(layer.y, 0);
    for (const int x : {-110, -20, 740, 830}) {
        EXPECT_EQ(mask_at(layer, x, 240), 1) << x;
        const auto color = at(layer, layer.pixels, x, 240);
        EXPECT_GT(color[1] - color[0], 0.25F) << x;
    }
    EXPECT_EQ(mask_at(layer, 360, 240), 0);
}

TEST(FittedEdit, TellsThatNothingChanged) {
    const EditedLayer layer = run_one(request_for("drift"), make_source());
    EXPECT_EQ(layer.fit->plan.decision, Decision::unchanged);
    EXPECT_FALSE(covered_box(*layer.mask));
}

TEST(FittedEdit, LaysAnotherPictureOverThePhotoAsItIs) {
    EditRequest request = request_for("another");
    request.fidelity = FidelityMode::keep;
    const EditedLayer layer = run_one(request, make_source());
    EXPECT_EQ(layer.fit->plan.decision, Decision::unregistered);
    EXPECT_EQ(layer.fit->plan.mode, FidelityMode::raw);
    EXPECT_EQ(mask_at(layer, 0, 0), 1);
    EXPECT_EQ(mask_at(layer, 719, 479), 1);
}

TEST(FittedEdit, ReadsTheFormatsThatServicesReturn) {
    for (const char* format : {"jpeg", "webp"}) {
        EditRequest request = request_for(ellipse);
        request.options["format"] = format;
        EXPECT_EQ(run_one(request, make_source()).fit->plan.decision, Decision::local) << format;
    }
    EditRequest request = request_for(ellipse);
    request.options["transparent"] = "yes";
    EXPECT_EQ(run_one(request, make_source()).fit->plan.decision, Decision::local);
}

TEST(FittedEdit, SaysThatAReplyIsNoPicture) {
    const std::string message =
        test::expect_error(ErrorCode::bad_reply, [] { run(request_for("garbage"), make_source()); });
    EXPECT_NE(message.find("no picture that can be used"), std::string::npos) << message;
}

TEST(FittedEdit, AsksNobodyWhereNothingIsSelected) {
    LayerSource source = make_source();
    source.selection = box_mask({0, 0, 0, 0});
    test::expect_error(ErrorCode::invalid_argument, [&] { run(request_for("garbage"), source); });
}

TEST(FittedEdit, GoesThroughItsStagesAndTimesThem) {
    std::vector<Stage> stages;
    const EditResult result =
        run_edit(request_for(ellipse), make_source(), test::drift_engine, test::drift_model(),
                 [&](const Progress& step) { stages.push_back(step.stage); }, {});
    EXPECT_EQ(stages, (std::vector<Stage>{Stage::preparing, Stage::generating, Stage::fitting}));
    for (const char* stage : {"frame", "engine", "plan", "place", "total"}) {
        EXPECT_TRUE(result.timings.contains(stage)) << stage;
    }
}

TEST(FittedEdit, CanBeCancelledWhileItFits) {
    std::stop_source stop;
    const auto cancel_at_fitting = [&](const Progress& step) {
        if (step.stage == Stage::fitting) {
            stop.request_stop();
        }
    };
    EXPECT_THROW(run_edit(request_for(ellipse), make_source(), test::drift_engine, test::drift_model(),
                          cancel_at_fitting, stop.get_token()),
                 Cancelled);
}

TEST(FittedEdit, PlansEachVariationForItself) {
    EditRequest request = request_for(ellipse);
    request.variations = 2;
    const EditResult result = run(request, make_source());
    ASSERT_EQ(result.layers.size(), 2U);
    EXPECT_EQ(result.layers[0].seed, 5U);
    EXPECT_EQ(result.layers[1].seed, 6U);
    EXPECT_TRUE(result.layers[1].fit);
    EXPECT_NE(result.layers[0].mask, result.layers[1].mask);
    EXPECT_EQ(result.layers.back().request_id, "drift-6");
    EXPECT_DOUBLE_EQ(result.cost_usd.value_or(0), 0.08);
}

} // namespace kontext
