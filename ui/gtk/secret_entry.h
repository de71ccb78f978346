#pragma once

#include "core/secret_text.h"

#include <functional>

#include <gtk/gtk.h>

namespace kontext::ui {

// A field for a key, hidden unless the person wants to see it. What is in it is wiped from memory when it is
// taken out or the field goes away, and reaches neither clipboard nor selection. Its widgets belong to the
// container that widget() is put into; this object must live as long as they do.
class SecretEntry {
public:
    SecretEntry();
    SecretEntry(const SecretEntry&) = delete;
    SecretEntry& operator=(const SecretEntry&) = delete;

    GtkWidget* widget() const { return row_; } // the field and a button that shows what is in it
    GtkWidget* entry() const { return entry_; }
    bool empty() const { return gtk_entry_get_text_length(GTK_ENTRY(entry_)) == 0; }
    SecretText text() const { return SecretText(gtk_entry_get_text(GTK_ENTRY(entry_))); }
    void clear();

private:
    GtkWidget* row_ = nullptr;
    GtkWidget* entry_ = nullptr;
    GtkWidget* show_ = nullptr;
};

} // namespace kontext::ui
