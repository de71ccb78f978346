#include "core/secret_text.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>
#include <ostream>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace kontext {

static_assert(!std::is_copy_constructible_v<SecretText> && !std::is_copy_assignable_v<SecretText>);
static_assert(!std::is_convertible_v<SecretText, std::string> &&
              !std::is_convertible_v<SecretText, std::string_view>);
static_assert(!std::is_convertible_v<std::string, SecretText>);

namespace {

template <class Type>
concept Printable = requires(std::ostream& stream, const Type& value) { stream << value; };
static_assert(!Printable<SecretText>);

// Memory to look at when it is given back, and what was found there.
struct Watch {
    const void* place = nullptr;
    std::size_t size = 0;
    bool is_given_back = false;
    bool is_wiped = false;
};
Watch watch;

void give_back(void* memory) {
    if (memory != nullptr && memory == watch.place) {
        const auto* bytes = static_cast<const unsigned char*>(memory);
        watch.is_given_back = true;
        watch.is_wiped = std::all_of(bytes, bytes + watch.size, [](unsigned char byte) { return byte == 0; });
    }
    std::free(memory);
}

// Whether a secret of this text leaves no trace in its memory when something is done to it and it ends.
bool is_wiped_by(const std::string& text, const std::function<void(SecretText&)>& use) {
    {
        SecretText secret(text);
        watch = {.place = secret.reveal().data(), .size = text.size()};
        use(secret);
    }
    const bool is_good = watch.is_given_back && watch.is_wiped;
    watch = {};
    return is_good;
}

} // namespace

} // namespace kontext

// Of this whole program.
void* operator new(std::size_t size) {
    if (void* memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
    kontext::give_back(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    kontext::give_back(memory);
}

namespace kontext {

TEST(SecretText, RevealsWhatItHolds) {
    EXPECT_TRUE(SecretText().empty());
    EXPECT_TRUE(SecretText("").empty());
    const SecretText secret("k");
    EXPECT_FALSE(secret.empty());
    EXPECT_EQ(secret.reveal(), "k");
    EXPECT_EQ(SecretText(std::string_view("a\0b", 3)).reveal().size(), 3U);
}

TEST(SecretText, IsCopiedOnPurposeOnly) {
    const SecretText secret("key-1");
    const SecretText copy = secret.copy();
    EXPECT_EQ(copy.reveal(), "key-1");
    EXPECT_NE(static_cast<const void*>(copy.reveal().data()), secret.reveal().data());
}

TEST(SecretText, LeavesNothingBehindWhenItMoves) {
    for (const std::string text :
         {"k", "of fifteen char", "a key that is longer than any short buffer of a string"}) {
        SecretText first(text);
        const char* place = first.reveal().data();
        SecretText second(std::move(first));
        EXPECT_EQ(second.reveal(), text);
        EXPECT_EQ(second.reveal().data(), place); // not copied, so nothing is left to wipe
        EXPECT_TRUE(first.empty());               // NOLINT(bugprone-use-after-move): what this is about
        SecretText third("another");
        third = std::move(second);
        EXPECT_EQ(third.reveal(), text);
        EXPECT_EQ(third.reveal().data(), place);
        EXPECT_TRUE(second.empty()); // NOLINT(bugprone-use-after-move): what this is about
    }
}

TEST(SecretText, IsWipedBeforeItsMemoryIsGivenBack) {
    for (const std::string text : {"k", "a key that is longer than any short buffer of a string"}) {
        EXPECT_TRUE(is_wiped_by(text, [](SecretText& secret) { const SecretText gone = std::move(secret); }));
        EXPECT_TRUE(is_wiped_by(text, [](SecretText& secret) { secret = SecretText("another"); }));
        EXPECT_TRUE(is_wiped_by(text, [](SecretText& secret) { secret = SecretText(); }));
        EXPECT_TRUE(is_wiped_by(text, [](SecretText&) {}));
    }
}

TEST(SecretText, IsInNoCoreFile) {
    const SecretText secret("a key");
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
    EXPECT_LE(limit.rlim_cur, 1U);
}

} // namespace kontext
