#pragma once

#include "core/engine/models.h"
#include "ui/gtk/background.h"
#include "ui/gtk/note_line.h"
#include "ui/settings_model.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtk/gtk.h>

namespace kontext::ui {

// Where a program or server of the person's own is, a look whether all of it is there, and an edit to try.
// Its widgets belong to the container that widget() is put into; this object must live as long as they do.
class SetupSection {
public:
    // `models`: the engine's that run there; never empty. `on_change`: the model has taken what was typed.
    SetupSection(const EngineInfo& engine, SettingsModel& model, std::vector<Model> models,
                 std::function<void()> on_change);
    SetupSection(const SetupSection&) = delete;
    SetupSection& operator=(const SetupSection&) = delete;

    GtkWidget* widget() const { return box_; }
    GtkWidget* first_entry() const { return fields_.front().entry; }
    void finish_typing(); // what is in the fields counts

private:
    struct Field {
        const EngineSettingInfo* info;
        GtkWidget* entry;
    };

    void add_field(GtkWidget* grid, const EngineSettingInfo& info);
    void add_check();
    void choose_path(const Field& field);
    void show_model();
    const Model& chosen_model() const;

    void check();
    void try_it();
    void begin(const std::string& text);
    void end();
    void show_findings(const std::vector<SetupFinding>& findings);
    void show_failure(const Error& error);
    void scroll_to_results();

    const EngineInfo& engine_;
    SettingsModel& model_;
    std::vector<Model> models_;
    std::function<void()> changed_;

    GtkWidget* box_ = nullptr;
    std::vector<Field> fields_;
    GtkWidget* choice_ = nullptr;  // of a model
    GtkWidget* license_ = nullptr; // of the chosen one
    GtkWidget* check_ = nullptr;
    GtkWidget* try_ = nullptr;
    GtkWidget* spinner_ = nullptr;
    GtkWidget* stop_ = nullptr;
    GtkWidget* doing_ = nullptr;
    GtkWidget* results_ = nullptr;
    bool is_news_ = false;                         // what is in results_ was not yet scrolled to
    std::vector<std::unique_ptr<NoteLine>> lines_; // in results_
    int call_ = 0;                                 // of background_, while it runs
    Background background_;                        // last: it ends before what its calls work with
};

} // namespace kontext::ui
