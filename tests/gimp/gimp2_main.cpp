#include <libgimp/gimp.h>

#include <gegl.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

// The checks are a plug-in of GIMP 2.10: one procedure that runs all tests and leaves a report, as a batch's exit
// code is always 0 there. The report's file is given by GTEST_OUTPUT.
namespace {

void query() {
    std::array<GimpParamDef, 1> arguments{{{GIMP_PDB_INT32, const_cast<char*>("run-mode"), const_cast<char*>("")}}};
    gimp_install_procedure("test-kontext-checks", "Runs the checks", "", "", "", "2026", nullptr, nullptr, GIMP_PLUGIN,
                           static_cast<gint>(arguments.size()), 0, arguments.data(), nullptr);
}

void run(const gchar*, gint, const GimpParam*, gint* count, GimpParam** values) {
    static GimpParam status{.type = GIMP_PDB_STATUS, .data = {}};
    gegl_init(nullptr, nullptr);
    gimp_plugin_enable_precision();
    int argc = 1;
    char name[] = "checks";
    std::array<char*, 2> argv{name, nullptr};
    testing::InitGoogleTest(&argc, argv.data());
    status.data.d_status = RUN_ALL_TESTS() == 0 ? GIMP_PDB_SUCCESS : GIMP_PDB_EXECUTION_ERROR;
    *count = 1;
    *values = &status;
}

} // namespace

const GimpPlugInInfo PLUG_IN_INFO = {nullptr, nullptr, query, run};

MAIN()
