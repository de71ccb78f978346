// Opens the dialog over a generated picture, with the built-in engine, a scripted one that takes its time and
// one that returns pictures as models do, and prints what happens, a line each. For tests and screenshots;
// see `dialog_runner --help`.
#include "tests/gtk/fake_account.h"
#include "tests/gtk/runner.h"
#include "tests/support/drift_engine.h"
#include "tests/support/paid_edits.h"
#include "tests/support/scripted_engine.h"
#include "ui/gtk/edit_dialog.h"
#include "ui/gtk/recover_dialog.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>

#include <glib-unix.h>
#include <gtk/gtk.h>

namespace {

using namespace kontext;
using test::print_event;
using test::Switches;

constexpr Size picture_size{640, 480};

Raster make_picture(Size size) {
    Image image(size, {.sample = SampleType::u8, .channels = 3});
    for (int y = 0; y < size.height; ++y) {
        std::byte* row = image.view().row(y);
        for (std::ptrdiff_t x = 0; x < size.width; ++x) {
            row[3 * x] = static_cast<std::byte>(255 * x / size.width);
            row[3 * x + 1] = static_cast<std::byte>(255 * y / size.height);
            row[3 * x + 2] = std::byte{96};
        }
    }
    return Raster(std::move(image));
}

// Reads in many steps, or for ever.
class GeneratedLayer final : public LayerReader {
public:
    GeneratedLayer(int steps, bool endless) : steps_(steps), endless_(endless) {}

    double read_some() override {
        done_ = std::min(done_ + 1, endless_ ? steps_ - 1 : steps_);
        return static_cast<double>(done_) / steps_;
    }
    LayerSource take() override {
        return {.name = "Sky", .pixels = make_picture(picture_size), .color = {}, .selection = {}};
    }

private:
    int steps_;
    bool endless_;
    int done_ = 0;
};

// Works until the process is sent SIGUSR1 by a test, or it is cancelled.
class Gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }
    void wait(std::stop_token stop) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, std::move(stop), [this] { return is_open_; })) {
            throw Cancelled();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool is_open_ = false;
};

Gate& gate() {
    static Gate the_gate;
    return the_gate;
}

EngineReply work_until_told(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                            std::stop_token stop) {
    progress({.stage = Stage::generating, .fraction = 0.6});
    gate().wait(std::move(stop));
    if (request.prompt.starts_with("fail")) {
        throw Error(ErrorCode::engine_not_ready, "The scripted engine was told to fail.");
    }
    return test::copy_input(request, input);
}

Model studio_model(const char* id, const char* name, double price) {
    Model model = test::scripted_model();
    model.id = id;
    model.name = name;
    model.aspect_ratios = {
        {}, {.width = 1, .height = 1}, {.width = 3, .height = 2}, {.width = 16, .height = 9}};
    model.seed_max = 4294967295;
    model.price_usd = price;
    return model;
}

std::vector<Model> make_catalogue() {
    std::vector<Model> models = models_from_json(
        R"({"models": [{"engine": "darkroom", "id": "darkroom", "name": "Darkroom", "seed_max": 4294967295,
                        "variations_max": 8, "price_usd": 0}]})",
        "dialog_runner");
    models.push_back(studio_model("one", "Studio one", 0.04));
    models.push_back(studio_model("two", "Studio two", 0.08));
    models.push_back(test::drift_model());
    models.push_back(test::cloud_model());
    return models;
}

std::optional<double> amount_of(const Switches& switches, const char* name) {
    return switches.has(name) ? std::optional(std::stod(switches.text(name))) : std::nullopt;
}

// --account=good|none|locked: the key of the service; --ceiling=USD, --spent=USD, --waiting=N.
void add_account(ui::EditDialogHooks& hooks, const Switches& switches) {
    const std::string key = switches.text("--account");
    test::FakeKeys::key = key == "good" ? std::optional<std::string>(key) : std::nullopt;
    test::FakeKeys::readable = key != "locked";
    if (const auto spent = amount_of(switches, "--spent")) {
        test::spend(*spent);
    }
    test::leave_undelivered(std::stoi(switches.text("--waiting", "0")), test::AtService::none);
    hooks.make_account = [ceiling = amount_of(switches, "--ceiling")] { return test::fake_account(ceiling); };
    hooks.engine_options = [] { return load_settings().engine_options; };
    hooks.engine_settings = [] { return load_settings().engine_settings; };
    hooks.open_settings = [](GtkWindow* parent, std::string_view engine) {
        static const EngineInfo* const services[] = {&find_engine("darkroom"), &test::cloud_engine};
        ui::SettingsDialogHooks settings = test::fake_settings_hooks();
        settings.adopt = [parent](GtkWindow* window) {
            gtk_window_set_transient_for(window, parent);
            gtk_window_set_modal(window, TRUE);
        };
        ui::run_settings_dialog(settings, make_catalogue(), engine, services);
        print_event("settings closed");
    };
    hooks.open_recovery = [](GtkWindow* parent) {
        const ui::RecoverDialogHooks recovery{
            .adopt = [parent](GtkWindow* window) { gtk_window_set_transient_for(window, parent); },
            .make_account = [] { return test::fake_account(); },
            .editor = {.open_layer = [](Region) { return std::unique_ptr<LayerReader>(); },
                       .insert =
                           [](const RecoveredEdit& edit, const std::optional<EditedLayer>&) {
                               edit.delivery->confirm();
                               return std::string();
                           }}};
        print_event("recovered " + std::to_string(ui::run_recover_dialog(recovery)));
    };
}

ui::EditDialogHooks make_hooks(const Switches& switches) {
    ui::EditDialogHooks hooks;
    hooks.adopt = [](GtkWindow* window) { test::report_map(GTK_WIDGET(window)); };
    hooks.open_layer = [&switches](Region region) -> std::unique_ptr<LayerReader> {
        print_event(region == Region::selection ? "open selection" : "open layer");
        if (switches.has("--layer-gone")) {
            throw Error(ErrorCode::layer_gone, "The layer “Sky” was deleted.");
        }
        return std::make_unique<GeneratedLayer>(50, switches.has("--endless-reading"));
    };
    hooks.insert = [failures = switches.has("--failing-insert") ? 1 : 0](const EditResult& result) mutable {
        if (failures-- > 0) {
            throw Error(ErrorCode::layer_gone, "The layer “Sky” is locked.");
        }
        print_event("inserted " + std::to_string(result.layers.size()) + " seed " +
                    std::to_string(result.layers.front().seed) + " prompt " + result.request.prompt +
                    (result.layers.front().fit
                         ? " mode " + std::string(to_text(result.layers.front().fit->plan.mode))
                         : ""));
    };
    if (switches.has("--account")) {
        add_account(hooks, switches);
    }
    hooks.show_error = [](const Error& error) { print_event(std::string("error ") + error.what()); };
    return hooks;
}

void let_gate_open_by_signal() {
    g_unix_signal_add(
        SIGUSR1,
        [](gpointer) -> gboolean {
            gate().open();
            return TRUE;
        },
        nullptr);
}

const char* const usage =
    "dialog_runner [--engine=darkroom|scripted|drift|cloud] [--prompt=TEXT] [--seed=N] [--selection] "
    "[--dark] "
    "[--rtl]\n"
    "              [--endless-reading] [--failing-insert] [--layer-gone] [--locale=DIR]\n"
    "              [--account=good|none|locked] [--ceiling=USD] [--spent=USD] [--waiting=N]\n"
    "The scripted engine works until SIGUSR1 arrives; it fails for prompts that start with \"fail\".\n";

} // namespace

int main(int argc, char** argv) {
    const Switches switches(argc, argv);
    if (switches.has("--help")) {
        std::fputs(usage, stdout);
        return 0;
    }
    test::start_gtk(switches);
    let_gate_open_by_signal();

    static const EngineInfo studio = [] {
        EngineInfo info = test::scripted_engine;
        info.name = "Studio";
        info.destination = Destination::service;
        return info;
    }();
    test::ScriptedEngine::script = work_until_told;
    const EngineInfo* const all_engines[] = {&find_engine("darkroom"), &studio, &test::drift_engine,
                                             &test::cloud_engine};

    EditRequest initial;
    initial.engine = switches.text("--engine", "darkroom");
    initial.prompt = switches.text("--prompt");
    if (switches.has("--seed")) {
        initial.seed = std::stoull(switches.text("--seed"));
    }
    const ui::LayerSummary layer{.name = "Sky",
                                 .size = picture_size,
                                 .kind = "8-bit RGB",
                                 .has_selection = switches.has("--selection")};
    const auto inserted =
        ui::run_edit_dialog(layer, initial, make_catalogue(), make_hooks(switches), all_engines);
    print_event(inserted ? "done seed " + (inserted->seed ? std::to_string(*inserted->seed) : "new")
                         : "closed");
    return 0;
}
