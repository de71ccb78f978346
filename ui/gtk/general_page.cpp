#include "ui/gtk/general_page.h"

#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

#include <algorithm>
#include <utility>

namespace kontext::ui {

namespace {

constexpr int amount_characters = 8;

bool is_on(GtkWidget* toggle) {
    return gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(toggle)) != FALSE;
}

void add(GtkWidget* box, GtkWidget* child) {
    gtk_container_add(GTK_CONTAINER(box), child);
}

// Sections are further from each other than what is in them.
GtkWidget* add_section(GtkWidget* page, const char* title) {
    GtkWidget* section = gtk_box_new(GTK_ORIENTATION_VERTICAL, gap);
    add(section, make_heading(Heading::section, title));
    add(page, section);
    return section;
}

GtkWidget* make_check(const char* label, bool on) {
    GtkWidget* check = gtk_check_button_new_with_mnemonic(label);
    gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(check), on);
    return check;
}

// Under a check button, in line with its text.
GtkWidget* make_explanation(GtkWidget* check, const char* text) {
    GtkWidget* label = make_dim_label(text);
    gtk_widget_set_margin_start(label, 2 * wide_gap);
    gtk_widget_set_margin_bottom(label, gap);
    set_accessible_description(check, text);
    return label;
}

} // namespace

GeneralPage::GeneralPage(SettingsModel& model, std::function<void()> on_change)
    : model_(model), changed_(std::move(on_change)) {
    box_ = gtk_box_new(GTK_ORIENTATION_VERTICAL, group_gap);
    add_edits();
    add_spending();
    add_layers();
    gtk_widget_show_all(box_);
    refresh_spent();
}

void GeneralPage::add_edits() {
    GtkWidget* section = add_section(box_, _("New edits"));
    GtkWidget* engine = gtk_combo_box_text_new();
    const Choices choices = model_.engine_choices();
    for (const std::string& label : choices.labels) {
        gtk_combo_box_text_append_text(GTK_COMBO_BOX_TEXT(engine), label.c_str());
    }
    gtk_combo_box_set_active(GTK_COMBO_BOX(engine), static_cast<int>(choices.chosen));
    gtk_widget_set_hexpand(engine, TRUE);
    GtkWidget* row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, wide_gap);
    add(row, make_label_for(engine, _("_Engine to start with")));
    add(row, engine);
    add(section, row);
    on_signal(engine, "changed", [this, engine] {
        model_.choose_engine(
            static_cast<std::size_t>(std::max(0, gtk_combo_box_get_active(GTK_COMBO_BOX(engine)))));
        changed_();
    });
}

// A check button and an amount in one row.
void GeneralPage::add_amount(GtkWidget* section, Amount& amount, const char* label, const char* name) {
    const bool on = (model_.*amount.is_on)();
    amount.check = make_check(label, on);
    amount.entry = gtk_entry_new();
    gtk_widget_set_sensitive(amount.entry, on);
    gtk_entry_set_width_chars(GTK_ENTRY(amount.entry), amount_characters);
    gtk_entry_set_text(GTK_ENTRY(amount.entry), (model_.*amount.text)().c_str());
    gtk_entry_set_alignment(GTK_ENTRY(amount.entry), 1);
    gtk_entry_set_input_purpose(GTK_ENTRY(amount.entry), GTK_INPUT_PURPOSE_NUMBER);
    set_accessible_name(amount.entry, name);
    GtkWidget* row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, wide_gap);
    add(row, amount.check);
    add(row, amount.entry);
    add(row, gtk_label_new(_("US dollars")));
    add(section, row);

    on_signal(amount.check, "toggled", [this, &amount] {
        gtk_widget_set_sensitive(amount.entry, is_on(amount.check));
        take(amount);
        if (is_on(amount.check)) {
            gtk_widget_grab_focus(amount.entry);
        }
    });
    on_signal(amount.entry, "activate", [this, &amount] { take(amount); });
    on_event(amount.entry, "focus-out-event", [this, &amount](GdkEvent*) {
        take(amount);
        return false;
    });
}

void GeneralPage::add_spending() {
    GtkWidget* section = add_section(box_, _("Spending"));
    add_amount(section, ceiling_, _("_Monthly ceiling"), _("Monthly ceiling in US dollars"));
    const std::string fixed = model_.why_ceiling_is_fixed();
    add(section,
        make_explanation(
            ceiling_.check,
            fixed.empty() ? _("An edit that would go beyond it is refused before anything is sent. It holds "
                              "for all services together, in GIMP and on the command line.")
                          : fixed.c_str()));
    spent_ = make_wrapping_label(nullptr);
    gtk_widget_set_margin_start(spent_, 2 * wide_gap);
    add(section, spent_);
    add_amount(section, unknown_price_, _("_Unknown prices count as"),
               _("What a picture of unknown price counts as, in US dollars"));
    add(section, make_explanation(unknown_price_.check,
                                  _("Each picture of a model whose price is not known. Without it, such a "
                                    "model is refused while there is a ceiling.")));
    set_usable(ceiling_.check, fixed.c_str());
    gtk_widget_set_sensitive(ceiling_.entry, model_.has_ceiling() && fixed.empty());
}

void GeneralPage::add_layers() {
    GtkWidget* section = add_section(box_, _("New layers"));
    GtkWidget* keep = make_check(_("_Keep the prompt in the image"), model_.settings().keep_prompt_in_image);
    add(section, keep);
    add(section, make_explanation(keep, _("The layer then knows how it was made, and so does everybody who "
                                          "is given the image file.")));
    GtkWidget* crop = make_check(_("C_rop to what changed"), model_.settings().crop_to_changes);
    add(section, crop);
    add(section, make_explanation(crop, _("Smaller layers. Without it, the layer covers all that was sent, "
                                          "and its mask can be painted on anywhere.")));
    GtkWidget* grain = make_check(_("Add _grain to what is new"), model_.settings().add_grain);
    add(section, grain);
    add(section, make_explanation(grain, _("Gives new parts the photo's own grain, matched by brightness. "
                                           "Without it, they are as smooth as the model drew them.")));
    on_signal(keep, "toggled", [this, keep] {
        model_.keep_prompt_in_image(is_on(keep));
        changed_();
    });
    on_signal(crop, "toggled", [this, crop] {
        model_.crop_to_changes(is_on(crop));
        changed_();
    });
    on_signal(grain, "toggled", [this, grain] {
        model_.add_grain(is_on(grain));
        changed_();
    });
}

// What is no amount goes back to the one before.
void GeneralPage::take(const Amount& amount) {
    const Settings before = model_.settings();
    if (!is_on(amount.check)) {
        (model_.*amount.set)({});
    } else {
        const auto typed = amount.read(gtk_entry_get_text(GTK_ENTRY(amount.entry)));
        (model_.*amount.set)(typed ? typed : amount.read((model_.*amount.text)()));
        gtk_entry_set_text(GTK_ENTRY(amount.entry), (model_.*amount.text)().c_str());
    }
    const Settings& now = model_.settings();
    if (now.monthly_usd != before.monthly_usd || now.unknown_usd != before.unknown_usd) {
        changed_();
    }
}

void GeneralPage::refresh_spent() {
    const std::string text = model_.spent_description();
    gtk_label_set_text(GTK_LABEL(spent_), text.c_str());
    gtk_widget_set_visible(spent_, !text.empty());
}

void GeneralPage::finish_typing() {
    if (model_.why_ceiling_is_fixed().empty()) {
        take(ceiling_);
    }
    take(unknown_price_);
}

} // namespace kontext::ui
