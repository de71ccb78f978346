#include "ui/gtk/service_page.h"

#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace kontext::ui {

namespace {

void add(GtkWidget* box, GtkWidget* child) {
    gtk_container_add(GTK_CONTAINER(box), child);
}

GtkWidget* make_column(int spacing) {
    return gtk_box_new(GTK_ORIENTATION_VERTICAL, spacing);
}

GtkWidget* make_row(int spacing) {
    return gtk_box_new(GTK_ORIENTATION_HORIZONTAL, spacing);
}

// "dashboard.bfl.ai" of "https://dashboard.bfl.ai/api/keys".
std::string site_of(std::string_view page) {
    const std::size_t start = page.find("://");
    page.remove_prefix(start == std::string_view::npos ? 0 : start + 3);
    page = page.substr(0, page.find('/'));
    return std::string(page.starts_with("www.") ? page.substr(4) : page);
}

GtkWidget* make_link(const EngineInfo& service) {
    const std::string text = fill_in(_("Get a key at {1}"), {site_of(service.key_page)});
    GtkWidget* link = gtk_link_button_new_with_label(std::string(service.key_page).c_str(), text.c_str());
    return link;
}

// How the service answers to a key, by a call that costs nothing.
std::string test_key(const EngineInfo& service, const Model& probe, const EditRequest& request,
                     const EngineSettings& settings, SecretText key, const std::stop_token& stop) {
    EngineSetup setup{.model = probe,
                      .settings = settings,
                      .base_url = base_url_of(service, request, settings_for(service, probe, settings)),
                      .key = std::move(key)};
    return service.create(std::move(setup))->check_key(stop);
}

} // namespace

ServicePage::ServicePage(const EngineInfo& service, SettingsModel& model, std::vector<Model> models,
                         const SettingsDialogHooks& hooks, Actions actions)
    : service_(service), model_(model), probe_(models.front()), hooks_(hooks), actions_(std::move(actions)) {
    box_ = make_column(group_gap);
    add_intro();
    if (service_.needs_key) {
        add_key();
    }
    add_host();
    std::erase_if(models,
                  [](const Model& known) { return known.price_usd != 0; }); // of a server of one's own
    if (!service_.settings.empty() && !models.empty()) {
        setup_ = std::make_unique<SetupSection>(service_, model_, std::move(models), actions_.on_change);
        add(box_, setup_->widget());
    }
    gtk_widget_show_all(box_);
    connect();
    refresh();
}

void ServicePage::add_intro() {
    GtkWidget* intro = make_column(gap);
    add(intro, make_heading(Heading::page, std::string(service_.name).c_str()));
    add(intro, make_wrapping_label(describe_engine(service_).c_str()));
    if (const std::string kept = describe_retention(service_); !kept.empty()) {
        add(intro, make_dim_label(kept.c_str()));
    }
    add(box_, intro);
}

void ServicePage::add_key() {
    GtkWidget* section = make_column(wide_gap);
    add(section, make_heading(Heading::section, _("Key")));
    remove_ = gtk_button_new_with_mnemonic(_("_Remove"));
    gtk_widget_set_tooltip_text(remove_, _("Delete the key from where it is kept"));
    key_state_.add(remove_);
    add(section, key_state_.widget());

    GtkWidget* row = make_row(wide_gap);
    save_ = gtk_button_new_with_mnemonic(_("_Save"));
    gtk_widget_set_can_default(save_, TRUE);
    gtk_entry_set_placeholder_text(GTK_ENTRY(key_.entry()), _("Paste the key here"));
    add(row, make_label_for(key_.entry(), _("New _key")));
    add(row, key_.widget());
    gtk_widget_set_hexpand(key_.widget(), TRUE);
    add(row, save_);
    key_controls_ = row;
    add(section, build_consent());
    add(section, row);
    add(section, build_test());
    add(section, news_.widget());
    add(box_, section);
}

GtkWidget* ServicePage::build_consent() {
    consent_row_ = make_column(gap);
    add(consent_row_,
        make_wrapping_label(_("This computer has no key store that answers. A key can be kept in a file "
                              "instead, which no other user can read, but every program that "
                              "you run can.")));
    consent_ = gtk_check_button_new_with_mnemonic(_("Keep keys in a _file"));
    add(consent_row_, consent_);
    gtk_widget_show_all(consent_row_);
    gtk_widget_set_no_show_all(consent_row_, TRUE); // refresh() decides
    return consent_row_;
}

GtkWidget* ServicePage::build_test() {
    GtkWidget* row = make_row(wide_gap);
    test_ = gtk_button_new_with_mnemonic(_("_Test This Key"));
    stop_ = gtk_button_new_with_mnemonic(_("Stop"));
    spinner_ = gtk_spinner_new();
    set_accessible_name(stop_, _("Stop the test"));
    add(row, test_);
    add(row, spinner_);
    add(row, stop_);
    gtk_widget_set_no_show_all(stop_, TRUE);
    gtk_box_pack_end(GTK_BOX(row), make_link(service_), FALSE, FALSE, 0);
    return row;
}

void ServicePage::add_host() {
    const Choices choices = model_.host_choices(service_);
    if (choices.labels.size() < 2) {
        return;
    }
    GtkWidget* section = make_column(gap);
    add(section, make_heading(Heading::section, _("Address")));
    GtkWidget* host = gtk_combo_box_text_new();
    for (const std::string& label : choices.labels) {
        gtk_combo_box_text_append_text(GTK_COMBO_BOX_TEXT(host), label.c_str());
    }
    gtk_combo_box_set_active(GTK_COMBO_BOX(host), static_cast<int>(choices.chosen));
    gtk_widget_set_hexpand(host, TRUE);
    GtkWidget* row = make_row(wide_gap);
    add(row, make_label_for(host, _("Send pictures _to")));
    add(row, host);
    add(section, row);
    add(box_, section);
    on_signal(host, "changed", [this, host] {
        model_.choose_host(
            service_, static_cast<std::size_t>(std::max(0, gtk_combo_box_get_active(GTK_COMBO_BOX(host)))));
        actions_.on_change();
    });
}

void ServicePage::connect() {
    if (!service_.needs_key) {
        return;
    }
    on_signal(key_.entry(), "changed", [this] { refresh(); });
    on_signal(key_.entry(), "activate", [this] { save(); });
    on_signal(save_, "clicked", [this] { save(); });
    on_signal(remove_, "clicked", [this] { remove(); });
    on_signal(test_, "clicked", [this] { test(); });
    on_signal(stop_, "clicked", [this] { background_.cancel(call_); });
    on_signal(consent_, "toggled", [this] {
        if (!refreshing_) {
            model_.allow_file(gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(consent_)) != FALSE);
            actions_.on_change();
            actions_.refresh_others();
        }
    });
}

void ServicePage::refresh() {
    if (!service_.needs_key) {
        return;
    }
    refreshing_ = true;
    const KeyState state = model_.key_of(service_).state;
    const bool there = state == KeyState::there;
    key_state_.show(there                        ? Glyph::tick
                    : state == KeyState::unknown ? Glyph::key
                                                 : Glyph::warning,
                    model_.key_description(service_));
    gtk_widget_set_visible(remove_, model_.can_remove_key(service_));
    gtk_widget_set_sensitive(remove_, !busy_);
    gtk_widget_set_visible(consent_row_, model_.asks_for_file());
    gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(consent_), model_.may_use_file());

    const std::string why_not = model_.why_key_cannot_be_saved();
    gtk_widget_set_sensitive(key_controls_, !busy_);
    set_usable(save_, key_.empty() ? _("There is no key to save yet.") : why_not.c_str());
    set_usable(test_, key_.empty() && !there ? _("There is no key to test yet.") : "",
               key_.empty() ? nullptr : _("Tests the key as typed above, before it is saved"));
    gtk_widget_set_visible(test_, !busy_);
    refreshing_ = false;
}

void ServicePage::take_focus() {
    gtk_widget_grab_focus(service_.needs_key ? key_.entry() : setup_ ? setup_->first_entry() : box_);
}

void ServicePage::finish_typing() {
    if (setup_) {
        setup_->finish_typing();
    }
}

void ServicePage::begin(const std::string& text) {
    busy_ = true;
    news_.hide();
    gtk_spinner_start(GTK_SPINNER(spinner_));
    set_accessible_name(spinner_, text.c_str());
    refresh();
}

void ServicePage::end(Glyph sign, const std::string& text) {
    busy_ = false;
    gtk_spinner_stop(GTK_SPINNER(spinner_));
    gtk_widget_hide(stop_);
    news_.show(sign, text);
    refresh();
}

void ServicePage::end(const Error& error) {
    end(Glyph::warning, error.what());
}

void ServicePage::save() {
    if (busy_ || key_.empty() || !model_.why_key_cannot_be_saved().empty()) {
        return;
    }
    begin(_("Saving the key"));
    // The thread's call has to be copyable until it starts.
    auto key = std::make_shared<const SecretText>(key_.text());
    call_ = background_.start(
        [this, key](const std::stop_token&) {
            hooks_.save_key(service_, *key);
            return true;
        },
        [this](const Finished<bool>& finished) {
            if (const auto* error = std::get_if<Error>(&finished)) {
                end(*error);
                return;
            }
            key_.clear();
            end(Glyph::tick, _("The key is saved."));
            actions_.look_for_key();
        });
}

void ServicePage::remove() {
    begin(_("Removing the key"));
    call_ = background_.start(
        [this](const std::stop_token&) {
            hooks_.remove_key(service_);
            return true;
        },
        [this](const Finished<bool>& finished) {
            if (const auto* error = std::get_if<Error>(&finished)) {
                end(*error);
                return;
            }
            end(Glyph::tick, _("The key is removed."));
            actions_.look_for_key();
        });
}

// The one that is typed, or else the one that is kept.
void ServicePage::test() {
    begin(_("Testing the key"));
    gtk_widget_show(stop_);
    gtk_widget_grab_focus(stop_);
    EditRequest request;
    if (const auto options = model_.settings().engine_options.find(std::string(service_.id));
        options != model_.settings().engine_options.end()) {
        request.options = options->second;
    }
    auto typed = std::make_shared<const SecretText>(key_.text());
    call_ = background_.start(
        [this, typed, request, settings = model_.engine_settings(service_)](const std::stop_token& stop) {
            return test_key(service_, probe_, request, settings,
                            typed->empty() ? hooks_.read_key(service_) : typed->copy(), stop);
        },
        [this](const Finished<std::string>& finished) {
            if (const auto* error = std::get_if<Error>(&finished)) {
                end(*error);
            } else if (const auto* answer = std::get_if<std::string>(&finished)) {
                end(Glyph::tick, answer->empty() ? std::string(_("The service takes this key."))
                                                 : fill_in(_("The service takes this key. {1}"), {*answer}));
            } else {
                end(Glyph::tick, {});
            }
            gtk_widget_grab_focus(test_);
        });
}

} // namespace kontext::ui
