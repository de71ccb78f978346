#include "core/store/journal.h"
#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_folder.h"
#include "tests/unit/store/journal_samples.h"

#include <array>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <spawn.h>

namespace kontext {

namespace fs = std::filesystem;

using test::ChildProcess;
using test::expect_error;
using test::make_prediction;
using test::reply_of;
using testing::ElementsAre;
using enum PredictionState;

namespace {

std::vector<PredictionState> recoverable_states(Journal& journal) {
    std::vector<PredictionState> states;
    for (const Prediction& prediction : journal.list_recoverable()) {
        states.push_back(prediction.state);
    }
    return states;
}

std::size_t count_owners(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder / "owners"), {}));
}

// The calls of one prediction's life, one after the other; says each before and after.
void live(Journal& journal, const std::function<void(char)>& say) {
    const std::int64_t id = journal.prepare(test::paid_prediction(), {.month_usd = 1000.0});
    say('p');
    journal.mark_submitted(id, "t");
    say('s');
    journal.mark_running(id, "r", {});
    say('r');
    journal.keep_reply(id, reply_of(100'000, static_cast<unsigned>(id)), 0.04, std::chrono::seconds(1));
    say('k');
    journal.mark_delivered(id);
    say('d');
}

// How far a prediction has come at least when this was said.
PredictionState state_said(char said) {
    switch (said) {
    case 'p': return prepared;
    case 's': return submitted;
    case 'r': return running;
    case 'k': return downloaded;
    default: return delivered;
    }
}

} // namespace

TEST(JournalOwnership, HidesWhatALivingProcessWorksOn) {
    const test::TestFolder folder;
    ChildProcess child([&](const ChildProcess& parent) {
        Journal journal(folder.path());
        for (const PredictionState state : {submitted, running, downloaded, unknown}) {
            make_prediction(journal, state);
        }
        parent.say('a');
        return static_cast<int>(parent.hear());
    });
    child.hear();
    Journal journal(folder.path());
    EXPECT_TRUE(journal.list_recoverable().empty());
    EXPECT_EQ(journal.list().size(), 4U);
    for (const Prediction& prediction : journal.list()) {
        EXPECT_FALSE(journal.claim(prediction.id));
    }
    child.kill();
    EXPECT_THAT(recoverable_states(journal), ElementsAre(submitted, running, downloaded, unknown));
}

TEST(JournalOwnership, ListsAndClaimsOnlyWhatCanBeRecovered) {
    const test::TestFolder folder;
    std::vector<std::int64_t> done;
    {
        Journal journal(folder.path());
        for (const PredictionState state : {prepared, delivered, refused, failed, cancelled, expired}) {
            done.push_back(make_prediction(journal, state));
        }
        for (const PredictionState state : {unknown, downloaded, running, submitted}) {
            make_prediction(journal, state);
        }
        EXPECT_TRUE(journal.list_recoverable().empty()); // its own
    }
    Journal journal(folder.path());
    EXPECT_THAT(recoverable_states(journal), ElementsAre(unknown, downloaded, running, submitted));
    for (const std::int64_t id : done) {
        EXPECT_FALSE(journal.claim(id));
    }
    for (const Prediction& prediction : journal.list_recoverable()) {
        EXPECT_TRUE(journal.claim(prediction.id));
        EXPECT_TRUE(journal.claim(prediction.id));
    }
    EXPECT_TRUE(journal.list_recoverable().empty());
}

TEST(JournalOwnership, LetsOnlyTheOwnerChange) {
    const test::TestFolder folder;
    Journal owner(folder.path());
    Journal other(folder.path());
    const std::int64_t fresh = make_prediction(owner, prepared);
    const std::int64_t sent = make_prediction(owner, submitted);
    expect_error(ErrorCode::internal, [&] { other.mark_submitted(fresh, "t"); });
    expect_error(ErrorCode::internal, [&] { other.mark_not_accepted(sent); });
    expect_error(ErrorCode::internal, [&] { other.mark_running(sent, "t", {}); });
    expect_error(ErrorCode::internal, [&] { other.keep_reply(sent, reply_of(1), {}, {}); });
    expect_error(ErrorCode::internal, [&] { other.end(sent, {.state = failed}); });
    other.release(sent);
    EXPECT_FALSE(other.claim(sent));
    EXPECT_EQ(owner.find(sent).state, submitted);
    owner.mark_running(sent, "t", {});
    owner.keep_reply(sent, reply_of(1), {}, {});
    other.mark_delivered(sent);
    EXPECT_EQ(owner.find(sent).state, delivered);
}

TEST(JournalOwnership, CanBeGivenBack) {
    const test::TestFolder folder;
    Journal first(folder.path());
    Journal second(folder.path());
    const std::int64_t id = make_prediction(first, running);
    first.release(id);
    expect_error(ErrorCode::internal, [&] { first.end(id, {.state = failed}); });
    EXPECT_EQ(second.list_recoverable().size(), 1U);
    EXPECT_TRUE(second.claim(id));
    EXPECT_FALSE(first.claim(id));
    second.keep_reply(id, reply_of(1), {}, {});
    EXPECT_EQ(first.find(id).state, downloaded);
}

TEST(JournalOwnership, NeverSendsAgainWhatWasGivenBackBeforeItWasSent) {
    const test::TestFolder folder;
    Journal first(folder.path());
    const std::int64_t id = make_prediction(first, prepared);
    first.release(id);
    EXPECT_FALSE(first.claim(id));
    expect_error(ErrorCode::internal, [&] { first.mark_submitted(id, "t"); });
    EXPECT_EQ(first.spent_this_month_usd(), 0.0);
}

TEST(JournalOwnership, IsWonByOneOfSeveralClaimants) {
    const test::TestFolder folder;
    constexpr int count = 20;
    { // gone at the end of this block
        Journal journal(folder.path());
        for (int i = 0; i < count; ++i) {
            make_prediction(journal, running);
        }
    }
    std::vector<std::unique_ptr<ChildProcess>> children;
    children.reserve(4);
    for (int i = 0; i < 4; ++i) {
        children.push_back(std::make_unique<ChildProcess>([&](const ChildProcess& parent) {
            Journal journal(folder.path());
            parent.hear();
            for (std::int64_t id = 1; id <= count; ++id) {
                parent.say(journal.claim(id) ? 'y' : 'n');
            }
            parent.hear();
            return 0;
        }));
    }
    for (const auto& child : children) {
        child->say('g');
    }
    std::array<int, count> winners{};
    for (const auto& child : children) {
        for (int& won : winners) {
            won += child->hear() == 'y' ? 1 : 0;
        }
    }
    for (const int won : winners) {
        EXPECT_EQ(won, 1);
    }
}

TEST(JournalOwnership, SurvivesAKillAfterEachCall) {
    for (const char last : {'p', 's', 'r', 'k', 'd'}) {
        const test::TestFolder folder;
        ChildProcess child([&](const ChildProcess& parent) {
            Journal journal(folder.path());
            live(journal, [&](char said) {
                if (said == last) {
                    parent.say(said);
                    parent.hear();
                }
            });
            return 0;
        });
        ASSERT_EQ(child.hear(), last);
        child.kill();
        Journal journal(folder.path());
        EXPECT_EQ(journal.find(1).state, state_said(last));
        EXPECT_EQ(journal.claim(1), last == 's' || last == 'r' || last == 'k') << last;
        EXPECT_EQ(journal.read_reply(1).empty(), last != 'k' && last != 'd') << last;
    }
}

TEST(JournalOwnership, SurvivesAKillAtAnyMoment) {
    for (int round = 0; round < 12; ++round) {
        const test::TestFolder folder;
        ChildProcess child([&](const ChildProcess& parent) {
            Journal journal(folder.path());
            while (true) {
                live(journal, [&](char said) { parent.say(said); });
            }
            return 0;
        });
        char last = 0;
        int lives = 0;
        for (int heard = 0; heard < 7 + 3 * round; ++heard) {
            last = child.hear();
            lives += last == 'p' ? 1 : 0;
        }
        ASSERT_GT(lives, 0);
        child.kill(); // while it goes on
        Journal journal(folder.path());
        for (const Prediction& prediction : journal.list()) {
            const bool has_reply = prediction.state == downloaded || prediction.state == delivered;
            const auto reply = has_reply ? reply_of(100'000, static_cast<unsigned>(prediction.id))
                                         : std::vector<std::byte>();
            EXPECT_TRUE(journal.read_reply(prediction.id) == reply);
            EXPECT_EQ(prediction.billed_usd.has_value(), has_reply);
        }
        for (const Prediction& prediction : journal.list_recoverable()) {
            EXPECT_TRUE(journal.claim(prediction.id));
            journal.end(prediction.id, {.state = cancelled});
        }
        journal.sweep(0);
        EXPECT_TRUE(journal.list_recoverable().empty());
    }
}

TEST(JournalOwnership, LeavesNoFilesOfTheDead) {
    const test::TestFolder folder;
    {
        Journal journal(folder.path());
        make_prediction(journal, running);
        EXPECT_EQ(count_owners(folder.path()), 1U);
    }
    EXPECT_EQ(count_owners(folder.path()), 0U);
    for (int i = 0; i < 3; ++i) {
        ChildProcess child([&](const ChildProcess& parent) {
            Journal journal(folder.path());
            make_prediction(journal, running);
            parent.say('a');
            return static_cast<int>(parent.hear());
        });
        child.hear();
        child.kill();
    }
    std::ofstream(folder / "owners/notes.txt") << "not ours";
    Journal journal(folder.path());
    make_prediction(journal, running);
    EXPECT_EQ(count_owners(folder.path()), 5U);
    journal.sweep();
    EXPECT_EQ(count_owners(folder.path()), 2U);
    EXPECT_EQ(journal.list_recoverable().size(), 4U);
}

TEST(JournalOwnership, IsNotPassedOnToStartedPrograms) {
    const test::TestFolder folder;
    int input[2]; // of a program that lives until this process closes it
    int output[2];
    ASSERT_EQ(::pipe2(input, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(output, O_CLOEXEC), 0);
    ChildProcess child([&](const ChildProcess& parent) {
        Journal journal(folder.path());
        make_prediction(journal, running);
        ::dup2(input[0], STDIN_FILENO);
        ::dup2(output[1], STDOUT_FILENO);
        std::array<char*, 2> words{const_cast<char*>("cat"), nullptr};
        pid_t started = 0;
        parent.say(::posix_spawnp(&started, "cat", nullptr, nullptr, words.data(), environ) == 0 ? 'a' : 'x');
        return static_cast<int>(parent.hear());
    });
    ASSERT_EQ(child.hear(), 'a');
    char echo = 'e'; // once it answers it runs, and has closed what it does not inherit
    ASSERT_EQ(::write(input[1], &echo, 1), 1);
    ASSERT_EQ(::read(output[0], &echo, 1), 1);
    child.kill();
    EXPECT_EQ(Journal(folder.path()).list_recoverable().size(), 1U);
    for (const int end : {input[0], input[1], output[0], output[1]}) {
        ::close(end);
    }
}

} // namespace kontext
