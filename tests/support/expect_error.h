#pragma once

#include "core/error.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace kontext::test {

// Runs something that must throw an Error with this code; gives its sentence for further questions.
inline std::string expect_error(ErrorCode code, const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

} // namespace kontext::test
