#include "core/image/lab_tables.h"

#include <gtest/gtest.h>

namespace kontext {

namespace {

// As whoever plans a fit has to do.
struct LabTables final : testing::Environment {
    void SetUp() override { make_lab_tables(); }
};

const auto* const lab_tables = testing::AddGlobalTestEnvironment(new LabTables); // gtest owns it

} // namespace

} // namespace kontext
