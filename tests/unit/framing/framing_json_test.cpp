#include "tests/support/expect_error.h"
#include "tests/unit/framing/framing_samples.h"

#include <gtest/gtest.h>

namespace kontext {

TEST(FramingJson, ComesBackBitForBit) {
    for (const Framing& framing :
         {choose_framing({3841, 2161}, test::kontext_sizes()),
          choose_framing({6000, 4000}, test::any_megapixel(), PixelBox{11, 13, 2999, 1001}),
          choose_framing({1, 65000}, test::kontext_sizes()),
          choose_framing({3000, 2000}, test::kontext_sizes(), {}, {16, 9})}) {
        EXPECT_EQ(framing_from_json(to_json(framing)), framing);
    }
}

TEST(FramingJson, RefusesWhatIsNoFraming) {
    const std::string good = to_json(choose_framing({600, 400}, test::kontext_sizes()));
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    };
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() / 2),
          with("\"version\": 1", "\"version\": 2"), with("mirrored", "black"), with("1248", "0"),
          with("1248", "-1248"), with("1248", "1.5"), with("1248", "1e300"), with("1248", "99999999999"),
          with("\"layer\"", "\"lager\""), with("600.0", "0.0"), with("600.0", "1e999")}) {
        SCOPED_TRACE(text);
        test::expect_error(ErrorCode::invalid_argument, [&] { framing_from_json(text); });
    }
}

} // namespace kontext
