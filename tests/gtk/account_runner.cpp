// Opens the settings or the list of what is waiting, over a made-up account, and prints what happens, a line
// each. For tests and screenshots; see `account_runner --help`.
#include "core/error.h"
#include "core/image/codec.h"
#include "core/store/settings.h"
#include "tests/gtk/fake_account.h"
#include "tests/gtk/runner.h"
#include "tests/support/paid_edits.h"
#include "ui/gtk/recover_dialog.h"
#include "ui/gtk/settings_dialog.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace kontext;
using test::print_event;
using test::Switches;

// The layer that the edits were made of, as large as those of leave_undelivered(), at once.
class SmallLayer final : public LayerReader {
public:
    double read_some() override { return 1; }
    LayerSource take() override {
        return {.name = "Sky",
                .pixels = Raster(Image({64, 48}, {.sample = SampleType::u8, .channels = 3})),
                .color = {},
                .selection = {}};
    }
};

void show_settings(const Switches& switches) {
    static const EngineInfo* const engines[] = {&find_engine("darkroom"),  &test::cloud_engine,
                                                &find_engine("eachlabs"),  &find_engine("bfl"),
                                                &find_engine("sd-server"), &find_engine("comfyui")};
    if (switches.has("--spent")) {
        test::spend(std::stod(switches.text("--spent")));
    }
    if (switches.has("--key")) {
        test::FakeKeys::key = switches.text("--key");
    }
    test::FakeKeys::readable = !switches.has("--locked");
    test::FakeKeys::in_file = switches.has("--no-key-store");
    ui::SettingsDialogHooks hooks = test::fake_settings_hooks();
    hooks.adopt = [](GtkWindow* window) { test::report_map(GTK_WIDGET(window)); };
    hooks.save_key = [save = hooks.save_key, fail = switches.has("--full-disk")](const EngineInfo& engine,
                                                                                 const SecretText& key) {
        if (fail) {
            throw Error(ErrorCode::cannot_write, "The key store is full.");
        }
        save(engine, key);
    };
    std::vector<Model> models = load_models();
    models.push_back(test::cloud_model());
    ui::run_settings_dialog(hooks, models, switches.text("--page"), engines);
    print_event("key " + test::FakeKeys::key.value_or("none"));
}

void show_recovery(const Switches& switches) {
    test::leave_undelivered(std::stoi(switches.text("--waiting", "0")),
                            switches.has("--at-service") ? test::AtService::one : test::AtService::none);
    const ui::RecoverDialogHooks hooks{
        .adopt = [](GtkWindow* window) { test::report_map(GTK_WIDGET(window)); },
        .make_account = [] { return test::fake_account(); },
        .editor = {.open_layer =
                       [](Region) { return std::unique_ptr<LayerReader>(std::make_unique<SmallLayer>()); },
                   .insert =
                       [&switches](const RecoveredEdit& edit, const std::optional<EditedLayer>& layer) {
                           if (switches.has("--failing-insert")) {
                               throw Error(ErrorCode::out_of_space, "There is no room for the picture.");
                           }
                           edit.delivery->confirm();
                           print_event("inserted " + edit.edit.request.prompt);
                           return layer ? std::string() : std::string("It is a new image.");
                       }}};
    print_event("inserted in all " + std::to_string(ui::run_recover_dialog(hooks)));
    print_event("left " + std::to_string(list_undelivered(test::fake_account()).size()));
}

const char* const usage = "account_runner settings [--page=cloud] [--key=KEY] [--locked] [--no-key-store] "
                          "[--full-disk] [--spent=USD]\n"
                          "account_runner recovery [--waiting=N] [--at-service] [--failing-insert]\n"
                          "Both: [--dark] [--rtl] [--locale=DIR]\n";

} // namespace

int main(int argc, char** argv) {
    const Switches switches(argc, argv);
    test::start_gtk(switches);
    if (switches.has("settings")) {
        show_settings(switches);
    } else if (switches.has("recovery")) {
        show_recovery(switches);
    } else {
        std::fputs(usage, stdout);
        return 2;
    }
    print_event("closed");
    return 0;
}
