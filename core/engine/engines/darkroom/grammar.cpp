#include "core/engine/engines/darkroom/vocabulary.h"

#include <array>

namespace kontext::darkroom {
namespace {

using enum Role;

constexpr Meaning plain(Role role) {
    return {role};
}
constexpr Meaning strong(double factor) {
    return {strength, Operation::exposure, factor};
}
constexpr Meaning number(double value) {
    return {number_word, Operation::exposure, value};
}
constexpr Meaning named(Hue hue) {
    return {color, Operation::color_tint, 1, hue};
}
constexpr Meaning way(Direction direction) {
    return {Role::direction, Operation::exposure, 1, Hue::none, Hue::none, direction};
}

// clang-format off
constexpr auto rows = std::to_array<VocabularyRow>({
    {"more|increase|increased|increasing|raise|raised|boost|boosted|boosting|lift|lifted|lifting|up|higher|bring up|turn up|"
     "pump up|crank up|bump|bump up|push|push up|greater|add more|high|intensify|strengthen|enrich|pull up|raising|adding|expand|"
     "bigger|larger|gain|lift up|ramp up|dial up|extra|additional|plus|increases|accentuate|emphasize|amplify|apply more", way(Direction::up)},
    {"less|reduce|reduced|reducing|lower|lowered|lowering|decrease|decreased|decreasing|down|cut|cut down|cut back|tone down|"
     "toned down|turn down|drop|dropped|bring down|pull|pull down|pull back|pulled|dial back|dial down|tame|tamed|crush|crushed|"
     "crushing|low|weaken|lessen|minimize|knock down|back off|suppress|hold back|compress|fewer|minus|back|ease|ease off|diminish|"
     "take down|subtract|control|curb|decreases|reign in|rein in|limit|apply less|smaller", way(Direction::down)},
    {"recover|recovered|recovering|rescue|restore|save|bring back|bring out|recovery|reveal|open up|open|opened|opened up|"
     "open up more|show more|bring out more", way(Direction::recover)},
    {"deepen|deeper|deep|deepened|richer|rich|bolder|bold|stronger", way(Direction::deepen)},

    {"touch|hint|tad|whisper|tiny bit|just touch|just hint|very slightly|ever so slightly|very little|tiny|minimally|touch of|"
     "hint of|just touch of|just hint of|just little|barely|faintly|faint|very subtle|very subtly|little tiny bit|smidge|dash|"
     "trace|pinch", strong(0.4)},
    {"slightly|slight|bit|little|little bit|subtle|subtly|gently|gentle|mildly|mild|lightly|just bit|delicate|delicately|small|"
     "small amount|bit of|little bit of|small amount of|tasteful|carefully|discreet|discreetly|kind of|sort of|some what|softly|"
     "just slightly|small bit|wee bit|weak", strong(0.5)},
    {"moderately|moderate|somewhat|fairly|quite|rather|medium|reasonably|noticeably|noticeable|visibly|quite bit|decent", strong(1)},
    {"very|strongly|strong|heavily|heavy|lot|lots|lots of|much|really|significantly|considerably|substantially|well|deeply|"
     "intensely|many|big|notably|greatly|good deal|great deal|aggressively|aggressive|richly|plenty|plenty of|bunch|far|quite lot|"
     "very much|significant|considerable|intense effect|highly|powerful",
     strong(1.75)},
    {"dramatically|extremely|extreme|way|super|hugely|massively|massive|huge|drastically|drastic|insanely|incredibly|tons|ton|"
     "ton of|tons of|ultra|enormously|way too much|hyper|wildly|radically|exceptionally|crazy|insane|by lot more", strong(2.5)},
    {"fully|completely|totally|full|maximum|max|entirely|maximal|all way|absolutely", strong(4)},

    {"zero", number(0)}, {"one", number(1)}, {"two", number(2)}, {"three", number(3)}, {"four", number(4)}, {"five", number(5)},
    {"ten", number(10)}, {"fifteen", number(15)}, {"twenty", number(20)}, {"twenty five", number(25)}, {"thirty", number(30)},
    {"forty", number(40)}, {"fifty", number(50)}, {"sixty", number(60)}, {"seventy", number(70)}, {"eighty", number(80)},
    {"ninety", number(90)}, {"hundred|one hundred", number(100)}, {"half|half of", number(0.5)}, {"third|third of|one third|one third of", number(1.0 / 3)},
    {"quarter|quarter of|one quarter", number(0.25)}, {"two thirds|two thirds of", number(2.0 / 3)}, {"one and half", number(1.5)},
    {"percent|per cent|pct|points|point|percentage", plain(percent_word)},
    {"ev|stop|stops|f stop|f stops|evs", plain(ev_word)},

    {"no|not|without|dont|never|avoid|do not|without any|skip|exclude|omit|no more|not any|free of|doesnt|shouldnt|dont make|"
     "except|nor|without adding|dont add|do not add|dont apply|no need for|instead of|rather than|leave out|lose", plain(negation)},
    {"not too|not so|not overly|not very|nothing too|dont overdo|not to|but not too|without overdoing|not too much|not over|"
     "dont overdo it|not that|without too much|not much|no too|not excessively|without being too|not as", plain(limit)},
    {"too|overly|excessively|too much|far too|way too|bit too|little too|much too|slightly too|too many|excessive", plain(excess)},
    {"keep|preserve|protect|maintain|leave|retain|respect|keeping|preserving|dont touch|dont change|without changing|"
     "without affecting|without touching|do not change|do not touch|leaving|protecting", plain(keep)},

    {"and|then|with|but|also|while|and then|as well as|followed by|after that|afterwards|next|plus also|finally|including|having|"
     "having some|yet|along with|together with|first|second|lastly|and also|so that|in addition|furthermore|additionally|because|"
     "since|as|where", plain(join)},
    {"or|and or", plain(choice)},
    {"a|an|the|my|its|their|this|that|these|those|his|her|your|our", plain(article)},
    {"please|make|makes|making|made|whole|entire|overall|picture|photo|image|photograph|photos|pictures|images|pic|layer|shot|"
     "scene|it|look|looks|looking|give|gives|i|want|would|like|you|can|could|to|of|in|by|for|on|at|be|is|are|me|some|effect|"
     "effects|filter|style|styled|feel|feeling|vibe|vibes|mood|atmosphere|thing|everything|all|all over|just|only|let|lets|turn|"
     "turn into|convert|convert to|convert into|turn it into|make it look like|make it like|transform|transform into|apply|set|"
     "set to|use|using|do|go|get|into|more of|have|need|needs|should|will|appear|appearance|seem|edit|adjust|adjusted|adjustment|"
     "change|change to|process|develop|render|tweak|level|levels|amount|value|setting|one more|even|still|again|around|about|"
     "approximately|roughly|same|rest|rest same|kindly|now|bring|dial|bring in|shift|move|hi|hello|hey|ok|okay|thanks|thank|"
     "thank you|im|id|ill|am|there|here|any|very own|nice|good|great|lovely|natural|naturally|natural look|realistic|realistically|"
     "without losing detail|without losing details|without clipping|without blowing out|without clipping highlights|"
     "keep it natural|keep natural|keep it realistic|keep everything else|everything else|nothing else|leave rest alone|keep rest|"
     "rest as is|as is|from|over|across|throughout|out|off|when|if|possible|maybe|perhaps|simply|really just|exactly|it is|was|"
     "were|been|being|has|had|them|they|we|us|actually|basically|kinda|like in|like from|as if|in style of|style of|finish|"
     "treatment|version|toward|towards|per|each|between|tinted|toned|toning|graded|pass|classic|proper|correct|fine|nice and|"
     "oldschool|beautifully|nicely|evenly|global|globally|general|generally|layers|pixels of|times|time|such|sense|sense of|pop it|"
     "fresh|film stock", plain(fill)},
    {"color|colors|tones|tone|coloring", {tone, Operation::saturation}},
    {"light|lighting", {tone, Operation::brightness}},

    {"red|crimson|scarlet", named(Hue::red)}, {"orange", named(Hue::orange)}, {"yellow|gold", named(Hue::yellow)}, {"green", named(Hue::green)},
    {"teal|cyan|turquoise|aqua", named(Hue::teal)}, {"blue|navy", named(Hue::blue)}, {"purple|violet|indigo", named(Hue::purple)},
    {"magenta|pink", named(Hue::magenta)},

    {"add|adding in|insert|include|introduce|place|draw|paint|create|generate|show|imagine|write|attach|overlay|put|put in|"
     "give him|give them|superimpose", plain(add)},
    {"remove|removing|erase|delete|get rid of|take away|take out|hide|clear away|eliminate|removed|cut out|take off|wipe|strip", plain(remove)},
    {"replace|swap|substitute|exchange|change into|become|transform to", plain(replace)},
    {"sky|skies|face|faces|eye|eyes|skin|hair|background|foreground|backdrop|subject|person|people|man|woman|child|kid|girl|boy|"
     "baby|dog|cat|bird|grass|tree|trees|water|sea|ocean|lake|river|mountain|mountains|cloud|clouds|sun|moon|stars|house|houses|"
     "building|buildings|street|road|car|cars|flower|flowers|leaf|leaves|dress|shirt|lips|teeth|hands|hand|window|windows|wall|"
     "walls|floor|ceiling|room|table|left|right|top|bottom|center|middle|corner|corners|edges|edge|side|sides|left side|right side|"
     "left half|right half|half of picture|horizon|sand|snow|rocks|rock|bridge|forest|plants|plant|food|plate|text|logo|object|"
     "objects|clothes|shoes|hat|beard|nose|mouth|cheeks|body|head|upper part|lower part|portrait|landscape|city|sunlight|"
     "reflection|reflections", plain(region)},
    {"crop|cropped|rotate|rotated|flip|flipped|mirror|mirrored|straighten|resize|upscale|enlarge|shrink|scale|zoom|stretch|tilt|"
     "perspective|distort|warp|resolution|super resolution|outpaint|extend|uncrop|frame|border|borders", plain(geometry)},
});
// clang-format on

} // namespace

std::span<const VocabularyRow> grammar_words() {
    return rows;
}

} // namespace kontext::darkroom
