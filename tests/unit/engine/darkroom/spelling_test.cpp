// Slips of the finger are forgiven; ordinary words are not bent into instructions.
#include "core/engine/engines/darkroom/understand.h"
#include "core/engine/engines/darkroom/vocabulary.h"

#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace kontext::darkroom {
namespace {

struct Slip {
    std::string_view typed;
    std::string_view summary;
};

const Slip slips[] = {
    {"wamrer", "Warmer +24"},
    {"warmner", "Warmer +24"},
    {"brigther", "Brighter +20"},
    {"brightr", "Brighter +20"},
    {"contarst", "Contrast +20"},
    {"contrst", "Contrast +20"},
    {"saturatoin", "Saturation +20"},
    {"staturation", "Saturation +20"},
    {"vinette", "Vignette 50 %"},
    {"vingette", "Vignette 50 %"},
    {"vignete", "Vignette 50 %"},
    {"shaddows", "Shadows +20"},
    {"shadwos", "Shadows +20"},
    {"higlights", "Highlights +25"},
    {"hightlights", "Highlights +25"},
    {"expsure", "Exposure +0.5 EV"},
    {"sharpn", "Sharpen 40 %"},
    {"shrapen", "Sharpen 40 %"},
    {"desaturte", "Saturation -20"},
    {"cinamatic", "Cinematic 60 %"},
    {"vintge", "Vintage 60 %"},
    {"watercolr", "Watercolour"},
    {"watercoulor", "Watercolour"},
    {"posterize", "Posterise 60 %"},
    {"pixellate", "Pixelate 30 %"},
    {"clarty", "Clarity +25"},
    {"denosie", "Denoise 40 %"},
    {"dramtic", "Dramatic 50 %"},
    {"sligthly warmer", "Warmer +12"},
    {"a litle warmer", "Warmer +12"},
    {"increse the contrast", "Contrast +20"},
    {"redcue the highlights", "Highlights -25"},
    {"moolight", "Moonlight 70 %"},
    {"oil paintng", "Oil painting"},
    {"pencil scetch", "Pencil sketch"},
    {"temprature +20", "Warmer +20"},
    {"vibrence", "Vibrance +25"},
};

TEST(Spelling, ForgivesSlips) {
    for (const auto& [typed, summary] : slips) {
        const Understanding understanding = understand(typed);
        EXPECT_EQ(describe(understanding.adjustments), summary) << typed;
        EXPECT_TRUE(understanding.problems.empty())
            << typed << ": " << understanding.problems.front().sentence;
    }
}

// Ordinary words: none is an instruction, however near to one it is spelled.
constexpr std::string_view ordinary =
    "apple army arrow aunt autumn bag ball banana band bank barn basket bath beach bean bear bed beer bell "
    "belt bench "
    "berry bicycle bike bill bird birth birthday board boat bone book boot bottle bowl box boy brain bread "
    "breakfast "
    "brick bride brother brush bucket bug bus butter button cabin cable cake calendar camel camera camp "
    "candle cap "
    "captain card carpet carrot castle cave cereal chair chalk cheese cherry chicken child chin church "
    "circle circus "
    "clock clown coat coffee coin comb cookie copper corn couch cousin cow crab crown cup curtain daisy "
    "daughter deer "
    "desk diamond dinner dish doctor dog doll dolphin donkey door dragon drawer dress drum duck eagle ear "
    "earth egg "
    "elbow elephant engine envelope eye farm farmer farms father feather fence finger fire fish flag flame "
    "flood floor "
    "flour flower flute fly foot fork fox friend frog fruit game garage garden garlic gate ghost giant "
    "giraffe girl "
    "glass glove goat grandma grape guitar hammer harbor harvest hat hawk heart helmet hero hill hippo honey "
    "horn horse "
    "hospital hotel hours iron island jacket jar jeans jelly juice jungle kettle king kitchen kite kitten "
    "knee knife "
    "ladder lamb lamp lawn lawyer lemon letter library lighter lion lizard lobster lock lunch magnet map "
    "market marble "
    "meadow meat melon milk mirror monkey mosque mother motor mouse mushroom music nail neck needle nest "
    "newspapers "
    "noodle nurse oak onion orchard ostrich oven owl ox palace palm panda parade parrot party pasta path "
    "peach peanut "
    "pear pepper petal piano picnic pie pig pigeon pillow pilot pipe pirate pizza plane planet pocket poet "
    "pond pony "
    "potato pumpkin puppy queen quilt rabbit radio rain rainbow rat ring robot rocket roof rope rose sail "
    "salad salmon "
    "sandwich saxophone scarf school scissors seal seat shark sharp sheep shelf shell ship shoe shop shovel "
    "shower "
    "singer sister skirt skull snail snake sock sofa soldier soup spider spoon squirrel stable stair statue "
    "steak stone "
    "stool store stork storm straw strawberry summer swan sweater sword tail taxi teacher temple tent "
    "theater thread "
    "throat thumb tie tiger toast toe tomato tongue tower toy tractor train truck trumpet trunk tulip turkey "
    "turtle "
    "umbrella uncle valley van vase vegetable village violin volcano wagon waiter wallet watch wave whale "
    "wheat wheel "
    "whistle wife wing wizard wolf wonder wool worm wrist yacht yard zebra zoo warns harmed former "
    "bother broth "
    "gain train brain grants contract contrary contest shallows showdown vineyard viaduct marine matter "
    "mattress "
    "sharpener ripen blurt clarinet charity novice voice choice glows grown crown frame";

// Words of that list which the vocabulary has, and rightly so.
const std::set<std::string_view> instructions = {"lighter", "sharp", "glows", "gain"};

TEST(Spelling, LeavesOrdinaryWordsAlone) {
    std::istringstream words{std::string(ordinary)};
    int count = 0;
    for (std::string word; words >> word; ++count) {
        if (!instructions.contains(word)) {
            EXPECT_EQ(describe(understand(word).adjustments), "") << word;
            EXPECT_EQ(describe(understand("add a " + word).adjustments), "") << word;
            EXPECT_EQ(describe(understand("a " + word + " on the table").adjustments), "") << word;
        }
    }
    EXPECT_GT(count, 300);
}

TEST(Spelling, NeverChangesShortWords) {
    for (const std::string_view word :
         {"wram", "car", "sky", "hat", "cat", "man", "bar", "farm", "tight", "sight"}) {
        EXPECT_EQ(correct_spelling(word), "") << word;
    }
}

TEST(Spelling, TakesWordsThatAreKnownAsTheyAre) {
    EXPECT_EQ(correct_spelling("warmer"), "");
    EXPECT_EQ(nearest_word("wram"), "warm");
    EXPECT_EQ(nearest_word("q"), "");
    EXPECT_EQ(nearest_word(""), "");
}

TEST(Vocabulary, HasEachPhraseOnce) {
    std::set<std::string_view> seen;
    for (const auto& rows : {operation_words(), grammar_words()}) {
        for (const VocabularyRow& row : rows) {
            for (std::string_view rest = row.phrases; !rest.empty();) {
                const std::size_t end = std::min(rest.find('|'), rest.size());
                const std::string_view phrase = rest.substr(0, end);
                EXPECT_FALSE(phrase.empty()) << row.phrases;
                EXPECT_TRUE(seen.insert(phrase).second) << phrase;
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        }
    }
}

} // namespace
} // namespace kontext::darkroom
