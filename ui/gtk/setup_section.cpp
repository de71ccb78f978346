#include "ui/gtk/setup_section.h"

#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"
#include "ui/try_edit.h"

#include <algorithm>
#include <utility>

namespace kontext::ui {

namespace {

void add(GtkWidget* box, GtkWidget* child) {
    gtk_container_add(GTK_CONTAINER(box), child);
}

GtkWidget* make_row() {
    return gtk_box_new(GTK_ORIENTATION_HORIZONTAL, wide_gap);
}

Glyph glyph_of(SetupFinding::Verdict verdict) {
    switch (verdict) {
    case SetupFinding::Verdict::good: return Glyph::tick;
    case SetupFinding::Verdict::warning:
    case SetupFinding::Verdict::missing: return Glyph::warning;
    }
    return Glyph::warning;
}

// Whether there is something on the disk to choose.
bool is_path(EngineSettingInfo::Kind kind) {
    switch (kind) {
    case EngineSettingInfo::Kind::program:
    case EngineSettingInfo::Kind::folder:
    case EngineSettingInfo::Kind::file: return true;
    case EngineSettingInfo::Kind::address:
    case EngineSettingInfo::Kind::number: return false;
    }
    return false;
}

struct FreeChooser {
    void operator()(GtkFileChooserNative* chooser) const {
        gtk_native_dialog_destroy(GTK_NATIVE_DIALOG(chooser));
        g_object_unref(chooser);
    }
};

} // namespace

SetupSection::SetupSection(const EngineInfo& engine, SettingsModel& model, std::vector<Model> models,
                           std::function<void()> on_change)
    : engine_(engine), model_(model), models_(std::move(models)), changed_(std::move(on_change)) {
    box_ = gtk_box_new(GTK_ORIENTATION_VERTICAL, wide_gap);
    add(box_, make_heading(Heading::section, _("Where it is")));
    GtkWidget* grid = gtk_grid_new();
    gtk_grid_set_row_spacing(GTK_GRID(grid), 2);
    gtk_grid_set_column_spacing(GTK_GRID(grid), wide_gap);
    for (const EngineSettingInfo& info : engine_.settings) {
        add_field(grid, info);
    }
    add(box_, grid);
    add_check();
    results_ = gtk_box_new(GTK_ORIENTATION_VERTICAL, gap);
    add(box_, results_);
    on_signal(results_, "size-allocate", [this] { scroll_to_results(); });
    show_model();
}

void SetupSection::add_field(GtkWidget* grid, const EngineSettingInfo& info) {
    const int row = 2 * static_cast<int>(fields_.size());
    GtkWidget* entry = gtk_entry_new();
    gtk_widget_set_hexpand(entry, TRUE);
    gtk_entry_set_text(GTK_ENTRY(entry), model_.engine_setting(engine_, info.id).c_str());
    const std::string name = translate(std::string(info.name).c_str());
    const std::string description = translate(std::string(info.description).c_str());
    gtk_grid_attach(GTK_GRID(grid), make_label_for(entry, name.c_str()), 0, row, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), entry, 1, row, is_path(info.kind) ? 1 : 2, 1);
    set_accessible_description(entry, description.c_str());
    GtkWidget* explanation = make_dim_label(description.c_str());
    gtk_widget_set_margin_bottom(explanation, gap);
    gtk_grid_attach(GTK_GRID(grid), explanation, 1, row + 1, 2, 1);
    fields_.push_back({&info, entry});
    const Field field = fields_.back();
    if (info.kind == EngineSettingInfo::Kind::address) {
        gtk_entry_set_input_purpose(GTK_ENTRY(entry), GTK_INPUT_PURPOSE_URL);
    }
    if (is_path(info.kind)) {
        GtkWidget* choose = gtk_button_new_with_label(_("Choose…"));
        set_accessible_name(choose, fill_in(_("Choose: {1}"), {name}).c_str());
        gtk_grid_attach(GTK_GRID(grid), choose, 2, row, 1, 1);
        on_signal(choose, "clicked", [this, field] { choose_path(field); });
    }
    on_signal(entry, "activate", [this] { finish_typing(); });
    on_event(entry, "focus-out-event", [this](GdkEvent*) {
        finish_typing();
        return false;
    });
}

void SetupSection::add_check() {
    add(box_, make_heading(Heading::section, _("Is everything there?")));
    choice_ = gtk_combo_box_text_new();
    for (const Model& model : models_) {
        gtk_combo_box_text_append_text(GTK_COMBO_BOX_TEXT(choice_), model.name.c_str());
    }
    gtk_combo_box_set_active(GTK_COMBO_BOX(choice_), 0);
    license_ = make_dim_label(nullptr);
    gtk_widget_set_hexpand(license_, TRUE);
    GtkWidget* models = make_row();
    add(models, make_label_for(choice_, _("_Model")));
    add(models, choice_);
    add(models, license_);
    add(box_, models);

    check_ = gtk_button_new_with_mnemonic(_("C_heck"));
    gtk_widget_set_tooltip_text(check_, _("Looks for programs, files and the graphics card"));
    try_ = gtk_button_new_with_mnemonic(_("_Try an Edit"));
    gtk_widget_set_tooltip_text(try_, _("Has a small made-up picture edited"));
    spinner_ = gtk_spinner_new();
    doing_ = make_dim_label(nullptr);
    stop_ = gtk_button_new_with_mnemonic(_("Stop"));
    GtkWidget* buttons = make_row();
    add(buttons, check_);
    add(buttons, try_);
    add(buttons, stop_);
    add(buttons, spinner_);
    add(buttons, doing_);
    gtk_widget_set_no_show_all(stop_, TRUE);
    add(box_, buttons);

    on_signal(choice_, "changed", [this] { show_model(); });
    on_signal(check_, "clicked", [this] { check(); });
    on_signal(try_, "clicked", [this] { try_it(); });
    on_signal(stop_, "clicked", [this] { background_.cancel(call_); });
}

const Model& SetupSection::chosen_model() const {
    return models_.at(
        static_cast<std::size_t>(std::max(0, gtk_combo_box_get_active(GTK_COMBO_BOX(choice_)))));
}

void SetupSection::show_model() {
    const std::string& license = chosen_model().license;
    gtk_label_set_text(GTK_LABEL(license_),
                       license.empty() ? "" : fill_in(_("Licence: {1}"), {license}).c_str());
    show_findings({});
}

void SetupSection::choose_path(const Field& field) {
    const bool folder = field.info->kind == EngineSettingInfo::Kind::folder;
    const std::string title = translate(std::string(field.info->name).c_str());
    const std::unique_ptr<GtkFileChooserNative, FreeChooser> chooser(gtk_file_chooser_native_new(
        title.c_str(), GTK_WINDOW(gtk_widget_get_toplevel(box_)),
        folder ? GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER : GTK_FILE_CHOOSER_ACTION_OPEN, _("C_hoose"),
        _("_Cancel")));
    gtk_file_chooser_set_filename(GTK_FILE_CHOOSER(chooser.get()),
                                  gtk_entry_get_text(GTK_ENTRY(field.entry)));
    if (gtk_native_dialog_run(GTK_NATIVE_DIALOG(chooser.get())) == GTK_RESPONSE_ACCEPT) {
        const std::unique_ptr<char, decltype(&g_free)> path(
            gtk_file_chooser_get_filename(GTK_FILE_CHOOSER(chooser.get())), g_free);
        gtk_entry_set_text(GTK_ENTRY(field.entry), path ? path.get() : "");
        finish_typing();
    }
}

void SetupSection::finish_typing() {
    bool changed = false;
    for (const Field& field : fields_) {
        const char* text = gtk_entry_get_text(GTK_ENTRY(field.entry));
        changed = model_.set_engine_setting(engine_, field.info->id, text) || changed;
    }
    if (changed) {
        changed_();
    }
}

void SetupSection::begin(const std::string& text) {
    finish_typing();
    show_findings({});
    gtk_widget_set_sensitive(check_, FALSE);
    gtk_widget_set_sensitive(try_, FALSE);
    gtk_widget_set_sensitive(choice_, FALSE);
    gtk_label_set_text(GTK_LABEL(doing_), text.c_str());
    gtk_spinner_start(GTK_SPINNER(spinner_));
    gtk_widget_show(stop_);
}

void SetupSection::end() {
    gtk_spinner_stop(GTK_SPINNER(spinner_));
    gtk_widget_hide(stop_);
    gtk_label_set_text(GTK_LABEL(doing_), "");
    for (GtkWidget* widget : {check_, try_, choice_}) {
        gtk_widget_set_sensitive(widget, TRUE);
    }
}

void SetupSection::show_findings(const std::vector<SetupFinding>& findings) {
    for (const auto& line : lines_) {
        gtk_widget_destroy(line->widget());
    }
    lines_.clear();
    if (results_ == nullptr) {
        return;
    }
    for (const SetupFinding& finding : findings) {
        lines_.push_back(std::make_unique<NoteLine>());
        add(results_, lines_.back()->widget());
        lines_.back()->show(glyph_of(finding.verdict), finding.text);
    }
    is_news_ = !findings.empty();
}

// Once it is known how tall they are: what was found may be below what the window shows.
void SetupSection::scroll_to_results() {
    GtkWidget* window = gtk_widget_get_ancestor(results_, GTK_TYPE_SCROLLED_WINDOW);
    if (!std::exchange(is_news_, false) || window == nullptr) {
        return;
    }
    GtkWidget* page = gtk_bin_get_child(GTK_BIN(gtk_bin_get_child(GTK_BIN(window)))); // in the viewport
    int top = 0;
    gtk_widget_translate_coordinates(results_, page, 0, 0, nullptr, &top);
    gtk_adjustment_clamp_page(gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(window)), top,
                              top + gtk_widget_get_allocated_height(results_));
}

void SetupSection::show_failure(const Error& error) {
    show_findings({{SetupFinding::Verdict::missing, error.what()}});
}

void SetupSection::check() {
    begin(_("Looking…"));
    call_ = background_.start(
        [&engine = engine_, model = chosen_model(), settings = model_.engine_settings(engine_)](
            const std::stop_token& stop) { return check_engine(engine, model, settings, stop); },
        [this](const Finished<std::vector<SetupFinding>>& finished) {
            end();
            if (const auto* findings = std::get_if<std::vector<SetupFinding>>(&finished)) {
                show_findings(*findings);
            } else if (const auto* error = std::get_if<Error>(&finished)) {
                show_failure(*error);
            }
            gtk_widget_grab_focus(check_);
        });
}

void SetupSection::try_it() {
    begin(_("Editing a small picture. The first time takes longest."));
    call_ = background_.start(
        [&engine = engine_, model = chosen_model(),
         settings = model_.engine_settings(engine_)](const std::stop_token& stop) {
            return try_edit(engine, model, settings, [](const Progress&) {}, stop);
        },
        [this](const Finished<std::string>& finished) {
            end();
            if (const auto* sentence = std::get_if<std::string>(&finished)) {
                show_findings({{SetupFinding::Verdict::good, *sentence}});
            } else if (const auto* error = std::get_if<Error>(&finished)) {
                show_failure(*error);
            }
            gtk_widget_grab_focus(try_);
        });
}

} // namespace kontext::ui
