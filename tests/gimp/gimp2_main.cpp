#include "tests/gimp/gimp2_meddler.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include <gegl.h>
#include <gtest/gtest.h>
#include <libgimp/gimp.h>

// The checks are a plug-in of GIMP 2.10: one procedure that runs all tests and leaves a report, as a batch's
// exit code is always 0 there.
namespace {

class Report final : public testing::EmptyTestEventListener {
public:
    void OnTestEnd(const testing::TestInfo& test) override {
        file_ << (test.result()->Passed() ? "ok   " : "FAIL ") << test.test_suite_name() << '.' << test.name()
              << '\n';
    }
    void OnTestPartResult(const testing::TestPartResult& result) override {
        file_ << result.file_name() << ':' << result.line_number() << ": " << result.message() << '\n';
    }
    void OnTestProgramEnd(const testing::UnitTest& all) override {
        file_ << "GIMP " << gimp_version() << ": " << all.test_to_run_count() << " checks, "
              << all.failed_test_count() << " failed\n";
        if (all.Passed() && all.successful_test_count() > 0) {
            file_ << "PASSED\n";
        }
    }

private:
    std::ofstream file_{std::string(std::getenv("KONTEXT_CHECKS_FOLDER")) + "/report.txt"};
};

constexpr const char* meddler = "extension-kontext-meddler";

void query() {
    std::array<GimpParamDef, 1> arguments{
        {{GIMP_PDB_INT32, const_cast<char*>("run-mode"), const_cast<char*>("")}}};
    gimp_install_procedure("test-kontext-checks", "Runs the checks", "", "", "", "2026", nullptr, nullptr,
                           GIMP_PLUGIN, static_cast<gint>(arguments.size()), 0, arguments.data(), nullptr);
    gimp_install_procedure(meddler, "Meddles with images while an edit runs", "", "", "", "2026", nullptr,
                           nullptr, GIMP_EXTENSION, 0, 0, nullptr, nullptr);
}

void run(const gchar* name, gint, const GimpParam*, gint* count, GimpParam** values) {
    static GimpParam status{.type = GIMP_PDB_STATUS, .data = {}};
    if (std::string_view(name) == meddler) {
        kontext::checks::run_meddler();
    }
    gegl_init(nullptr, nullptr);
    gimp_plugin_enable_precision();
    int argc = 1;
    char program[] = "checks";
    std::array<char*, 2> argv{program, nullptr};
    testing::InitGoogleTest(&argc, argv.data());
    testing::UnitTest::GetInstance()->listeners().Append(new Report); // which owns it
    status.data.d_status = RUN_ALL_TESTS() == 0 ? GIMP_PDB_SUCCESS : GIMP_PDB_EXECUTION_ERROR;
    *count = 1;
    *values = &status;
}

} // namespace

const GimpPlugInInfo PLUG_IN_INFO = {nullptr, nullptr, query, run};

MAIN()
