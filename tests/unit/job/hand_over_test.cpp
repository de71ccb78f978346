#include "core/job/hand_over.h"
#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"

#include <array>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace kontext {

namespace fs = std::filesystem;

namespace {

class HandingOver : public testing::Test {
protected:
    // Where a kill falls.
    enum class Kill { before_writing_down, before_moving, between, after };

    // Two files, handed over by a process that is killed.
    void hand_over_and_die(Kill kill) {
        test::ChildProcess child([&](const test::ChildProcess&) {
            Journal own(state);
            own.claim(prediction);
            HandOver files;
            for (const fs::path& place : places) {
                std::ofstream(files.draft_of(place)) << "new " << place.filename();
            }
            if (kill == Kill::before_writing_down) {
                return 0; // without a destructor, as by a kill
            }
            files.write_down(own, prediction);
            if (kill == Kill::between) {
                fs::create_directory(places[1]); // cannot be replaced by a file
                test::expect_error(ErrorCode::cannot_write, [&] { files.move(); });
                fs::remove(places[1]);
            } else if (kill == Kill::after) {
                files.move();
            }
            ::_exit(0);
        });
        ASSERT_EQ(child.wait(), 0);
    }

    void SetUp() override {
        Journal journal(state);
        prediction = journal.prepare({.engine = "bfl",
                                      .model = "one",
                                      .request = "{}",
                                      .placement = "{}",
                                      .command = "test",
                                      .price_usd = {}},
                                     {});
        journal.mark_submitted(prediction, "{}");
        fs::create_directory(folder / "out");
    }

    std::vector<fs::path> finish() const {
        Journal journal(state);
        return finish_hand_over(journal, prediction);
    }

    static std::string text_of(const fs::path& file) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }

    std::size_t count_files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder / "out"), fs::directory_iterator()));
    }

    test::TestFolder folder;
    fs::path state = folder / "state";
    std::vector<fs::path> places{folder / "out/a.png", folder / "out/b.png"};
    std::int64_t prediction = 0;
};

} // namespace

TEST_F(HandingOver, MovesTheFilesToTheirPlaces) {
    Journal journal(state);
    journal.claim(prediction);
    std::ofstream(places[0]) << "old";
    HandOver files;
    for (const fs::path& place : places) {
        std::ofstream(files.draft_of(place)) << "new";
    }
    EXPECT_EQ(text_of(places[0]), "old");
    files.write_down(journal, prediction);
    EXPECT_EQ(text_of(places[0]), "old");
    files.move();
    EXPECT_EQ(text_of(places[0]), "new");
    EXPECT_EQ(text_of(places[1]), "new");
    EXPECT_EQ(count_files(), 2U);
}

TEST_F(HandingOver, LeavesNothingOfWhatWasNotWrittenDown) {
    {
        HandOver files;
        std::ofstream(files.draft_of(places[0])) << "new";
        EXPECT_EQ(count_files(), 1U);
    }
    EXPECT_EQ(count_files(), 0U);
}

TEST_F(HandingOver, RefusesAPlaceThatIsNoFile) {
    HandOver files;
    test::expect_error(ErrorCode::cannot_write, [&] { files.draft_of(folder / "out"); });
}

TEST_F(HandingOver, HasNotBegunBeforeItIsWrittenDown) {
    hand_over_and_die(Kill::before_writing_down);
    EXPECT_TRUE(finish().empty());
    EXPECT_FALSE(fs::exists(places[0]));
}

TEST_F(HandingOver, IsFinishedWhereverAKillFallsThen) {
    for (const Kill kill : {Kill::before_moving, Kill::between, Kill::after}) {
        hand_over_and_die(kill);
        for (int times = 0; times < 2; ++times) {
            EXPECT_EQ(finish(), places);
            EXPECT_EQ(text_of(places[0]), "new \"a.png\"");
            EXPECT_EQ(text_of(places[1]), "new \"b.png\"");
            EXPECT_EQ(count_files(), 2U);
        }
        fs::remove(places[0]);
        fs::remove(places[1]);
    }
}

TEST_F(HandingOver, ReplacesNothingThatCameMeanwhile) {
    hand_over_and_die(Kill::before_moving);
    std::ofstream(places[1]) << "of another edit";
    EXPECT_TRUE(finish().empty());
    EXPECT_EQ(text_of(places[1]), "of another edit");
    EXPECT_EQ(count_files(), 2U);
}

TEST_F(HandingOver, KnowsThatAFileWasChangedOrRemovedSince) {
    hand_over_and_die(Kill::after);
    std::ofstream(places[0], std::ios::app) << "!";
    EXPECT_TRUE(finish().empty());
    fs::remove(places[0]);
    EXPECT_TRUE(finish().empty());
}

} // namespace kontext
