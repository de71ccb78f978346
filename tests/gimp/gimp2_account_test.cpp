#include "tests/gimp/gimp2_support.h"
#include "tests/support/paid_edits.h"

#include <gtest/gtest.h>

// The settings and what was paid for, as a script and the menu call them.
namespace kontext::checks {

namespace {

Reply recover(gint32 image) {
    gint count = 0;
    GimpParam* values = gimp_run_procedure("plug-in-kontext-recover", &count, GIMP_PDB_INT32,
                                           GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE, image, GIMP_PDB_END);
    Reply reply{.status = values[0].data.d_status, .message = {}, .layers = {}};
    if (reply.status == GIMP_PDB_SUCCESS && count == 3) {
        const gint32* layers = values[2].data.d_int32array;
        reply.layers.assign(layers, layers + values[1].data.d_int32);
    } else if (count > 1 && values[1].type == GIMP_PDB_STRING) {
        reply.message = values[1].data.d_string;
    }
    gimp_destroy_params(values, count);
    return reply;
}

TEST(Account, RecoversNothingWhereNothingIsWaiting) {
    const TestImage image(60, 50);
    add_layer(image.id, {.x = 0, .y = 0, .width = 60, .height = 50}, false);
    for (const gint32 subject : {-1, image.id}) {
        const Reply reply = recover(subject);
        EXPECT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
        EXPECT_TRUE(reply.layers.empty());
    }
    EXPECT_EQ(layers_of(image.id).size(), 1U);
}

TEST(Account, MakesAnImageOfAPictureWhoseLayerIsNotThere) {
    test::leave_undelivered(2, test::AtService::none);
    const Reply reply = recover(-1);
    ASSERT_EQ(reply.status, GIMP_PDB_SUCCESS) << reply.message;
    ASSERT_EQ(reply.layers.size(), 2U);
    for (const gint32 layer : reply.layers) {
        const TestImage image(gimp_item_get_image(layer));
        EXPECT_EQ(place_of(layer), (Place{.x = 0, .y = 0, .width = 64, .height = 48}));
        EXPECT_NE(record_of(layer).value_or("").find(R"("prompt")"), std::string::npos);
        EXPECT_EQ(raw_pixels(layer).at(4), 4); // as the service sent it
    }
    EXPECT_TRUE(recover(-1).layers.empty()); // they are delivered now
}

TEST(Account, TellsWhyAPictureCannotBeFetchedAndInsertsTheOthers) {
    test::leave_undelivered(1, test::AtService::one);
    const TestImage image(60, 50);
    const Reply reply = recover(image.id);
    EXPECT_EQ(reply.status, GIMP_PDB_EXECUTION_ERROR);
    EXPECT_NE(reply.message.find("key"), std::string::npos) << reply.message;
    EXPECT_NE(recover(-1).message.find("key"), std::string::npos); // it is waiting still
}

TEST(Account, HasSettingsForPeopleAlone) {
    gint count = 0;
    GimpParam* values = gimp_run_procedure("plug-in-kontext-settings", &count, GIMP_PDB_INT32,
                                           GIMP_RUN_NONINTERACTIVE, GIMP_PDB_END);
    EXPECT_EQ(values[0].data.d_status, GIMP_PDB_EXECUTION_ERROR);
    gimp_destroy_params(values, count);
}

} // namespace

} // namespace kontext::checks
