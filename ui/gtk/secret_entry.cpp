#include "ui/gtk/secret_entry.h"

#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

namespace kontext::ui {

namespace {

constexpr int longest_key = 4096;

// What is selected in a visible entry is the X selection, which any program may read.
void drop_selection(GtkEntry* entry) {
    int start = 0;
    int end = 0;
    if (gtk_entry_get_visibility(entry) != FALSE &&
        gtk_editable_get_selection_bounds(GTK_EDITABLE(entry), &start, &end) != FALSE) {
        const int cursor = gtk_editable_get_position(GTK_EDITABLE(entry));
        gtk_editable_select_region(GTK_EDITABLE(entry), cursor, cursor);
    }
}

void refuse(GtkEntry* entry, gpointer signal) noexcept {
    g_signal_stop_emission_by_name(entry, static_cast<const char*>(signal));
}

void refuse_copies(GtkWidget* entry) {
    for (const char* signal : {"copy-clipboard", "cut-clipboard"}) {
        g_signal_connect(entry, signal, G_CALLBACK(refuse), const_cast<char*>(signal));
    }
}

} // namespace

SecretEntry::SecretEntry() {
    entry_ = gtk_entry_new(); // its buffer overwrites what it lets go
    gtk_entry_set_visibility(GTK_ENTRY(entry_), FALSE);
    gtk_entry_set_input_purpose(GTK_ENTRY(entry_), GTK_INPUT_PURPOSE_PASSWORD);
    gtk_entry_set_max_length(GTK_ENTRY(entry_), longest_key);
    gtk_widget_set_hexpand(entry_, TRUE);
    refuse_copies(entry_);
    for (const char* change : {"notify::selection-bound", "notify::cursor-position", "notify::visibility"}) {
        on_signal(entry_, change, [entry = entry_] { drop_selection(GTK_ENTRY(entry)); });
    }
    show_ = gtk_toggle_button_new_with_mnemonic(_("Sho_w"));
    gtk_widget_set_tooltip_text(show_, _("Show the characters of the key"));
    on_signal(show_, "toggled", [entry = entry_, show = show_] {
        gtk_entry_set_visibility(GTK_ENTRY(entry), gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(show)));
    });
    row_ = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, gap);
    gtk_container_add(GTK_CONTAINER(row_), entry_);
    gtk_container_add(GTK_CONTAINER(row_), show_);
}

void SecretEntry::clear() {
    gtk_entry_set_text(GTK_ENTRY(entry_), "");
    gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(show_), FALSE);
}

} // namespace kontext::ui
