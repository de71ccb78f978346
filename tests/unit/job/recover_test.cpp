#include "core/framing/frame_picture.h"
#include "core/image/codec.h"
#include "core/job/kept_masks.h"
#include "core/job/recover.h"
#include "tests/support/test_folder.h"

#include <algorithm>
#include <array>
#include <functional>

#include <gtest/gtest.h>

namespace kontext {

namespace {

constexpr Size size{64, 48};
constexpr PixelFormat format{SampleType::u8, 3};

// Something that can be recognised, darker or brighter.
Raster make_photo(int brighter) {
    Image image(size, format);
    for (int y = 0; y < size.height; ++y) {
        auto* row = image.view().samples<std::uint8_t>(y);
        for (int x = 0; x < size.width * 3; ++x) {
            const int blob = (x / 18 * 37 + y / 6 * 53) % 120;
            row[x] = static_cast<std::uint8_t>(40 + blob + brighter);
        }
    }
    return Raster(std::move(image));
}

// Set in the left half, in 16 bits.
std::shared_ptr<const Raster> left_half(Size mask_size = size) {
    Image mask(mask_size, {SampleType::u16, 1});
    for (int y = 0; y < mask_size.height; ++y) {
        std::fill_n(mask.view().samples<std::uint16_t>(y), mask_size.width / 2, std::uint16_t{65535});
    }
    return std::make_shared<const Raster>(std::move(mask));
}

LayerSource make_source() {
    LayerSource source;
    source.name = "photo";
    source.pixels = make_photo(0);
    return source;
}

// An edit whose picture, brighter everywhere, is on the disk, with what was kept of its masks.
struct Kept {
    MaskRecord selection = MaskRecord::none;
    MaskRecord protection = MaskRecord::none;
    std::vector<std::byte> selection_bytes;
    std::vector<std::byte> protection_bytes;
};

RecoveredEdit leave_and_recover(const std::filesystem::path& folder, const Kept& kept,
                                const std::function<std::string(std::string)>& age = {}) {
    const LayerSource source = make_source();
    SentRecord sent{.name = "photo",
                    .file = {},
                    .framing = stretch_to_fill(size, size),
                    .fingerprint = {},
                    .selection = kept.selection,
                    .protection = kept.protection};
    sent.fingerprint = fingerprint_of(frame_picture(source.pixels, source.color, sent.framing));
    {
        Journal journal(folder);
        EditRequest request{.prompt = "brighter", .engine = "bfl", .fidelity = FidelityMode::raw};
        const std::int64_t id = journal.prepare({.engine = "bfl",
                                                 .model = "one",
                                                 .request = to_json(request),
                                                 .placement = age ? age(to_json(sent)) : to_json(sent),
                                                 .command = "test",
                                                 .price_usd = 0.04},
                                                {});
        journal.attach(id, selection_attachment, kept.selection_bytes);
        journal.attach(id, protection_attachment, kept.protection_bytes);
        journal.mark_submitted(id, R"({"id": "1"})");
        journal.keep_reply(id, encode_picture(FileFormat::png, make_photo(60), {}), 0.04, {});
    }
    const Account account{.open_keys = {}, .journal_folder = folder, .command = "test", .ceilings = {}};
    return recover(list_undelivered(account).at(0), account, [](const Progress&) {}, {}).value();
}

// How much of the layer shows at the middle of its left and right half.
std::array<int, 2> shown(const EditedLayer& layer) {
    Image row({size.width, 1}, layer.mask->format());
    layer.mask->read_rows(size.height / 2, row.view());
    const auto* samples = row.view().samples<std::uint8_t>(0);
    return {samples[size.width / 4], samples[size.width * 3 / 4]};
}

} // namespace

TEST(PlaceRecovered, IsBoundByTheSelectionOfThenWhateverIsSelectedNow) {
    const test::TestFolder folder;
    const RecoveredEdit edit = leave_and_recover(
        folder.path(), {.selection = MaskRecord::kept, .selection_bytes = encode_mask(left_half().get())});
    LayerSource source = make_source();
    source.protection = left_half(); // of now
    const auto layer = place_recovered(edit, source, {});
    ASSERT_TRUE(layer);
    EXPECT_EQ(shown(*layer), (std::array{255, 0}));
}

TEST(PlaceRecovered, LeavesWhatWasProtectedThen) {
    const test::TestFolder folder;
    const RecoveredEdit edit = leave_and_recover(
        folder.path(), {.protection = MaskRecord::kept, .protection_bytes = encode_mask(left_half().get())});
    const auto layer = place_recovered(edit, make_source(), {});
    ASSERT_TRUE(layer);
    EXPECT_EQ(shown(*layer), (std::array{0, 255}));
}

TEST(PlaceRecovered, ShowsAllWhereNothingWasSelected) {
    const test::TestFolder folder;
    const auto layer = place_recovered(leave_and_recover(folder.path(), {}), make_source(), {});
    ASSERT_TRUE(layer);
    EXPECT_EQ(shown(*layer), (std::array{255, 255}));
}

TEST(PlaceRecovered, PlacesNothingWhereAMaskIsLost) {
    const auto lost = {
        Kept{.selection = MaskRecord::kept},
        Kept{.selection = MaskRecord::kept, .selection_bytes = {std::byte{1}, std::byte{2}}},
        Kept{.selection = MaskRecord::kept, .selection_bytes = encode_mask(left_half({64, 47}).get())},
        Kept{.protection = MaskRecord::kept},
        Kept{.protection = MaskRecord::unknown},
    };
    for (const Kept& kept : lost) {
        const test::TestFolder folder;
        const RecoveredEdit edit = leave_and_recover(folder.path(), kept);
        EXPECT_FALSE(edit.masks);
        EXPECT_FALSE(place_recovered(edit, make_source(), {}));
    }
}

TEST(PlaceRecovered, DoesNotKnowTheMasksThatAnOlderVersionDidNotKeep) {
    const test::TestFolder folder;
    const auto older = [](std::string placement) {
        for (const std::string member : {R"("selection":false,)", R"(,"selection":false)",
                                         R"("protection":false,)", R"(,"protection":false)"}) {
            if (const auto at = placement.find(member); at != std::string::npos) {
                placement.erase(at, member.size());
            }
        }
        return placement;
    };
    EXPECT_FALSE(leave_and_recover(folder.path(), {}, older).masks);
}

TEST(SentRecord, IsReadAsItWasWritten) {
    const SentRecord sent{.name = "Sky",
                          .file = "/photo.png",
                          .framing = stretch_to_fill(size, {32, 24}),
                          .fingerprint = "1",
                          .selection = MaskRecord::kept,
                          .protection = MaskRecord::none};
    EXPECT_EQ(sent_record_from_json(to_json(sent)), sent);
}

} // namespace kontext
