#include "plugin/account_windows.h"

#include "core/engine/models.h"
#include "core/error.h"
#include "core/image/codec.h"
#include "core/job/account.h"
#include "plugin/confirm.h"
#include "plugin/record.h"
#include "plugin/run.h"
#include "plugin/sentence.h"
#include "ui/account_facts.h"
#include "ui/gtk/recover_dialog.h"
#include "ui/gtk/settings_dialog.h"
#include "ui/keys/open_secret_store.h"
#include "ui/text/text.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>

namespace kontext::plugin {

namespace {

using Adopt = std::function<void(GtkWindow*)>;
using Status = RunOutcome::Status;

Adopt over(GtkWindow* parent) {
    return [parent](GtkWindow* window) {
        gtk_window_set_transient_for(window, parent);
        gtk_window_set_modal(window, TRUE);
    };
}

ui::KeyFinding look_for_key(const EngineInfo& engine) {
    const std::string variable(engine.key_variable);
    const ui::KeyWhereabouts where = ui::locate_key(engine.id);
    ui::KeyFinding finding{.state = ui::KeyState::missing,
                           .source = KeySource::none,
                           .place = where.place,
                           .no_key_store = !where.missing_store.empty(),
                           .problem = {}};
    if (const char* key = std::getenv(variable.c_str()); key != nullptr && *key != '\0') {
        finding.state = ui::KeyState::there;
        finding.source = KeySource::environment;
    } else if (where.place != ui::KeyPlace::none) {
        finding.state = ui::KeyState::there;
        finding.source = KeySource::store;
    }
    return finding;
}

void show_settings(const Adopt& adopt, std::string_view engine) {
    const ui::SettingsDialogHooks hooks{
        .adopt = adopt,
        .look_for_key = look_for_key,
        .read_key =
            [](const EngineInfo& service) {
                return find_key(service.id, std::string(service.key_variable), *ui::open_secret_store()).key;
            },
        .save_key = [](const EngineInfo& service,
                       const SecretText& key) { ui::open_secret_store()->write(service.id, key); },
        .remove_key = [](const EngineInfo& service) { ui::open_secret_store()->clear(service.id); },
        .read_spent_usd =
            [] { return ui::read_spending(make_account(load_settings(), ui::open_secret_store)).spent_usd; },
    };
    ui::run_settings_dialog(hooks, load_models(), engine);
}

int show_recovery(const Adopt& adopt, Host& host, const Settings& settings) {
    return ui::run_recover_dialog({
        .adopt = adopt,
        .make_account = [&settings] { return make_account(settings, ui::open_secret_store); },
        .editor = recover_hooks(host, settings),
    });
}

EditResult result_of(const RecoveredEdit& edit) {
    EditResult result;
    result.request = edit.edit.request;
    result.request.engine = edit.edit.prediction.engine;
    result.request.model = edit.edit.prediction.model;
    result.cost_usd = edit.edit.prediction.billed_usd;
    return result;
}

std::string insert(Host& host, const Settings& settings, const RecoveredEdit& edit,
                   std::optional<EditedLayer> layer) {
    const PromptInImage prompt =
        settings.keep_prompt_in_image ? PromptInImage::keep : PromptInImage::leave_out;
    const auto now = std::chrono::system_clock::now();
    EditResult result = result_of(edit);
    std::string message;
    if (!edit.written.empty()) {
        message = ui::fill_in(_("It had been written already: {1}"), {edit.written.front().string()});
    } else if (layer) {
        result.layers.push_back(std::move(*layer));
        host.insert(result, label_layers(result, prompt, now), host.find_place());
    } else {
        DecodedPicture picture = decode_picture(edit.picture);
        result.layers.push_back(
            {.pixels = std::move(picture.pixels), .seed = edit.edit.request.seed.value_or(0)});
        host.insert_as_image(result, label_layers(result, prompt, now), picture.color);
        message = edit.masks ? _("It became a new image, as the active layer is not what was sent.")
                             : _("It became a new image: what was selected or protected is not known any "
                                 "more, and laid over the photo it might change that.");
    }
    if (edit.delivery) {
        const std::string problem = confirm(*edit.delivery);
        message += (message.empty() || problem.empty() ? "" : " ") + problem;
    }
    return message;
}

// One after the other, as the dialog does it, but without a main loop.
void recover_one(const UndeliveredEdit& edit, const Account& account, const ui::RecoverHooks& hooks) {
    const auto recovered = recover(edit, account, [](const Progress&) {}, {});
    if (!recovered) {
        return;
    }
    std::optional<EditedLayer> layer;
    if (const auto reader = !recovered->written.empty() ? nullptr : hooks.open_layer(Region::layer)) {
        for (double done = 0; done < 1;) {
            done = reader->read_some();
        }
        layer = place_recovered(*recovered, reader->take(), {});
    }
    hooks.insert(*recovered, std::move(layer));
}

void recover_all(Host& host, const Settings& settings) {
    const Account account = make_account(settings, ui::open_secret_store);
    const ui::RecoverHooks hooks = recover_hooks(host, settings);
    std::optional<Error> first;
    for (const UndeliveredEdit& edit : list_undelivered(account)) {
        try {
            recover_one(edit, account, hooks);
        } catch (const Error& error) {
            first = first.value_or(error); // the others may be there
        }
    }
    if (first) {
        throw *first;
    }
}

RunOutcome guarded(const std::function<void()>& run) noexcept {
    try {
        run();
        return {};
    } catch (const Error& error) {
        return {.status = Status::failed, .message = sentence_of(error)};
    } catch (const std::exception& failure) {
        return {.status = Status::failed, .message = failure.what()};
    }
}

} // namespace

void open_settings_over(GtkWindow* parent, std::string_view engine) {
    show_settings(over(parent), engine);
}

void open_recovery_over(GtkWindow* parent, Host& host, const Settings& settings) {
    show_recovery(over(parent), host, settings);
}

ui::RecoverHooks recover_hooks(Host& host, const Settings& settings) {
    return {.open_layer =
                [&host](Region region) {
                    return host.has_layer() ? host.open_layer(region) : std::unique_ptr<LayerReader>();
                },
            .insert =
                [&host, &settings](const RecoveredEdit& edit, std::optional<EditedLayer> layer) {
                    return insert(host, settings, edit, std::move(layer));
                }};
}

RunOutcome run_recover_procedure(Host& host, RunMode mode) noexcept {
    return guarded([&] {
        const Settings settings = load_settings();
        if (mode == RunMode::noninteractive) {
            recover_all(host, settings);
            return;
        }
        host.start_ui();
        show_recovery([&host](GtkWindow* window) { host.adopt(window); }, host, settings);
    });
}

RunOutcome run_settings_procedure(Host& host, RunMode mode) noexcept {
    return guarded([&] {
        if (mode == RunMode::noninteractive) {
            throw Error(ErrorCode::invalid_argument,
                        _("The settings are a window: call them interactively."));
        }
        host.start_ui();
        show_settings([&host](GtkWindow* window) { host.adopt(window); }, {});
    });
}

} // namespace kontext::plugin
