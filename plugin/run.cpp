#include "plugin/run.h"

#include "core/job/complete_request.h"
#include "core/job/edit_job.h"
#include "core/store/settings.h"
#include "plugin/account_windows.h"
#include "plugin/confirm.h"
#include "plugin/record.h"
#include "plugin/sentence.h"
#include "ui/gtk/main_loop.h"
#include "ui/keys/open_secret_store.h"
#include "ui/text/text.h"

#include <set>

#include <glib.h>

namespace kontext::plugin {

namespace {

using Status = RunOutcome::Status;
using ShowProgress = std::function<void(const Progress&)>;

struct FreeMainLoop {
    void operator()(GMainLoop* loop) const { g_main_loop_unref(loop); }
};

std::string message_for(Place place) {
    switch (place) {
    case Place::above_source: return {};
    case Place::top_of_image:
        return _("The layer was deleted meanwhile; the result is at the top of the image.");
    case Place::rgb_copy:
        return _("The image has a palette, which would spoil the result. "
                 "It went into a copy of the image in RGB; the image itself is as it was.");
    case Place::new_image: return _("The image was closed meanwhile; the result is a new image.");
    }
    return {};
}

// What the person has to know of what was inserted, each thing once.
std::set<std::string> messages_for(const EditResult& result, Place place) {
    std::set<std::string> messages{message_for(place)};
    for (const EditedLayer& layer : result.layers) {
        messages.insert(layer.fit ? ui::describe_decision(layer.fit->plan.decision) : std::string());
    }
    messages.erase("");
    return messages;
}

void deliver(Host& host, const EditResult& result, RunMode mode, const Settings& settings) {
    const Place place = host.find_place();
    if (place == Place::new_image && mode == RunMode::noninteractive) {
        throw Error(ErrorCode::layer_gone, _("The image was closed meanwhile."));
    }
    const PromptInImage prompt =
        settings.keep_prompt_in_image ? PromptInImage::keep : PromptInImage::leave_out;
    host.insert(result, label_layers(result, prompt, std::chrono::system_clock::now()), place);
    std::set<std::string> messages = messages_for(result, place);
    messages.insert(result.delivery ? confirm(*result.delivery) : std::string());
    messages.erase("");
    for (const std::string& message : messages) {
        host.show_message(message);
    }
    if (result.shortfall) {
        host.show_message(sentence_of(*result.shortfall));
    }
}

// Turns a bare main loop until the edit is done.
EditResult edit_headless(Host& host, EditRequest request, const Settings& settings,
                         const ShowProgress& show_progress) {
    const EngineInfo& engine = find_engine(request.engine);
    Model model = find_model(load_models(), request.engine, request.model);
    check_request(request, model); // before anything is read
    const std::unique_ptr<LayerReader> reader = host.open_layer(request.region);
    for (double done = 0; done < 1;) {
        done = reader->read_some();
    }
    const std::unique_ptr<GMainLoop, FreeMainLoop> loop(g_main_loop_new(nullptr, FALSE));
    std::optional<Outcome> outcome;
    const EditJob job(std::move(request), reader->take(), engine, std::move(model),
                      make_account(settings, ui::open_secret_store), ui::post_to_main,
                      {.on_progress = show_progress, .on_finished = [&](Outcome finished) {
                           outcome = std::move(finished);
                           g_main_loop_quit(loop.get());
                       }});
    g_main_loop_run(loop.get());
    if (const auto* error = std::get_if<Error>(&*outcome)) {
        throw *error;
    }
    if (const auto* cancelled = std::get_if<Cancelled>(&*outcome)) {
        throw *cancelled;
    }
    return std::get<EditResult>(std::move(*outcome));
}

void remember(Host& host, const EditRequest& request) {
    try {
        save_last_edit(request);
    } catch (const Error& error) {
        host.show_message(sentence_of(error)); // no failure: the layer is in its place
    }
}

RunOutcome run_interactive(Host& host, Settings settings) {
    const ui::LayerSummary layer = host.describe_layer(); // before GTK: an unusable layer needs no dialog
    host.start_ui();
    const ui::EditDialogHooks hooks{
        .adopt = [&](GtkWindow* window) { host.adopt(window); },
        .open_layer = [&](Region region) { return host.open_layer(region); },
        .insert = [&](const EditResult& result) { deliver(host, result, RunMode::interactive, settings); },
        .show_error = [&](const Error& error) { host.show_message(sentence_of(error)); },
        .has_selection = [&] { return host.has_selection(); },
        .make_account = [&] { return make_account(settings, ui::open_secret_store); },
        .engine_options = [&] { return settings.engine_options; },
        .engine_settings = [&] { return settings.engine_settings; },
        .open_settings =
            [&](GtkWindow* parent, std::string_view engine) {
                open_settings_over(parent, engine);
                settings = load_settings();
            },
        .open_recovery = [&](GtkWindow* parent) { open_recovery_over(parent, host, settings); },
    };
    const auto inserted =
        ui::run_edit_dialog(layer, complete_request(load_last_edit(), settings), load_models(), hooks);
    if (!inserted) {
        return {.status = Status::cancelled, .message = {}};
    }
    remember(host, *inserted);
    return {};
}

RunOutcome run_with_last_values(Host& host, const Settings& settings) {
    const EditRequest request = load_last_edit();
    if (request.prompt.empty()) {
        throw Error(ErrorCode::invalid_argument, _("There is no earlier edit to repeat."));
    }
    const EditResult result =
        edit_headless(host, complete_request(request, settings), settings, [&](const Progress& progress) {
            host.show_progress(ui::describe_stage(progress.stage), progress.fraction);
        });
    deliver(host, result, RunMode::with_last_values, settings);
    return {};
}

RunOutcome run_noninteractive(Host& host, const ArgumentValues& arguments, const Settings& settings) {
    const EditRequest request = complete_request(request_from_arguments(arguments), settings);
    deliver(host, edit_headless(host, request, settings, {}), RunMode::noninteractive, settings);
    return {};
}

RunOutcome run_in_mode(Host& host, RunMode mode, const ArgumentValues& arguments) {
    const Settings settings = load_settings(); // now: a broken file must not cost a finished result
    switch (mode) {
    case RunMode::interactive: return run_interactive(host, settings);
    case RunMode::with_last_values: return run_with_last_values(host, settings);
    case RunMode::noninteractive: return run_noninteractive(host, arguments, settings);
    }
    return {.status = Status::failed, .message = {}};
}

} // namespace

RunOutcome run_edit_procedure(Host& host, RunMode mode, const ArgumentValues& arguments) noexcept try {
    struct Joined { // no thread of ours lives on
        ~Joined() { join_cancelled_jobs(); }
    } const joined;
    return run_in_mode(host, mode, arguments);
} catch (const Error& error) {
    return {.status = Status::failed, .message = sentence_of(error)};
} catch (const Cancelled&) {
    return {.status = Status::cancelled, .message = {}};
} catch (const std::exception& failure) {
    return {.status = Status::failed, .message = failure.what()};
}

} // namespace kontext::plugin
