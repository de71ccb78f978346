#pragma once

#include "core/engine/model.h"
#include "ui/gtk/background.h"
#include "ui/gtk/note_line.h"
#include "ui/gtk/secret_entry.h"
#include "ui/gtk/settings_dialog.h"
#include "ui/gtk/setup_section.h"
#include "ui/settings_model.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtk/gtk.h>

namespace kontext::ui {

// One engine's settings: its key, its address, what there is to set up. Its widgets belong to the container
// that widget() is put into; this object must live as long as they do.
class ServicePage {
public:
    struct Actions {
        std::function<void()> on_change;      // after the model has taken a change of the person's
        std::function<void()> look_for_key;   // the key was saved or removed
        std::function<void()> refresh_others; // the consent counts for all pages
    };

    // `models`: the engine's, never empty; keys are tested with the first. Hooks outlive this object.
    ServicePage(const EngineInfo& service, SettingsModel& model, std::vector<Model> models,
                const SettingsDialogHooks& hooks, Actions actions);
    ServicePage(const ServicePage&) = delete;
    ServicePage& operator=(const ServicePage&) = delete;

    const EngineInfo& service() const { return service_; }
    GtkWidget* widget() const { return box_; }
    void refresh(); // from the model
    void take_focus();
    void finish_typing(); // what is in the fields counts

private:
    void add_intro();
    void add_key();
    GtkWidget* build_consent();
    GtkWidget* build_test();
    void add_host();
    void connect();

    void save();
    void remove();
    void test();
    void begin(const std::string& text);
    void end(Glyph sign, const std::string& text);
    void end(const Error& error);

    const EngineInfo& service_;
    SettingsModel& model_;
    Model probe_;
    const SettingsDialogHooks& hooks_;
    Actions actions_;

    GtkWidget* box_ = nullptr;
    NoteLine key_state_;
    GtkWidget* remove_ = nullptr;
    GtkWidget* key_controls_ = nullptr;
    SecretEntry key_;
    GtkWidget* save_ = nullptr;
    GtkWidget* consent_row_ = nullptr;
    GtkWidget* consent_ = nullptr;
    GtkWidget* test_ = nullptr;
    GtkWidget* spinner_ = nullptr;
    GtkWidget* stop_ = nullptr;
    NoteLine news_;
    std::unique_ptr<SetupSection> setup_; // null: there is nothing to set up
    bool busy_ = false;
    bool refreshing_ = false;
    int call_ = 0;          // of background_, while busy
    Background background_; // last: it ends before what its calls work with
};

} // namespace kontext::ui
