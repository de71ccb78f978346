#pragma once

#include "ui/edit_model.h"
#include "ui/gtk/edit_terms.h"
#include "ui/gtk/main_loop.h"
#include "ui/gtk/prompt_entry.h"

#include <functional>

#include <gtk/gtk.h>

namespace kontext::ui {

// The fields of the edit dialog, over a model that outlives them: what the person changes goes into the
// model, and what follows from it is shown.
class EditForm {
public:
    EditForm(EditModel& model, std::function<void()> on_change);
    EditForm(const EditForm&) = delete;
    EditForm& operator=(const EditForm&) = delete;

    GtkWidget* widget() const { return box_; }
    PromptEntry& prompt() { return prompt_; }
    EditTerms& terms() { return terms_; }
    // Shows the model anew, after it was changed elsewhere.
    void refresh();
    // While an edit runs, the fields show what it runs with.
    void set_editable(bool editable);
    // Until the prompt is changed.
    void clear_hint() { show_hint({}); }

private:
    GtkWidget* build_prompt();
    GtkWidget* build_choices();
    GtkWidget* build_region();
    GtkWidget* build_seed();
    void connect_fields();
    void change(const std::function<void()>& apply);
    void refresh_seed();
    void refresh_region();
    void refresh_hint();
    void show_hint(const PromptHint& hint);

    EditModel& model_;
    std::function<void()> changed_;
    PromptEntry prompt_;
    EditTerms terms_;
    RepeatedCall late_objection_;
    bool refreshing_ = false;

    GtkWidget* box_ = nullptr;
    GtkWidget* choices_ = nullptr;
    GtkWidget* hint_sign_ = nullptr;
    GtkWidget* hint_ = nullptr;
    GtkWidget* selection_ = nullptr;
    GtkWidget* whole_layer_ = nullptr;
    GtkWidget* engine_ = nullptr;
    GtkWidget* model_list_ = nullptr;
    GtkWidget* aspect_ratio_ = nullptr;
    GtkWidget* variations_ = nullptr;
    GtkWidget* fidelity_label_ = nullptr;
    GtkWidget* fidelity_ = nullptr;
    GtkWidget* seed_ = nullptr;
    GtkWidget* new_seed_ = nullptr;
    GtkWidget* dice_ = nullptr;
};

} // namespace kontext::ui
