#include "tests/gimp/gimp2_meddler.h"
#include "tests/gimp/gimp2_support.h"

#include <gtest/gtest.h>

// With GIMP's window and our dialog, in the order that drive_gimp.py goes along with.
namespace kontext::checks {

namespace {

constexpr Place whole{.x = 0, .y = 0, .width = 300, .height = 200};

TEST(Dialog, EditsAndRepeats) {
    const TestImage image(300, 200);
    const gint32 source = add_layer(image.id, whole, false);
    const gint32 display = gimp_display_new(image.id);
    const Reply reply = edit(image.id, source, {}, GIMP_RUN_INTERACTIVE);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    EXPECT_NE(record_of(reply.layers.at(0)).value_or("").find(R"("prompt":"invert")"), std::string::npos);
    EXPECT_NE(raw_pixels(reply.layers[0]), raw_pixels(source));
    const Reply again = edit(image.id, source, {}, GIMP_RUN_WITH_LAST_VALS);
    ASSERT_EQ(again.status, GIMP_PDB_SUCCESS) << again.message;
    EXPECT_EQ(raw_pixels(again.layers.at(0)), raw_pixels(reply.layers[0]));
    gimp_display_delete(display);
}

TEST(Dialog, IsCancelled) {
    const TestImage image(300, 200);
    const gint32 source = add_layer(image.id, whole, false);
    const gint32 display = gimp_display_new(image.id);
    EXPECT_EQ(edit(image.id, source, {}, GIMP_RUN_INTERACTIVE).status, GIMP_PDB_CANCEL);
    EXPECT_EQ(layers_of(image.id).size(), 1U);
    gimp_display_delete(display);
}

TEST(Dialog, EndsInANewImageWhenTheImageWasClosed) {
    constexpr Place large{.x = 0, .y = 0, .width = 3000, .height = 2000};
    const gint32 image = gimp_image_new(3000, 2000, GIMP_RGB);
    const gint32 source = add_layer(image, large, false);
    const gint32 display = gimp_display_new(image);
    Reply reply;
    {
        const DuringDevelopment during([&](pid_t) { meddle("close-display " + std::to_string(display)); });
        reply = edit(image, source, {}, GIMP_RUN_INTERACTIVE);
    }
    EXPECT_FALSE(gimp_image_is_valid(image));
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    EXPECT_EQ(place_of(reply.layers.at(0)), large);
}

// As the menu calls them where no image is open.
TEST(Dialog, ShowsSettingsAndWhatIsWaitingWithoutAnImage) {
    gint count = 0;
    GimpParam* values = gimp_run_procedure("plug-in-kontext-settings", &count, GIMP_PDB_INT32,
                                           GIMP_RUN_INTERACTIVE, GIMP_PDB_END);
    EXPECT_EQ(values[0].data.d_status, GIMP_PDB_SUCCESS);
    gimp_destroy_params(values, count);
    values = gimp_run_procedure("plug-in-kontext-recover", &count, GIMP_PDB_INT32, GIMP_RUN_INTERACTIVE,
                                GIMP_PDB_IMAGE, -1, GIMP_PDB_END);
    EXPECT_EQ(values[0].data.d_status, GIMP_PDB_SUCCESS);
    gimp_destroy_params(values, count);
}

} // namespace

} // namespace kontext::checks
