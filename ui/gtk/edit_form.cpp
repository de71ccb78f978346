#include "ui/gtk/edit_form.h"

#include "ui/gtk/glyph.h"
#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace kontext::ui {

namespace {

using namespace std::chrono_literals;

// Half a word is not worth an objection: it waits until the typing pauses.
constexpr auto objection_delay = 700ms;
constexpr int hint_lines = 2; // room that is kept, so that typing does not move the fields

GtkWidget* make_row(int spacing) {
    return gtk_box_new(GTK_ORIENTATION_HORIZONTAL, spacing);
}

void add(GtkWidget* box, GtkWidget* child) {
    gtk_container_add(GTK_CONTAINER(box), child);
}

void add_row(GtkWidget* grid, int row, int column, const char* label, GtkWidget* field, GtkWidget* target,
             int width = 1) {
    gtk_grid_attach(GTK_GRID(grid), make_label_for(target, label), column, row, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), field, column + 1, row, width, 1);
}

GtkWidget* make_combo() {
    GtkWidget* combo = gtk_combo_box_text_new();
    gtk_widget_set_hexpand(combo, TRUE);
    return combo;
}

void show_choices(GtkWidget* combo, const Choices& choices, const std::string& tooltip = {}) {
    gtk_combo_box_text_remove_all(GTK_COMBO_BOX_TEXT(combo));
    for (const std::string& label : choices.labels) {
        gtk_combo_box_text_append_text(GTK_COMBO_BOX_TEXT(combo), label.c_str());
    }
    gtk_combo_box_set_active(GTK_COMBO_BOX(combo), static_cast<int>(choices.chosen));
    set_usable(combo, choices.why_fixed.c_str(), tooltip.empty() ? nullptr : tooltip.c_str());
}

std::size_t chosen_in(GtkWidget* combo) {
    return static_cast<std::size_t>(std::max(0, gtk_combo_box_get_active(GTK_COMBO_BOX(combo))));
}

bool is_on(GtkWidget* toggle) {
    return gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(toggle)) != FALSE;
}

void set_on(GtkWidget* toggle, bool on) {
    gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(toggle), on);
}

void refuse_all_but_digits(GtkEditable* entry, const char* text, int length, int* /*place*/,
                           gpointer /*data*/) noexcept {
    const std::string_view piece(text, length < 0 ? std::strlen(text) : static_cast<std::size_t>(length));
    if (piece.find_first_not_of("0123456789") != std::string_view::npos) {
        g_signal_stop_emission_by_name(entry, "insert-text");
    }
}

// The number in an entry of digits, the largest where it is larger than that; none in an empty one.
std::optional<std::uint64_t> number_in(GtkWidget* entry) {
    const std::string_view digits = gtk_entry_get_text(GTK_ENTRY(entry));
    std::uint64_t number = 0;
    const std::errc failure = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec;
    if (failure == std::errc::result_out_of_range) {
        return std::numeric_limits<std::uint64_t>::max();
    }
    return failure == std::errc() ? std::optional(number) : std::nullopt;
}

void keep_room_for_lines(GtkWidget* label, int lines) {
    PangoLayout* layout = gtk_widget_create_pango_layout(label, "X");
    int height = 0;
    pango_layout_get_pixel_size(layout, nullptr, &height);
    g_object_unref(layout);
    gtk_widget_set_size_request(label, -1, lines * height);
}

} // namespace

EditForm::EditForm(EditModel& model, std::function<void()> on_change)
    : model_(model), changed_(std::move(on_change)), prompt_(model.prompt()), terms_(model) {
    // Less than between groups: the hint's second line is seldom used.
    GtkWidget* fields = gtk_box_new(GTK_ORIENTATION_VERTICAL, wide_gap);
    choices_ = build_choices();
    gtk_box_pack_start(GTK_BOX(fields), build_prompt(), TRUE, TRUE, 0);
    add(fields, choices_);
    box_ = gtk_box_new(GTK_ORIENTATION_VERTICAL, group_gap);
    gtk_box_pack_start(GTK_BOX(box_), fields, TRUE, TRUE, 0);
    add(box_, terms_.widget());
    refresh();
    connect_fields();
    gtk_widget_show_all(box_);
}

GtkWidget* EditForm::build_prompt() {
    GtkWidget* group = gtk_box_new(GTK_ORIENTATION_VERTICAL, gap);
    add(group, make_label_for(prompt_.text_view(), _("_Prompt")));
    gtk_box_pack_start(GTK_BOX(group), prompt_.widget(), TRUE, TRUE, 0);

    GtkWidget* row = make_row(gap);
    hint_sign_ = make_glyph(Glyph::tick);
    gtk_widget_set_no_show_all(hint_sign_, TRUE); // show_hint() decides
    gtk_widget_set_valign(hint_sign_, GTK_ALIGN_START);
    hint_ = make_wrapping_label(nullptr);
    gtk_label_set_yalign(GTK_LABEL(hint_), 0);
    keep_room_for_lines(hint_, hint_lines);
    add(row, hint_sign_);
    add(row, hint_);
    add(group, row);
    return group;
}

GtkWidget* EditForm::build_choices() {
    engine_ = make_combo();
    model_list_ = make_combo();
    aspect_ratio_ = make_combo();
    variations_ = make_combo();

    GtkWidget* grid = gtk_grid_new();
    gtk_grid_set_row_spacing(GTK_GRID(grid), gap);
    gtk_grid_set_column_spacing(GTK_GRID(grid), wide_gap);
    GtkWidget* region_label = gtk_label_new(_("Apply to"));
    gtk_label_set_xalign(GTK_LABEL(region_label), 0);
    gtk_grid_attach(GTK_GRID(grid), region_label, 0, 0, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), build_region(), 1, 0, 3, 1);
    add_row(grid, 1, 0, _("En_gine"), engine_, engine_);
    add_row(grid, 1, 2, _("_Model"), model_list_, model_list_);
    add_row(grid, 2, 0, _("_Aspect ratio"), aspect_ratio_, aspect_ratio_);
    add_row(grid, 2, 2, _("_Variations"), variations_, variations_);
    GtkWidget* seed_row = build_seed();
    add_row(grid, 3, 0, _("_Seed"), seed_row, seed_, 3);
    fidelity_ = make_combo();
    fidelity_label_ = make_label_for(fidelity_, _("_Fidelity"));
    gtk_grid_attach(GTK_GRID(grid), fidelity_label_, 0, 4, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), fidelity_, 1, 4, 3, 1);
    for (GtkWidget* widget : {fidelity_label_, fidelity_}) {
        gtk_widget_set_no_show_all(widget, TRUE); // refresh() decides
    }
    return grid;
}

GtkWidget* EditForm::build_region() {
    GtkWidget* row = make_row(group_gap);
    selection_ = gtk_radio_button_new_with_mnemonic(nullptr, _("Se_lection"));
    whole_layer_ =
        gtk_radio_button_new_with_mnemonic_from_widget(GTK_RADIO_BUTTON(selection_), _("_Whole layer"));
    set_accessible_name(selection_, _("Apply to the selection"));
    set_accessible_name(whole_layer_, _("Apply to the whole layer"));
    add(row, selection_);
    add(row, whole_layer_);
    return row;
}

GtkWidget* EditForm::build_seed() {
    GtkWidget* row = make_row(gap);
    // No spin button: it counts in double, which does not reach every seed, and its icons take a tenth of the
    // start.
    seed_ = gtk_entry_new();
    gtk_entry_set_input_purpose(GTK_ENTRY(seed_), GTK_INPUT_PURPOSE_DIGITS);
    gtk_entry_set_width_chars(GTK_ENTRY(seed_), 14);
    g_signal_connect(seed_, "insert-text", G_CALLBACK(refuse_all_but_digits), nullptr);
    gtk_entry_set_activates_default(GTK_ENTRY(seed_), TRUE);

    dice_ = gtk_button_new();
    GtkWidget* dice_content = make_row(gap);
    GtkWidget* dice_label = gtk_label_new_with_mnemonic(_("_Dice"));
    gtk_label_set_mnemonic_widget(GTK_LABEL(dice_label), dice_);
    add(dice_content, make_glyph(Glyph::die));
    add(dice_content, dice_label);
    add(dice_, dice_content);
    set_accessible_name(dice_, gtk_label_get_text(GTK_LABEL(dice_label)));

    new_seed_ = gtk_check_button_new_with_mnemonic(_("_New each time"));
    gtk_widget_set_margin_start(new_seed_, gap);
    add(row, seed_);
    add(row, dice_);
    add(row, new_seed_);
    return row;
}

void EditForm::connect_fields() {
    prompt_.on_change([this] { change([this] { model_.set_prompt(prompt_.text()); }); });
    on_signal(engine_, "changed", [this] {
        change([this] {
            model_.choose_engine(chosen_in(engine_));
            refresh();
        });
    });
    on_signal(model_list_, "changed", [this] {
        change([this] {
            model_.choose_model(chosen_in(model_list_));
            refresh();
        });
    });
    on_signal(aspect_ratio_, "changed",
              [this] { change([this] { model_.choose_aspect_ratio(chosen_in(aspect_ratio_)); }); });
    on_signal(variations_, "changed",
              [this] { change([this] { model_.choose_variations(chosen_in(variations_)); }); });
    on_signal(fidelity_, "changed",
              [this] { change([this] { model_.choose_fidelity(chosen_in(fidelity_)); }); });
    on_signal(selection_, "toggled", [this] {
        change([this] { model_.choose_region(is_on(selection_) ? Region::selection : Region::layer); });
    });
    on_signal(seed_, "changed", [this] {
        change([this] {
            if (const auto seed = number_in(seed_)) {
                model_.fix_seed(*seed);
            }
        });
    });
    on_event(seed_, "focus-out-event", [this](GdkEvent*) {
        refresh_seed(); // what was typed may be empty or too large
        return false;
    });
    on_signal(new_seed_, "toggled", [this] {
        change([this] {
            if (is_on(new_seed_)) {
                model_.draw_new_seed_each_time();
            } else {
                model_.fix_seed(model_.seed_choice().value);
            }
            refresh_seed();
        });
    });
    on_signal(dice_, "clicked", [this] {
        change([this] {
            model_.roll_seed();
            refresh_seed();
        });
    });
}

// Fields that are being refreshed report changes, too: those are not the person's.
void EditForm::change(const std::function<void()>& apply) {
    if (refreshing_) {
        return;
    }
    apply();
    terms_.refresh();
    refresh_hint();
    changed_();
}

void EditForm::refresh() {
    const bool outer = std::exchange(refreshing_, true);
    show_choices(engine_, model_.engine_choices(), model_.engine_description());
    show_choices(model_list_, model_.model_choices());
    show_choices(aspect_ratio_, model_.aspect_ratio_choices());
    show_choices(variations_, model_.variation_choices(),
                 _("How many pictures to make, each with its own seed"));
    show_choices(fidelity_, model_.fidelity_choices(), _("How the result is laid onto the photo"));
    for (GtkWidget* widget : {fidelity_label_, fidelity_}) {
        gtk_widget_set_visible(widget, model_.has_fidelity());
    }
    refreshing_ = outer;
    refresh_region();
    refresh_seed();
    terms_.refresh();
    show_hint(model_.hint());
}

void EditForm::set_editable(bool editable) {
    prompt_.set_editable(editable);
    gtk_widget_set_sensitive(choices_, editable);
}

void EditForm::refresh_region() {
    const bool outer = std::exchange(refreshing_, true);
    const RegionChoice region = model_.region_choice();
    set_on(region.shown == Region::selection ? selection_ : whole_layer_, true);
    set_usable(selection_, region.why_fixed.c_str());
    gtk_widget_set_tooltip_text(whole_layer_, model_.layer_description().c_str());
    refreshing_ = outer;
}

void EditForm::refresh_seed() {
    const bool outer = std::exchange(refreshing_, true);
    const SeedChoice seed = model_.seed_choice();
    const bool drawn = model_.seed_is_new_each_time();
    set_on(new_seed_, drawn);
    // No number is better than one that will not be used.
    gtk_entry_set_text(GTK_ENTRY(seed_), drawn ? "" : std::to_string(seed.value).c_str());
    const std::string why_not =
        seed.why_fixed.empty() && drawn ? _("A new seed is drawn each time.") : seed.why_fixed;
    set_usable(seed_, why_not.c_str(), _("The same seed, prompt and layer give the same picture"));
    set_usable(new_seed_, seed.why_fixed.c_str());
    set_usable(dice_, seed.why_fixed.c_str(), _("Draw another seed and keep it"));
    refreshing_ = outer;
}

void EditForm::refresh_hint() {
    PromptHint hint = model_.hint();
    if (hint.kind != PromptHint::Kind::objection) {
        late_objection_ = {};
        show_hint(hint);
        return;
    }
    late_objection_ = RepeatedCall::every(objection_delay, [this, hint = std::move(hint)] {
        show_hint(hint);
        return false;
    });
}

void EditForm::show_hint(const PromptHint& hint) {
    GtkStyleContext* style = gtk_widget_get_style_context(hint_);
    const bool objection = hint.kind == PromptHint::Kind::objection;
    (objection ? gtk_style_context_remove_class : gtk_style_context_add_class)(style,
                                                                               GTK_STYLE_CLASS_DIM_LABEL);
    const bool understood = hint.kind == PromptHint::Kind::understood;
    set_glyph(hint_sign_, objection ? Glyph::warning : Glyph::tick);
    gtk_widget_set_visible(hint_sign_, objection || understood);
    // With nothing to say of the prompt, what the engine can do is worth knowing.
    const std::string text = hint.kind == PromptHint::Kind::none ? model_.engine_description() : hint.text;
    if (text != gtk_label_get_text(GTK_LABEL(hint_))) {
        gtk_label_set_text(GTK_LABEL(hint_), text.c_str());
        set_accessible_description(prompt_.text_view(), text.c_str());
    }
}

} // namespace kontext::ui
